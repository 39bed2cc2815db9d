//! The sandbox when it misbehaves on request.

use serde_json::json;

use super::browser::{World, authorize_path};
use crate::server::sandbox::{client_id, html::escaped};

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

#[tokio::test]
async fn an_answer_is_posted_where_that_was_asked_for_or_switched_on() {
    let mut world = World::new();
    let page = world.get(&authorize_path("chirper", &[("response_mode", "form_post")])).await;
    let answer = world.answers("chirper", &page, &[("person", "ada"), ("answer", "cancel")]).await;
    let html = answer.body.as_deref().expect("a page");
    assert!(answer.status == 200 && answer.header("location").is_none(), "{answer:?}");
    assert!(html.contains("name=\"error\" value=\"access_denied\"") && html.contains("a state &amp; more"), "{html}");
    world.fault(json!({ "network": "chirper", "response_mode": "query" })).await;
    let page = world.get(&authorize_path("chirper", &[("response_mode", "form_post")])).await;
    let answer = world.answers("chirper", &page, &[("person", "ada"), ("answer", "cancel")]).await;
    assert_eq!(answer.param("error").as_deref(), Some("access_denied"));
    let odd = world.get(&authorize_path("hush", &[("response_mode", "fragment")])).await;
    assert_eq!(odd.param("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn an_application_comes_back_only_where_it_is_registered() {
    let mut world = World::new();
    let registered = json!({ client_id("chirper"): "http://127.0.0.1:8400/oauth/callback/2" });
    world.fault(json!({ "network": "chirper", "registered": registered })).await;
    assert_eq!(world.opens("chirper").await.status, 400);
    let right = authorize_path("chirper", &[("redirect_uri", "http://127.0.0.1:8400/oauth/callback/2")]);
    assert_eq!(world.get(&right).await.status, 200);
}

#[tokio::test]
async fn a_network_leads_astray_with_the_state_that_it_was_given() {
    let mut world = World::new();
    let leads_to = json!({ "network": "hush", "client_id": client_id("hush") });
    world.fault(json!({ "network": "chirper", "leads_to": leads_to })).await;
    let led = world.opens("chirper").await;
    let there = led.header("location").expect("it leads elsewhere");
    assert!(there.starts_with("http://localhost:8411/hush/oauth/authorize?"), "{there}");
    assert_eq!(led.param("state").as_deref(), Some("a state & more"));
    assert_eq!(led.param("scope").as_deref(), Some("posts:read posts:write stats:read"));
    let path = there.strip_prefix("http://localhost:8411").expect("it is here");
    assert_eq!(world.get(path).await.status, 200, "and that is an honest request there");
}

#[tokio::test]
async fn a_token_answer_is_laid_over_and_a_state_is_lost_as_it_is_told_to() {
    let mut world = World::new();
    let answer = json!({ "expires_in": null, "token_type": "BEARER" });
    world.fault(json!({ "network": "chirper", "answer": answer, "state": "missing" })).await;
    let back = world.approves("chirper", "ada").await;
    assert_eq!(back.param("state"), None);
    let token = world.redeems("chirper", &back.param("code").expect("a code")).await.json();
    assert_eq!((token.get("expires_in"), &token["token_type"]), (None, &json!("BEARER")));
    world.fault(json!({ "network": "chirper", "state": "wrong" })).await;
    let back = world.approves("chirper", "ada").await;
    assert!(back.param("state").is_some_and(|state| state != "a state & more"));
}
