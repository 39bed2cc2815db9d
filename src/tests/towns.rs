//! Two Mastodons that play themselves, `a.example` and `b.example`: what each was asked is the judge.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use oauth2::url::{Url, form_urlencoded};
use serde_json::{Value, json};

use super::world::loopback;
use crate::server::sandbox::CANARY;

pub const TOWNS: [&str; 2] = ["a.example", "b.example"];

/// What a town knows: apps by their ids, codes, tokens; and what it was asked.
#[derive(Default)]
pub struct Towns {
    pub asked: Vec<String>,
    /// Host and client id; secret and redirect address.
    pub apps: BTreeMap<(String, String), (String, String)>,
    /// Codes and tokens, and the host that gave each.
    pub codes: BTreeMap<String, String>,
    pub tokens: BTreeMap<String, String>,
    pub secrets: Vec<String>,
    /// What its description says instead.
    pub says: BTreeMap<String, Value>,
    /// A host that answers a description by a redirect.
    pub redirects: bool,
}

impl Towns {
    fn secret(&mut self) -> String {
        let value = format!("{CANARY}-{:04}-{}", self.secrets.len(), uuid::Uuid::now_v7().simple());
        self.secrets.push(value.clone());
        value
    }
}

#[derive(Clone)]
pub struct Plays {
    pub origin: String,
    towns: Arc<Mutex<Towns>>,
}

impl Plays {
    pub async fn begin() -> Self {
        let door = loopback().await;
        let origin = format!("http://{}", door.local_addr().expect("it listens"));
        let plays = Self { origin, towns: Arc::default() };
        let router = Router::new().fallback(answer).with_state(plays.clone());
        tokio::spawn(async move { axum::serve(door, router).await });
        plays
    }

    pub fn towns(&self) -> MutexGuard<'_, Towns> {
        self.towns.lock().expect("nobody panicked with it")
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.towns().asked)
    }

    /// A person is asked at `url`, at the town that it leads to, and says yes: where the browser is sent.
    pub fn approves(&self, url: &Url) -> String {
        let host = url.host_str().expect("a host").to_owned();
        let params: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let mut towns = self.towns();
        let (_, redirect) = towns.apps[&(host.clone(), params["client_id"].clone())].clone();
        assert_eq!(redirect, params["redirect_uri"], "the address that was registered");
        let code = towns.secret();
        towns.codes.insert(code.clone(), host);
        let mut back = Url::parse(&redirect).expect("an address");
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &params["state"]);
        back.to_string()
    }
}

async fn answer(State(plays): State<Plays>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let path = parts.uri.path().trim_start_matches('/').to_owned();
    let (host, path) = path.split_once('/').unwrap_or((path.as_str(), ""));
    let bearer = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bearer = bearer.strip_prefix("Bearer ").unwrap_or_default();
    let mut towns = plays.towns();
    towns.asked.push(format!("{} {host}/{path}", parts.method));
    if !TOWNS.contains(&host) {
        return (StatusCode::NOT_FOUND, "nothing is here").into_response();
    }
    let (status, json) = match path {
        ".well-known/oauth-authorization-server" if towns.redirects => {
            return (StatusCode::FOUND, [("location", "http://169.254.169.254/latest/meta-data/")]).into_response();
        }
        ".well-known/oauth-authorization-server" => (200, described(&towns, host)),
        "api/v1/apps" => {
            let (id, secret) = (format!("app-{}", towns.secrets.len()), towns.secret());
            towns.apps.insert((host.to_owned(), id.clone()), (secret.clone(), form["redirect_uris"].clone()));
            (200, json!({"client_id": id, "client_secret": secret}))
        }
        "oauth/token" => token(&mut towns, host, &form),
        "api/v1/accounts/verify_credentials" => match towns.tokens.get(bearer) {
            // Two people, one in each town, with one id.
            Some(town) if town == host => (200, json!({"id": "1", "acct": format!("ada-of-{host}")})),
            _ => (401, json!({"error": "The access token is invalid"})),
        },
        "oauth/revoke" => {
            towns.tokens.remove(&form["token"]);
            (200, json!({}))
        }
        _ => (404, json!({"error": "Not found"})),
    };
    (StatusCode::from_u16(status).expect("a status"), axum::Json(json)).into_response()
}

fn described(towns: &Towns, host: &str) -> Value {
    let at = |path: &str| format!("https://{host}{path}");
    let mut json = json!({
        "issuer": at("/"), "authorization_endpoint": at("/oauth/authorize"), "token_endpoint": at("/oauth/token"),
        "code_challenge_methods_supported": ["S256"],
    });
    for (name, value) in &towns.says {
        json[name] = value.clone();
    }
    json
}

fn token(towns: &mut Towns, host: &str, form: &BTreeMap<String, String>) -> (u16, Value) {
    let (id, secret) = (form["client_id"].clone(), form["client_secret"].clone());
    if towns.apps.get(&(host.to_owned(), id)).is_none_or(|(known, _)| *known != secret) {
        return (401, json!({"error": "invalid_client"}));
    }
    if form["grant_type"] == "client_credentials" {
        return (200, json!({"access_token": "app-only", "token_type": "Bearer"}));
    }
    if towns.codes.remove(&form["code"]).as_deref() != Some(host) {
        return (400, json!({"error": "invalid_grant"}));
    }
    let value = towns.secret();
    towns.tokens.insert(value.clone(), host.to_owned());
    (200, json!({"access_token": value, "token_type": "Bearer", "scope": "profile write:statuses write:media"}))
}
