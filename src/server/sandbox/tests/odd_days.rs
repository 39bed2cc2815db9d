//! The sandbox when it misbehaves on request.

use serde_json::json;

use super::browser::{World, authorize_path};
use crate::server::sandbox::html::escaped;

#[tokio::test]
async fn a_network_that_is_down_says_nothing_about_tokens() {
    let mut world = World::new();
    let token = world.connects("chirper", "ada").await;
    world.fault(json!({ "network": "chirper", "down": true })).await;
    let answer = world.call("GET", "/chirper/me", token["access_token"].as_str().expect("a token")).await;
    assert_eq!(answer.status, 503);
    assert!(answer.header("content-type").expect("a type").starts_with("text/html"));
    world.fault(json!({ "network": "chirper", "down": null })).await;
    assert_eq!(world.get("/faults").await.json(), json!([]));
}

#[tokio::test]
async fn a_fault_of_one_person_leaves_the_others_alone() {
    let mut world = World::new();
    world.fault(json!({ "network": "linkwork", "person": "ada", "token_error": "server_error" })).await;
    let code = world.approves("linkwork", "ada").await.param("code").expect("a code");
    let answer = world.redeems("linkwork", &code).await;
    assert_eq!((answer.status, answer.json()["error"].clone()), (500, json!("server_error")));
    world.connects("linkwork", "ben").await;
}

#[tokio::test]
async fn a_cut_answer_spends_the_code() {
    let mut world = World::new();
    let code = world.approves("chirper", "ada").await.param("code").expect("a code");
    world.fault(json!({ "network": "chirper", "cut": true })).await;
    assert_eq!(world.redeems("chirper", &code).await.body, None);
    let ledger = world.ledger().await;
    assert_eq!(ledger["tokens"].as_array().expect("a list").len(), 3);
}

#[tokio::test]
async fn the_issuer_lies_as_it_is_told_to() {
    for (fault, expected) in [
        (json!({ "iss": "missing" }), vec![]),
        (json!({ "iss": "wrong" }), vec!["https://wrong.sandbox.example"]),
        (json!({ "iss_value": "http://localhost:8411/hush/" }), vec!["http://localhost:8411/hush/"]),
        (json!({ "iss_twice": true }), vec!["http://localhost:8411/chirper"; 2]),
    ] {
        let mut world = World::new();
        let mut fault = fault;
        fault["network"] = "chirper".into();
        assert_eq!(world.fault(fault).await.status, 200);
        let back = world.approves("chirper", "ada").await.sent_back();
        let issuers: Vec<_> = back.iter().filter(|(name, _)| name == "iss").map(|(_, value)| value.as_str()).collect();
        assert_eq!(issuers, expected);
    }
}

#[tokio::test]
async fn the_opener_policy_is_on_the_consent_page_and_its_answer() {
    let mut world = World::new();
    world.fault(json!({ "network": "pagebook", "coop": "same-origin-allow-popups" })).await;
    let page = world.opens("pagebook").await;
    let answer = world.answers("pagebook", &page, &[("person", "ada"), ("answer", "approve")]).await;
    for response in [page, answer] {
        assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin-allow-popups"));
    }
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let mut world = World::new();
    for fault in
        [json!({ "network": "chirper", "dwon": true }), json!({ "network": "facebook" }), json!({ "down": true })]
    {
        assert_eq!(world.fault(fault).await.status, 400);
    }
    assert_eq!(world.get("/faults").await.json(), json!([]));
}

#[tokio::test]
async fn the_ledger_remembers_who_asked_for_what() {
    let mut world = World::new();
    world.get(&authorize_path("pagebook", &[("state", "one")])).await;
    let ledger = world.ledger().await;
    let asked = &ledger["authorizations"][0];
    assert_eq!((&asked["network"], &asked["state"]), (&json!("pagebook"), &json!("one")));
    assert_eq!(asked["scope"], "pages_read pages_publish pages_insights");
}

#[test]
fn what_a_page_reflects_is_only_text() {
    assert_eq!(escaped("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
}
