//! Against a network of one address, which answers as it is told.

use std::sync::Arc;

use axum::{
    Form, Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    domain::{HostWord, MetadataWord, NetworkAppId, TokenWord},
    server::{
        networks::{Patience, load::parse},
        settings::AppCredentials,
    },
};

const SECRET: &str = "the-right-secret";

/// What the token endpoint answers to a right and to a wrong secret: status and body.
type Words = [(u16, &'static str); 2];

/// Serves, and answers where.
async fn network(words: Words, metadata: impl Fn(&str) -> serde_json::Value) -> String {
    let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let origin = format!("http://{}", door.local_addr().expect("it listens"));
    let document = Arc::new(metadata(&origin).to_string());
    let token = move |Form(form): Form<Vec<(String, String)>>| async move {
        let is_right = form.contains(&("client_secret".to_owned(), SECRET.to_owned()));
        let (status, body) = words[usize::from(!is_right)];
        let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
        (StatusCode::from_u16(status).expect("a status"), [(CONTENT_TYPE, kind)], body).into_response()
    };
    let router = Router::new().route("/token", post(token)).route(
        "/.well-known/openid-configuration",
        get(move || {
            let document = document.to_string();
            async move { ([(CONTENT_TYPE, "application/json")], document) }
        }),
    );
    tokio::spawn(async move { axum::serve(door, router).await });
    origin
}

fn definition(origin: &str) -> Definition {
    let text = format!(
        "id = \"x\"\nname = \"X\"\nissuer = \"{origin}\"\n[authorize]\nurl = \"{origin}/authorize\"\n[token]\n\
         url = \"{origin}/token\"\nauth = \"body\"\n[abilities]\n[person]\nask = \"{origin}/me\"\nid = \"id\"\n\
         name = \"name\"\n[[token.refusals]]\npath = \"error\"\nis = [\"bad_app\"]\nmeans = \"our_app_is_wrong\"\n"
    );
    parse("x.toml", &text).expect("a definition")
}

/// What is found at a network, by our app with this secret.
async fn found(definition: &Definition, secret: &str) -> Vec<Finding> {
    let client = NetworkClient::new(Patience::default(), &[]).expect("a client");
    let own =
        AppCredentials { client_id: "ours".to_owned(), client_secret: secret.to_owned().into(), hook_secret: None };
    let app = NetworkApp::new(NetworkAppId(Uuid::nil()), definition.clone(), own);
    let redirect = "https://green.example/oauth/callback/x";
    examine(&client, &Subject { definition, app: Some(&app), state: AppState::Entered, redirect }).await
}

#[tokio::test]
async fn the_token_endpoints_word_is_told_apart_from_what_it_says_to_everybody() {
    let (grant, client) = (r#"{"error":"invalid_grant"}"#, r#"{"error":"invalid_client"}"#);
    let (code, app) = (r#"{"error":"bad_code"}"#, r#"{"error":"bad_app"}"#);
    let (at_facebook, its_app) = (r#"{"error":{"code":100}}"#, r#"{"error":{"code":1}}"#);
    let tokens = r#"{"access_token":"a"}"#;
    for (words, secret, expected) in [
        ([(400, grant), (401, client)], SECRET, TokenWord::Right),
        ([(400, grant), (401, client)], "wrong", TokenWord::Wrong),
        // Networks with words of their own.
        ([(200, code), (200, app)], SECRET, TokenWord::Right),
        ([(200, code), (200, app)], "wrong", TokenWord::Wrong),
        ([(400, at_facebook), (400, its_app)], SECRET, TokenWord::Right),
        ([(400, at_facebook), (400, its_app)], "wrong", TokenWord::Unclear),
        // The code is looked at before the client: nobody can tell.
        ([(400, grant), (400, grant)], SECRET, TokenWord::Unclear),
        ([(403, ""), (403, "")], SECRET, TokenWord::Unclear),
        ([(400, grant), (503, "")], SECRET, TokenWord::Right),
        ([(400, code), (503, "")], SECRET, TokenWord::Unclear),
        ([(400, r#"{"error":"unauthorized_client"}"#), (401, client)], SECRET, TokenWord::NotAllowed),
        ([(429, "{}"), (429, "{}")], SECRET, TokenWord::TooOften),
        ([(503, "<p>later</p>"), (503, "")], SECRET, TokenWord::Down),
        ([(200, "<p>Welcome</p>"), (200, "")], SECRET, TokenWord::Odd),
        ([(200, tokens), (200, tokens)], SECRET, TokenWord::Odd),
    ] {
        let definition = definition(&network(words, |_| json!({})).await);
        let found = found(&definition, secret).await;
        assert_eq!(found.last(), Some(&Finding::Credentials(expected)), "{words:?} {secret}: {found:?}");
    }
}

#[tokio::test]
async fn metadata_is_compared_where_there_is_some() {
    let words = [(400, r#"{"error":"invalid_grant"}"#), (401, r#"{"error":"invalid_client"}"#)];
    for (authorize, token, issuer, expected) in [
        ("/authorize", "/token", "", Some(MetadataWord::Agrees)),
        ("/elsewhere", "/token", "", Some(MetadataWord::OtherAuthorize)),
        ("/authorize", "/elsewhere", "", Some(MetadataWord::OtherToken)),
        ("/authorize", "/token", "/other", Some(MetadataWord::OtherIssuer)),
        ("", "", "none", None),
    ] {
        let document = |origin: &str| match issuer {
            "none" => json!({ "error": "no such page" }),
            issuer => json!({
                "issuer": format!("{origin}{issuer}"),
                "authorization_endpoint": format!("{origin}{authorize}"),
                "token_endpoint": format!("{origin}{token}"),
            }),
        };
        let found = found(&definition(&network(words, document).await), SECRET).await;
        let said =
            found.iter().find_map(|finding| if let Finding::Metadata(word) = finding { Some(*word) } else { None });
        assert_eq!(said, expected, "{found:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_told_by_its_name() {
    for (origin, host, word) in [
        ("https://nowhere.invalid", "nowhere.invalid", HostWord::Unknown),
        // Nobody listens there.
        ("http://127.0.0.1:1", "127.0.0.1:1", HostWord::Unreachable),
    ] {
        let found = found(&definition(origin), SECRET).await;
        assert!(found.contains(&Finding::Host(host.to_owned(), word)), "{origin}: {found:?}");
        assert_eq!(found.last(), Some(&Finding::Credentials(TokenWord::Silent)), "{origin}: {found:?}");
    }
}

#[tokio::test]
async fn without_an_app_the_rest_is_looked_at_all_the_same() {
    let words = [(400, ""), (400, "")];
    let mut definition = definition(&network(words, |_| json!({})).await);
    definition.manage_url = Some("https://x.example/apps".to_owned());
    let client = NetworkClient::new(Patience::default(), &[]).expect("a client");
    let redirect = "https://green.example/oauth/callback/x";
    let subject = Subject { definition: &definition, app: None, state: AppState::Missing, redirect };
    let found = examine(&client, &subject).await;
    let host = definition.token.url.trim_start_matches("http://").trim_end_matches("/token").to_owned();
    assert_eq!(found, [Finding::Whole, Finding::NoApp, Finding::RedirectFits, Finding::Host(host, HostWord::Answers)]);
    definition.manage_url = None;
    let subject = Subject { definition: &definition, app: None, state: AppState::Missing, redirect };
    assert_eq!(examine(&client, &subject).await[0], Finding::NoWayBack);
}
