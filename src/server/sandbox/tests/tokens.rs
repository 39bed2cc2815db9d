//! What codes and tokens are worth.

use serde_json::{Value, json};
use std::time::Duration;

use super::{
    NETWORKS,
    browser::{REDIRECT, VERIFIER, World, scopes},
};
use crate::server::sandbox::client_id;

#[tokio::test]
async fn every_network_answers_in_its_own_shape() {
    for network in NETWORKS {
        let mut world = World::new();
        let mut answer = world.connects(network, "ada").await;
        for name in ["access_token", "refresh_token"] {
            if let Some(value) = answer.get_mut(name) {
                assert!(value.as_str().expect("text").starts_with("sbxcanary-"));
                *value = "…".into();
            }
        }
        assert_eq!(answer, shape(network));
    }
}

fn shape(network: &str) -> Value {
    let scopes = scopes(network);
    match network {
        "chirper" => json!({ "access_token": "…", "refresh_token": "…", "token_type": "bearer",
            "expires_in": 5_184_000, "scope": scopes.join(" ") }),
        "pagebook" => json!({ "access_token": "…" }),
        "linkwork" => json!({ "access_token": "…", "token_type": "Bearer", "expires_in": "5184000",
            "scope": scopes.join(",") }),
        _ => json!({ "access_token": "…", "refresh_token": "…", "token_type": "bearer",
            "expires_in": 5_184_000, "scope": scopes }),
    }
}

#[tokio::test]
async fn a_code_works_once_and_a_second_use_ends_what_came_of_it() {
    for network in NETWORKS {
        let mut world = World::new();
        let code = world.approves(network, "ada").await.param("code").expect("a code");
        let token = world.redeems(network, &code).await.json();
        let token = token["access_token"].as_str().expect("a token");
        let me = format!("/{network}/me");
        assert_eq!(world.call("GET", &me, token).await.status, 200);
        assert_eq!(world.redeems(network, &code).await.status, 400);
        assert_eq!(world.call("GET", &me, token).await.status, 401);
        let ledger = world.ledger().await;
        assert_eq!(ledger["grants"][0]["ended"], "replayed");
        assert_eq!(ledger["tokens"][0]["presented"], 2);
    }
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let mut world = World::new();
    let code = world.approves("chirper", "ada").await.param("code").expect("a code");
    world.sandbox.advance(Duration::from_secs(61));
    assert_eq!(world.redeems("chirper", &code).await.json()["error"], "invalid_grant");
    assert_eq!(world.ledger().await["grants"][0]["ended"], "expired");
}

#[tokio::test]
async fn a_code_needs_its_verifier_its_address_and_its_client() {
    let mut world = World::new();
    let code = world.approves("linkwork", "ada").await.param("code").expect("a code");
    let honest = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    for (place, wrong) in [(1, "sbxcanary-code-no"), (2, "http://127.0.0.1:8400/other"), (3, "wrong")] {
        let mut fields = honest;
        fields[place].1 = wrong;
        assert_eq!(world.application("linkwork", "token", &fields).await.json()["error"], "invalid_grant");
    }
    let other = [("client_id", "other-linkwork"), ("client_secret", "other-secret-linkwork")];
    let fields: Vec<_> = honest.into_iter().chain(other).collect();
    assert_eq!(world.post("/linkwork/oauth/token", &fields).await.json()["error"], "invalid_grant");
    assert_eq!(world.application("linkwork", "token", &honest).await.status, 200);
}

#[tokio::test]
async fn a_client_proves_itself_in_the_way_of_the_network() {
    let mut world = World::new();
    for (network, secret, status, error) in [
        ("chirper", "sandbox-secret-chirper", 401, json!("invalid_client")),
        ("linkwork", "sandbox-secret-linkwork", 400, json!("unsupported_grant_type")),
        ("linkwork", "wrong", 401, json!("invalid_client")),
        ("hush", "wrong", 401, json!("invalid_client")),
    ] {
        let id = client_id(network);
        let in_body = [("client_id", id.as_str()), ("client_secret", secret)];
        let answer = world.post(&format!("/{network}/oauth/token"), &in_body).await;
        assert_eq!((answer.status, answer.json()["error"].clone()), (status, error), "{network}, {secret}");
    }
    assert_eq!(world.ledger().await["requests"][0]["client_id"], "greentick-chirper");
}

#[tokio::test]
async fn a_rotated_refresh_token_that_comes_again_ends_its_family() {
    let mut world = World::new();
    let first = world.connects("chirper", "ada").await;
    let old = first["refresh_token"].as_str().expect("a token");
    let second = world.refreshes("chirper", old).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(world.refreshes("chirper", old).await.json()["error"], "invalid_grant");
    let newest = second["refresh_token"].as_str().expect("a token");
    assert_eq!(world.refreshes("chirper", newest).await.json()["error"], "invalid_grant");
    assert_eq!(world.ledger().await["grants"][0]["ended"], "replayed");
}

#[tokio::test]
async fn a_stable_refresh_token_is_not_repeated_and_stays_good() {
    let mut world = World::new();
    let first = world.connects("hush", "ada").await;
    let token = first["refresh_token"].as_str().expect("a token");
    for _ in 0..2 {
        let answer = world.refreshes("hush", token).await;
        assert_eq!((answer.status, answer.json().get("refresh_token")), (200, None));
    }
}

#[tokio::test]
async fn a_person_has_pages_where_the_network_has_pages() {
    let mut world = World::new();
    for (person, pages) in [("ada", 3), ("ben", 1), ("cleo", 1), ("dan", 1), ("eve", 2), ("finn", 0)] {
        let token = world.connects("pagebook", person).await;
        let token = token["access_token"].as_str().expect("a token").to_owned();
        let accounts = world.call("GET", "/pagebook/me/accounts", &token).await.json();
        assert_eq!(accounts["data"].as_array().expect("a list").len(), pages, "{person}");
    }
    world.fault(json!({ "network": "pagebook", "lost_pages": ["7001"], "watched_pages": ["7003"] })).await;
    let token = world.connects("pagebook", "ada").await;
    let token = token["access_token"].as_str().expect("a token").to_owned();
    for _ in 0..2 {
        let accounts = world.call("GET", "/pagebook/me/accounts", &token).await.json();
        let rows = accounts["data"].as_array().expect("a list");
        let seen: Vec<_> = rows.iter().map(|row| (row["id"].clone(), row["tasks"].clone())).collect();
        assert_eq!(seen, [(json!("7002"), json!(["READ", "PUBLISH"])), (json!("7003"), json!(["READ"]))]);
        assert!(
            rows.iter().all(|row| row["access_token"].as_str().is_some_and(|token| token.starts_with("sbxcanary-pt-")))
        );
    }
    let ledger = world.ledger().await;
    let of_page = |token: &&serde_json::Value| token["page"] == "7002";
    assert_eq!(
        ledger["tokens"].as_array().expect("a list").iter().filter(of_page).count(),
        1,
        "the same one each time"
    );
    let token = world.connects("linkwork", "finn").await;
    let accounts = world.call("GET", "/linkwork/me/accounts", token["access_token"].as_str().expect("a token")).await;
    assert_eq!(accounts.json()["data"], json!([{ "id": "finn", "name": "Finn Reyes", "tasks": ["READ", "PUBLISH"] }]));
}
