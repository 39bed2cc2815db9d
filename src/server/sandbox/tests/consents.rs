//! What a person is asked, and what becomes of the answer.

use serde_json::json;

use super::{
    NETWORKS,
    browser::{World, authorize_path},
};

#[tokio::test]
async fn the_consent_page_asks_in_words() {
    let mut world = World::new();
    let page = world.opens("chirper").await.body.expect("a page");
    for words in ["<h1>Chirper</h1>", "Greentick wants to", "Continue as", "post in your name", ">Approve<", ">Cancel<"]
    {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_yes_goes_back_with_code_state_and_issuer() {
    let mut world = World::new();
    let yes = world.approves("linkwork", "ben").await;
    assert_eq!(yes.status, 303);
    assert_eq!(yes.param("state").as_deref(), Some("a state & more"));
    assert_eq!(yes.param("iss").as_deref(), Some("http://localhost:8411/linkwork"));
    assert!(yes.param("code").expect("a code").starts_with("sbxcanary-code-"));
}

#[tokio::test]
async fn a_cancel_says_so_in_the_words_of_the_network() {
    for network in NETWORKS {
        let mut world = World::new();
        let page = world.opens(network).await;
        let no = world.answers(network, &page, &[("person", "ada"), ("answer", "cancel")]).await;
        let no_means = if network == "linkwork" { "user_cancelled_authorize" } else { "access_denied" };
        assert_eq!(no.param("error").as_deref(), Some(no_means));
        assert_eq!(no.param("state").as_deref(), Some("a state & more"));
        assert_eq!(world.ledger().await["grants"], json!([]));
    }
}

#[tokio::test]
async fn a_question_is_answered_once() {
    let mut world = World::new();
    let page = world.opens("chirper").await;
    let form = [("person", "ada"), ("answer", "approve")];
    assert_eq!(world.answers("chirper", &page, &form).await.status, 303);
    assert_eq!(world.answers("chirper", &page, &form).await.status, 400);
}

#[tokio::test]
async fn an_unticked_scope_is_not_granted() {
    let mut world = World::new();
    let page = world.opens("pagebook").await;
    let form = [("person", "ada"), ("answer", "approve"), ("scope", "pages_read"), ("scope", "not_asked_for")];
    let code = world.answers("pagebook", &page, &form).await.param("code").expect("a code");
    let token = world.redeems("pagebook", &code).await.json();
    let token = token["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(
        world.call("GET", "/pagebook/me/permissions", &token).await.json()["data"],
        json!([
            { "permission": "pages_read", "status": "granted" },
            { "permission": "pages_publish", "status": "declined" },
            { "permission": "pages_insights", "status": "declined" },
        ])
    );
}

#[tokio::test]
async fn nobody_is_redirected_to_a_stranger() {
    let mut world = World::new();
    for other in [
        ("client_id", "nobody"),
        ("redirect_uri", "http://evil.example/"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", ""),
    ] {
        let answer = world.get(&authorize_path("chirper", &[other])).await;
        assert_eq!(answer.status, 400, "{other:?}");
        assert_eq!(answer.header("location"), None);
    }
}

#[tokio::test]
async fn a_bad_request_goes_back_with_its_error() {
    let mut world = World::new();
    for (other, error) in [
        (("scope", "everything"), "invalid_scope"),
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
    ] {
        let answer = world.get(&authorize_path("chirper", &[other])).await;
        assert_eq!(answer.param("error").as_deref(), Some(error), "{other:?}");
    }
}

#[tokio::test]
async fn hush_repeats_a_yes_by_itself() {
    let mut world = World::new();
    assert_eq!(world.opens("hush").await.status, 200);
    world.approves("hush", "cleo").await;
    let silent = world.opens("hush").await;
    assert_eq!(silent.status, 302);
    let code = silent.param("code").expect("a code");
    let token = world.redeems("hush", &code).await.json();
    let me = world.call("GET", "/hush/me", token["access_token"].as_str().expect("a token")).await.json();
    assert_eq!(me, json!({ "id": "cleo", "name": "Cleo Marsh", "handle": "cleomarsh" }));
}

#[tokio::test]
async fn hush_is_silent_after_a_disconnect_but_not_after_a_removal() {
    let mut world = World::new();
    let token = world.connects("hush", "cleo").await;
    world.application("hush", "revoke", &[("token", token["refresh_token"].as_str().expect("a token"))]).await;
    assert_eq!(world.opens("hush").await.status, 302);
    world.post("/apps/remove", &[("network", "hush"), ("person", "cleo"), ("client_id", "greentick-hush")]).await;
    assert_eq!(world.opens("hush").await.status, 200);
}

#[tokio::test]
async fn hush_asks_when_told_to_and_for_more_than_was_approved() {
    let mut world = World::new();
    let page = world.opens("hush").await;
    let form = [("person", "dan"), ("answer", "approve"), ("scope", "posts:read")];
    world.answers("hush", &page, &form).await;
    assert_eq!(world.opens("hush").await.status, 200);
    assert_eq!(world.get(&authorize_path("hush", &[("scope", "posts:read")])).await.status, 302);
    assert_eq!(world.get(&authorize_path("hush", &[("scope", "posts:read"), ("force", "1")])).await.status, 200);
}

#[tokio::test]
async fn the_last_person_is_preselected() {
    let mut world = World::new();
    world.approves("chirper", "eve").await;
    let page = world.opens("chirper").await.body.expect("a page");
    assert!(page.contains("value=\"eve\" checked"));
    assert!(!page.contains("value=\"ada\" checked"));
}
