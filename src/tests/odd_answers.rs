//! Token answers that are not what the definition says: each ends in a sentence, and in nothing else.

use serde_json::{Value, json};

use super::{
    on_both,
    person::{Person, Say},
    world::World,
};
use crate::domain::{AttemptState, PageId, Status, Trouble, words};

/// In every answer, so that it is found wherever it leaks.
const MARK: &str = "sbxcanary-odd";

async fn ends(world: &World, owner: &Person<'_>, page: PageId, answer: Value, trouble: Trouble) {
    world.fault(json!({ "network": "chirper", "token_answer": answer })).await;
    let popup = owner.opens_popup(page).await;
    let end = popup.answers(Say::Yes("ben")).await;
    let sentence = words::trouble_in_full(trouble, "Chirper");
    assert!(end.body.contains(&sentence), "{answer:.300}: not {sentence} but {}", end.body);
    assert_eq!(end.status, 400, "{answer:.300}");
    assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(trouble), "{answer:.300}");
    assert_eq!(owner.sees(page).await, Status::NotConnected, "{answer:.300}");
}

on_both! {
    async fn an_odd_token_answer_is_told_and_connects_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let json = |status: u16, body: Value| json!({ "status": status, "content_type": "application/json", "body": body.to_string() });
        let text = |status: u16, kind: &str, body: &str| json!({ "status": status, "content_type": kind, "body": body });
        let deep = "[".repeat(50_000);
        let odd = [
            json(200, json!({ "mark": MARK })),
            json(200, json!([MARK])),
            json(200, json!({ "access_token": 42, "mark": MARK })),
            json(200, json!({ "access_token": null, "token_type": MARK })),
            json(200, json!({ "access_token": { "value": MARK } })),
            json(200, json!({ "error": "invalid_grant", "access_token": MARK })),
            json(200, json!({ "error": { "code": 190, "message": MARK } })),
            json(400, json!({ "error": MARK })),
            text(200, "text/html", &format!("<html><script>{MARK}</script></html>")),
            text(200, "application/json", ""),
            text(200, "application/json", &format!("{{\"access_token\":\"{MARK}")),
            text(200, "application/json", &deep),
            text(204, "application/json", ""),
            text(302, "text/plain", MARK),
            text(403, "text/html", MARK),
            json!({ "status": 200, "content_type": "application/json", "padding": 1_000_000, "body": "{}" }),
        ];
        for answer in odd {
            ends(world, &owner, page, answer, Trouble::OddAnswer).await;
        }
        for error in ["invalid_client", "unauthorized_client", "invalid_scope"] {
            ends(world, &owner, page, json(400, json!({ "error": error, "error_description": MARK })), Trouble::AppRefused).await;
        }
        for answer in [text(502, "text/html", MARK), json(503, json!({ "error": "invalid_grant" }))] {
            ends(world, &owner, page, answer, Trouble::NoAnswer).await;
        }
        // A token that nobody issued: the network itself says so when it is asked whose it is.
        ends(world, &owner, page, json(200, json!({ "access_token": MARK, "token_type": "bearer" })), Trouble::OddAnswer).await;
        ends(world, &owner, page, json(200, json!({ "access_token": "", "token_type": "bearer" })), Trouble::OddAnswer).await;
        let heard = world.heard.lock().expect("nobody panicked with it").join("\n");
        assert!(!heard.contains(MARK), "what a network writes is shown to nobody");
        // The network is itself again.
        world.fault(json!({ "network": "chirper", "token_answer": null })).await;
        owner.connects(page, "ben").await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(owner.board().await.pages.len(), 1);
    }
}
