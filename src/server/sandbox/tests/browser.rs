//! A browser and an application in front of one sandbox.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use base64::{Engine as _, engine::general_purpose};
use oauth2::url::{Url, form_urlencoded};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use crate::server::sandbox::{NETWORK_IDS, Sandbox, client_id, client_secret, router};

pub const REDIRECT: &str = "http://127.0.0.1:8400/oauth/callback/1";
pub const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

pub struct World {
    pub sandbox: Sandbox,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// None if the connection broke.
    pub body: Option<String>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(self.body.as_deref().expect("a whole body")).expect("JSON")
    }

    /// The parameters with which the browser is sent back.
    pub fn sent_back(&self) -> Vec<(String, String)> {
        let address = self.headers.get(header::LOCATION).expect("a redirect").to_str().expect("ASCII");
        Url::parse(address).expect("an address").query_pairs().into_owned().collect()
    }

    pub fn param(&self, name: &str) -> Option<String> {
        self.sent_back().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl World {
    pub fn new() -> Self {
        Self { sandbox: Sandbox::new("http://localhost:8411".into()), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, request: Request<Body>) -> Answer {
        let app: Router = router(self.sandbox.clone());
        let response = app.oneshot(request).await.expect("infallible");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a pair");
            self.cookies.insert(name.into(), value.into());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.ok();
        Answer { status, headers, body: body.map(|bytes| String::from_utf8(bytes.to_vec()).expect("UTF-8")) }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::get(path).header(header::COOKIE, cookies.join("; "));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_as(path, fields, None).await
    }

    async fn post_as(&mut self, path: &str, fields: &[(&str, &str)], basic: Option<String>) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(basic) = basic {
            request = request.header(header::AUTHORIZATION, basic);
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    pub async fn fault(&mut self, fault: Value) -> Answer {
        let request = Request::post("/faults").header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(fault.to_string())).expect("a request")).await
    }

    /// A call with a token.
    pub async fn call(&mut self, method: &str, path: &str, token: &str) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// The popup arrives at the network.
    pub async fn opens(&mut self, network: &str) -> Answer {
        self.get(&authorize_path(network, &[])).await
    }

    /// The person answers as `person`; without `scopes` everything stays ticked.
    pub async fn answers(&mut self, network: &str, page: &Answer, form: &[(&str, &str)]) -> Answer {
        let html = page.body.as_deref().expect("a page");
        let id = html.split("name=\"request\" value=\"").nth(1).expect("a form").split('"').next().expect("an id");
        let fields: Vec<_> = form.iter().copied().chain([("request", id)]).collect();
        self.post(&format!("/{network}/oauth/decide"), &fields).await
    }

    pub async fn approves(&mut self, network: &str, person: &str) -> Answer {
        let page = self.opens(network).await;
        let ticked = scopes(network).map(|scope| ("scope", scope));
        let form: Vec<_> = ticked.into_iter().chain([("person", person), ("answer", "approve")]).collect();
        self.answers(network, &page, &form).await
    }

    /// The application posts to the token or revocation endpoint, with its credentials where the network wants them.
    pub async fn application(&mut self, network: &str, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let (id, secret, path) = (client_id(network), client_secret(network), format!("/{network}/oauth/{endpoint}"));
        if network == "chirper" {
            let basic = general_purpose::STANDARD.encode(format!("{id}:{secret}"));
            return self.post_as(&path, fields, Some(format!("Basic {basic}"))).await;
        }
        let own = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
        let fields: Vec<_> = fields.iter().copied().chain(own).collect();
        self.post(&path, &fields).await
    }

    pub async fn redeems(&mut self, network: &str, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.application(network, "token", &fields).await
    }

    pub async fn refreshes(&mut self, network: &str, token: &str) -> Answer {
        self.application(network, "token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The whole way; answers what the token endpoint said.
    pub async fn connects(&mut self, network: &str, person: &str) -> Value {
        let code = self.approves(network, person).await.param("code").expect("a code");
        let answer = self.redeems(network, &code).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub async fn ledger(&mut self) -> Value {
        self.get("/ledger").await.json()
    }
}

pub fn scopes(network: &str) -> [&'static str; 3] {
    match network {
        "chirper" => ["post.read", "post.write", "offline.access"],
        "pagebook" => ["pages_read", "pages_publish", "pages_insights"],
        "linkwork" => ["w_post", "r_profile", "r_stats"],
        _ => ["posts:read", "posts:write", "stats:read"],
    }
}

/// An honest authorisation request, with some parameters replaced.
pub fn authorize_path(network: &str, other: &[(&str, &str)]) -> String {
    assert!(NETWORK_IDS.contains(&network));
    let between = if network == "pagebook" { "," } else { " " };
    let challenge = general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let (id, scope) = (client_id(network), scopes(network).join(between));
    let mut params = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", &id),
        ("redirect_uri", REDIRECT),
        ("scope", &scope),
        ("state", "a state & more"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    params.extend(other.iter().copied());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("/{network}/oauth/authorize?{query}")
}
