//! AT-08: PKCE with S256, a verifier of its own for every attempt, kept sealed, and a stolen code that is worth nothing.

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2::url::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{on_both, person::Say, world::World};
use crate::{
    domain::{NetworkAppId, Status},
    server::{
        networks::{self, Ask, NetworkApp, authorize_url},
        sandbox,
        settings::AppCredentials,
        vault::random_token,
    },
};

fn param(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("an address");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).expect("it is there")
}

#[test]
fn ten_thousand_attempts_have_ten_thousand_verifiers() {
    let all = networks::load(None, Some("http://localhost:1")).expect("the definitions in the binary are right");
    let definition = all.into_iter().find(|definition| definition.id.0 == "chirper").expect("it is there");
    let client_secret = SecretString::from("s".to_owned());
    let own = AppCredentials { client_id: "c".to_owned(), client_secret, hook_secret: None };
    let app = NetworkApp::new(NetworkAppId(uuid::Uuid::now_v7()), definition, own);
    let (mut states, mut verifiers, mut challenges) = (HashSet::new(), HashSet::new(), HashSet::new());
    for _ in 0..10_000 {
        let state = random_token();
        let ask = Ask { redirect_uri: "http://127.0.0.1:1/x", state: &state, ..Ask::default() };
        let asked = authorize_url(&app, &ask).expect("an address");
        let verifier = asked.verifier.expect("PKCE is on").expose_secret().to_owned();
        assert_eq!(verifier.len(), 43, "32 random bytes");
        assert_eq!(param(&asked.url, "code_challenge_method"), "S256");
        let challenge = param(&asked.url, "code_challenge");
        assert_eq!(challenge, BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)));
        assert_eq!((param(&asked.url, "state"), state.len()), (state.clone(), 43));
        assert!(states.insert(state) && verifiers.insert(verifier) && challenges.insert(challenge));
    }
}

/// A code sent to the network itself, past everything that the app would check.
async fn sends(world: &World, code: &str, redirect_uri: &str, verifier: Option<&str>) -> (u16, Value) {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    let (id, secret) = (sandbox::client_id("chirper"), sandbox::client_secret("chirper"));
    let request = world.http.post(format!("{}/chirper/oauth/token", world.sandbox)).basic_auth(id, Some(secret));
    let answer = request.form(&form).send().await.expect("the network answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

on_both! {
    async fn a_stolen_code_is_refused_by_the_network(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        // A first connection, so that there is a verifier that did its work.
        owner.connects(page, "ada").await;
        let ledger = world.ledger().await;
        let used = ledger["requests"][0]["code_verifier"].as_str().expect("the app sends one").to_owned();
        assert_eq!(used.len(), 43);
        let stolen = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
        let (code, redirect_uri) = (param(&stolen, "code"), stolen.split('?').next().expect("an address").to_owned());
        for verifier in [None, Some(used.as_str()), Some(random_token().as_str())] {
            let (status, body) = sends(world, &code, &redirect_uri, verifier).await;
            assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "{verifier:?}");
        }
        let ledger = world.ledger().await;
        let refused = ledger["requests"].as_array().expect("a list").iter();
        assert_eq!(refused.filter(|request| request["endpoint"] == "token" && request["status"] == 400).count(), 3);
        // And by the app: in an attempt of the attacker's own, whose state and cookie are right, with their own verifier.
        let attacker = world.owner("Attacker").await;
        let own = attacker.has("Lair", &["chirper"]).await[0];
        let honest = attacker.opens_popup(own).await.callback(Say::Yes("eve")).await;
        let injected = honest.replace(&param(&honest, "code"), &code);
        let end = attacker.get(&injected).await;
        assert_eq!(end.status, 400, "{end:?}");
        assert_eq!(attacker.sees(own).await, Status::NotConnected);
        let ledger = world.ledger().await;
        let last = ledger["requests"].as_array().expect("a list").last().expect("there are some");
        assert_eq!((&last["endpoint"], &last["status"]), (&json!("token"), &json!(400)), "the network refused it");
        // The code itself was good: with its own verifier it works.
        assert!(owner.get(&stolen).await.body.contains("This is another account"));
    }
}
