//! How a permission ends, and what is said of it then.

use serde_json::{Value, json};

use super::{NETWORKS, browser::World};

async fn dead(world: &mut World, network: &str, token: &Value) -> Value {
    let token = token["access_token"].as_str().expect("a token");
    let answer = world.call("GET", &format!("/{network}/me"), token).await;
    assert_eq!(answer.status, 401);
    answer.json()
}

/// What the network says of a dead token: the reason, or Meta's subcode.
fn why(answer: &Value) -> Value {
    answer.get("reason").unwrap_or(&answer["error"]["error_subcode"]).clone()
}

#[tokio::test]
async fn a_removed_app_hears_that_it_was_removed() {
    for (network, word) in
        NETWORKS.into_iter().zip([json!("app_removed"), json!(458), json!("app_removed"), json!("app_removed")])
    {
        let mut world = World::new();
        let token = world.connects(network, "ada").await;
        let list = world.get("/apps").await.body.expect("a page");
        assert!(list.contains("aria-label=\"Remove Greentick from Ada Lane&#39;s "));
        let client_id = format!("greentick-{network}");
        let form = [("network", network), ("person", "ada"), ("client_id", &client_id)];
        assert_eq!(world.post("/apps/remove", &form).await.status, 303);
        assert_eq!(why(&dead(&mut world, network, &token).await), word);
        assert!(!world.get("/apps").await.body.expect("a page").contains("Greentick"));
    }
}

#[tokio::test]
async fn a_changed_password_ends_what_the_person_gave_there_and_nowhere_else() {
    let mut world = World::new();
    let (page, link) = (world.connects("pagebook", "ada").await, world.connects("linkwork", "ada").await);
    let other = world.connects("pagebook", "ben").await;
    assert_eq!(world.post("/people/ada/password?network=pagebook", &[]).await.status, 204);
    assert_eq!(why(&dead(&mut world, "pagebook", &page).await), 460);
    for (network, token) in [("linkwork", link), ("pagebook", other)] {
        let token = token["access_token"].as_str().expect("a token");
        assert_eq!(world.call("GET", &format!("/{network}/me"), token).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_given_back_is_gone_and_a_stranger_counts_as_given_back() {
    for (network, status) in [("chirper", 200), ("linkwork", 200), ("hush", 204)] {
        let mut world = World::new();
        let token = world.connects(network, "ada").await;
        let value = token["access_token"].as_str().expect("a token");
        assert_eq!(world.application(network, "revoke", &[("token", "unknown")]).await.status, status);
        assert_eq!(world.application(network, "revoke", &[("token", value)]).await.status, status);
        assert_eq!(why(&dead(&mut world, network, &token).await), "revoked");
    }
}

#[tokio::test]
async fn pagebook_takes_back_all_that_a_person_gave_to_an_app() {
    let mut world = World::new();
    let (first, second) = (world.connects("pagebook", "ada").await, world.connects("pagebook", "ada").await);
    let token = first["access_token"].as_str().expect("a token");
    let answer = world.call("DELETE", "/pagebook/me/permissions", token).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "success": true })));
    assert_eq!(why(&dead(&mut world, "pagebook", &second).await), 467);
}

#[tokio::test]
async fn a_token_lives_as_long_as_the_fault_says() {
    for (network, word) in
        NETWORKS.into_iter().zip([json!("token_expired"), json!(463), json!("token_expired"), json!("token_expired")])
    {
        let mut world = World::new();
        world.fault(json!({ "network": network, "expires_in": 30 })).await;
        let token = world.connects(network, "ada").await;
        let told = if network == "linkwork" { json!("30") } else { json!(30) };
        assert_eq!(token.get("expires_in"), (network != "pagebook").then_some(&told));
        world.sandbox.advance(std::time::Duration::from_secs(31));
        assert_eq!(why(&dead(&mut world, network, &token).await), word);
    }
}
