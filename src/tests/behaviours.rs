//! AT-15: the relying-party tests of the OpenID Foundation (SECURITY, section 6.2), as far as they are about the callback and
//! the token endpoint, each as a behaviour of the sandbox with what must come of it. Those about an `id_token` are in
//! `id_tokens`.
//!
//! Not here, and why:
//! - `userinfo-bearer-body`, `scope-userinfo-claims`: a token travels in the header only (O-35).
//! - JARM: nobody here has it.
//! - `client-secret-basic` is every attempt at Chirper, which takes nothing else; `form-post-error` is in `form_post.rs`.

use serde_json::{Value, json};

use super::{on_both, person::Say, world::World};
use crate::domain::{AttemptState, Status, Trouble};

/// What must come of it.
enum Comes {
    /// Connected, with one request for a token.
    Pass,
    /// Refused before any request.
    Unasked(AttemptState),
    /// The attempt is not even found, so it stays as it was.
    Unknown,
    /// Refused after the one request.
    Asked(Trouble),
}

fn table() -> Vec<(&'static str, Value, Comes)> {
    let answer = |fields: Value| json!({ "answer": fields });
    vec![
        ("client-test", json!({}), Comes::Pass),
        ("response with an invalid state", json!({ "state": "wrong" }), Comes::Unknown),
        ("response without a state", json!({ "state": "missing" }), Comes::Unknown),
        (
            "invalid-authorization-response-iss",
            json!({ "iss": "wrong" }),
            Comes::Unasked(AttemptState::Failed(Trouble::WrongIssuer)),
        ),
        (
            "remove-authorization-response-iss",
            json!({ "iss": "missing" }),
            Comes::Unasked(AttemptState::Failed(Trouble::WrongIssuer)),
        ),
        ("token-endpoint-response-without-expires_in", answer(json!({ "expires_in": null })), Comes::Pass),
        ("expires_in as text", answer(json!({ "expires_in": "3600" })), Comes::Pass),
        ("expires_in that is no time", answer(json!({ "expires_in": -5 })), Comes::Pass),
        ("token-type-case-insensitivity", answer(json!({ "token_type": "bEaReR" })), Comes::Pass),
        ("no token_type", answer(json!({ "token_type": null })), Comes::Pass),
        (
            "an id_token that nobody asked for, unsigned",
            answer(json!({ "id_token": "eyJhbGciOiJub25lIn0.e30." })),
            Comes::Pass,
        ),
        ("no refresh_token", answer(json!({ "refresh_token": null })), Comes::Pass),
        ("no scope", answer(json!({ "scope": null })), Comes::Pass),
        ("no access_token", answer(json!({ "access_token": null })), Comes::Asked(Trouble::OddAnswer)),
        ("an error in a 200", answer(json!({ "error": "invalid_grant" })), Comes::Asked(Trouble::OddAnswer)),
        ("a refused code", json!({ "token_error": "invalid_grant" }), Comes::Asked(Trouble::OddAnswer)),
        ("a refused client", json!({ "token_error": "invalid_client" }), Comes::Asked(Trouble::AppRefused)),
        ("a server error", json!({ "token_error": "server_error" }), Comes::Asked(Trouble::NoAnswer)),
    ]
}

on_both! {
    async fn each_behaviour_of_a_server_has_its_outcome(world) {
        let owner = world.owner("Harbour").await;
        for (number, (name, fault, comes)) in table().into_iter().enumerate() {
            let page = owner.has(&format!("Location {number}"), &["chirper"]).await[0];
            let mut fault = fault;
            fault["network"] = "chirper".into();
            world.fault(fault).await;
            let before = world.requests("chirper", "token").await;
            let popup = owner.opens_popup(page).await;
            let end = popup.answers(Say::Yes(["ada", "ben", "cleo", "dan", "eve", "finn"][number % 6])).await;
            let state = owner.looks(popup.attempt).await.state;
            let (expected, requests) = match comes {
                Comes::Pass => (AttemptState::Approved, 1),
                Comes::Unasked(state) => (state, 0),
                Comes::Unknown => (AttemptState::Open, 0),
                Comes::Asked(trouble) => (AttemptState::Failed(trouble), 1),
            };
            assert_eq!(state, expected, "{name}");
            assert_eq!(world.requests("chirper", "token").await - before, requests, "{name}");
            let is_green = matches!(owner.sees(page).await, Status::Connected);
            assert_eq!((is_green, end.status == 200), (expected == AttemptState::Approved, is_green), "{name}: {end:?}");
            world.faults_off().await;
        }
    }

    async fn a_token_goes_into_the_header_of_who_am_i_and_nowhere_else(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let ledger = world.ledger().await;
        let asked: Vec<_> = ledger["requests"].as_array().expect("a list").iter().map(|request| json!([request["endpoint"], request["status"]])).collect();
        // The sandbox reads a token from the header alone.
        assert_eq!(asked, [json!(["token", 200]), json!(["me", 200])]);
    }
}
