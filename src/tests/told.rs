//! What a network tells by itself makes the keeper look at once, and nothing else.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::json;

use super::{
    on_both,
    world::{Extra, World},
};
use crate::{
    domain::{Reason, Status},
    server::{keeper, sandbox},
};

/// Chirper, as if it signed as Meta does.
fn chirper() -> Extra {
    let text =
        include_str!("../../networks/chirper.toml").replacen("iss = ", "inbound = \"signed_request\"\niss = ", 1);
    let client = (sandbox::client_id("chirper"), sandbox::client_secret("chirper"));
    // Without its rule for removals, its refusal says nothing but no.
    // And it has another name for each person.
    let text = text.replace("[token]", "[token.answer]\nkeep = { app_user = \"user_id\" }\n\n[token]");
    Extra { id: "chirper", text: text.replace("app_removed", "something_else"), client }
}

async fn tells(world: &World, person: &str, secret: &str, age: i64) -> (u16, String) {
    let issued_at = world.clock.now().0 / 1_000 - age;
    let payload = json!({ "user_id": person, "algorithm": "HMAC-SHA256", "issued_at": issued_at }).to_string();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
    let signature = sign(&Key::new(HMAC_SHA256, secret.as_bytes()), payload.as_bytes());
    let signed = format!("{}.{payload}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref()));
    let network_app = world.app.networks.all().find(|app| app.definition.id.0 == "chirper").expect("it is set up").id;
    let address = format!("{}/hooks/{network_app}", world.origin);
    let answer = world.http.post(address).form(&[("signed_request", signed)]).send().await.expect("it answers");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

on_both! {
    with vec![chirper()];

    async fn a_permission_that_the_network_says_was_removed_turns_its_page_red_at_once(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[1], "ada").await;
        world.removes_app("chirper", "ben").await;
        keeper::once(&world.app).await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected, "nobody looks before it is time");
        let (status, body) = tells(world, "ben", &sandbox::client_secret("chirper"), 1).await;
        assert!(status == 200 && body.contains("confirmation_code"), "{status} {body}");
        let asked = world.requests("chirper", "me").await;
        keeper::once(&world.app).await;
        assert_eq!(owner.sees(pages[0]).await, Status::Broken(Reason::Removed), "with the network's own word");
        assert_eq!(owner.sees(pages[1]).await, Status::Connected);
        assert_eq!(world.requests("chirper", "me").await, asked + 1, "of the one it is about");
    }

    async fn what_the_network_tells_during_a_visit_is_looked_at_after_it(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let asked = world.requests("chirper", "me").await;
        // It says that all is well, and that is on its way.
        world.fault(json!({ "network": "chirper", "delay_ms": 800 })).await;
        tokio::join!(world.keeper_comes(), async {
            while world.requests("chirper", "me").await == asked {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            world.removes_app("chirper", "ben").await;
            assert_eq!(tells(world, "ben", &sandbox::client_secret("chirper"), 1).await.0, 200);
        });
        world.faults_off().await;
        assert_eq!(owner.sees(page).await, Status::Connected, "so it was when it was asked");
        keeper::once(&world.app).await;
        assert_eq!(owner.sees(page).await, Status::Broken(Reason::Removed), "with the network's own word");
    }

    async fn what_a_consumer_says_during_a_visit_is_looked_at_after_it(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["linkwork"]).await[0];
        owner.connects(page, "ben").await;
        let grant = world.grant_of(page).await;
        let token = keeper::fresh_token(&world.app, grant.id).await.expect("a token");
        let asked = world.requests("linkwork", "me").await;
        world.fault(json!({ "network": "linkwork", "delay_ms": 800 })).await;
        tokio::join!(world.keeper_comes(), async {
            while world.requests("linkwork", "me").await == asked {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            world.removes_app("linkwork", "ben").await;
            keeper::report_refusal(&world.app, grant.id, &keeper::fingerprint(&token)).await.expect("it is heard");
        });
        world.faults_off().await;
        assert_eq!(owner.sees(page).await, Status::Connected, "so it was when it was asked");
        keeper::once(&world.app).await;
        assert_eq!(owner.sees(page).await, Status::Broken(Reason::Removed));
    }

    async fn a_person_is_known_by_the_name_that_the_network_has_for_them_at_this_app(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        for (page, person, name) in [(pages[0], "ben", 4_711), (pages[1], "ada", 4_712)] {
            world.fault(json!({ "network": "chirper", "answer": { "user_id": name } })).await;
            owner.connects(page, person).await;
            world.faults_off().await;
        }
        let asked = world.requests("chirper", "me").await;
        assert_eq!(tells(world, "4711", &sandbox::client_secret("chirper"), 1).await.0, 200);
        world.removes_app("chirper", "ben").await;
        keeper::once(&world.app).await;
        assert_eq!(owner.sees(pages[0]).await, Status::Broken(Reason::Removed));
        assert_eq!(world.requests("chirper", "me").await, asked + 1, "of the one it is about");
        assert_eq!(tells(world, "471", &sandbox::client_secret("chirper"), 1).await.0, 200);
        keeper::once(&world.app).await;
        assert_eq!(world.requests("chirper", "me").await, asked + 1, "that is nobody");
    }

    async fn a_message_that_is_repeated_forged_or_wrong_breaks_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        assert_eq!(tells(world, "ben", "another secret", 1).await.0, 401);
        assert_eq!(tells(world, "ben", &sandbox::client_secret("chirper"), 3_600).await.0, 401);
        for _ in 0..3 {
            assert_eq!(tells(world, "ben", &sandbox::client_secret("chirper"), 1).await.0, 200);
            keeper::once(&world.app).await;
            assert_eq!(owner.sees(page).await, Status::Connected, "the network takes its token");
        }
        assert_eq!(tells(world, "nobody", &sandbox::client_secret("chirper"), 1).await.0, 200);
    }

    async fn a_token_that_a_consumer_says_is_refused_is_renewed_or_its_page_turns_red(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let grant = world.grant_of(page).await;
        let old = keeper::fresh_token(&world.app, grant.id).await.expect("a token");
        keeper::report_refusal(&world.app, grant.id, &keeper::fingerprint(&old)).await.expect("it is heard");
        assert_eq!(world.requests("chirper", "token").await, 2, "asked for a new one");
        keeper::report_refusal(&world.app, grant.id, &keeper::fingerprint(&old)).await.expect("it is heard");
        assert_eq!(world.requests("chirper", "token").await, 2, "it was about an old one");
        world.password_changes("chirper", "ben").await;
        let new = keeper::fresh_token(&world.app, grant.id).await.expect("nobody knows yet");
        keeper::report_refusal(&world.app, grant.id, &keeper::fingerprint(&new)).await.expect("it is heard");
        keeper::once(&world.app).await;
        assert_eq!(owner.sees(page).await, Status::Broken(Reason::PasswordChanged));
    }
}
