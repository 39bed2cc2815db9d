//! An issuer that can lie: it answers codes and refresh tokens with an `id_token` that is right until a test spoils it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2::url::Url;
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

use crate::{
    server::{clock::Clock, sandbox::CANARY},
    tests::world::{Extra, World, loopback},
};

pub const CLIENT: (&str, &str) = ("greentick", "the app's secret");

/// What an `id_token` is made of.
pub struct Made {
    pub header: Value,
    pub claims: Value,
    pub signature: Signature,
}

/// How it is signed.
pub enum Signature {
    /// By the key of the header's name, or the newest.
    Right,
    /// That, and a bit turned.
    Altered,
    Missing,
    /// By the app's secret, as a MAC.
    Secret,
    /// By a key that nobody published.
    Foreign,
    /// By the other published kind.
    Ed25519,
}

type Lie = Box<dyn Fn(&mut Made) + Send>;

#[expect(clippy::struct_excessive_bools, reason = "switches of a test, each by itself")]
pub struct Issued {
    pub keys: Vec<(String, EcdsaKeyPair)>,
    /// Names of keys that are not published any more.
    pub withdrawn: Vec<String>,
    pub has_ed25519: bool,
    pub keys_down: bool,
    pub no_id_token: bool,
    pub lie: Option<Lie>,
    pub nonce: String,
    pub sub: String,
    /// Who the API says it is.
    pub api_sub: String,
    pub refresh_token: String,
    /// Refresh tokens that were given back.
    pub given_back: Vec<String>,
    pub keys_asked: usize,
    /// Nothing that was issued works any more.
    pub removed: bool,
    pub asked_who: usize,
    pub secrets: Vec<String>,
}

#[derive(Clone)]
pub struct Issuer {
    pub origin: String,
    issued: Arc<Mutex<Issued>>,
    clock: Arc<Mutex<Clock>>,
    ed25519: Arc<Ed25519KeyPair>,
}

pub fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).expect("a key")
}

pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    pub async fn starts() -> Self {
        let door = loopback().await;
        let origin = format!("http://localhost:{}", door.local_addr().expect("it listens").port());
        let issued = Issued {
            keys: vec![("first".to_owned(), new_key())],
            withdrawn: vec![],
            has_ed25519: false,
            keys_down: false,
            no_id_token: false,
            lie: None,
            nonce: String::new(),
            sub: "ada".to_owned(),
            api_sub: "ada".to_owned(),
            refresh_token: String::new(),
            given_back: vec![],
            keys_asked: 0,
            removed: false,
            asked_who: 0,
            secrets: vec![],
        };
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        let ed25519 = Arc::new(Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).expect("a key"));
        let issuer = Self { origin, issued: Arc::new(Mutex::new(issued)), clock: Arc::default(), ed25519 };
        let router = Router::new()
            .route("/token", post(token))
            .route("/me", get(me))
            .route("/jwks", get(keys))
            .route("/revoke", post(revoke))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(door, router).await });
        issuer
    }

    /// An instance that knows it, and whose clock it goes by.
    pub async fn world(&self, database: Option<String>, more: &str) -> World {
        let text = include_str!("issuer.toml").replace("{origin}", &self.origin).replace("# more", more);
        let client = (CLIENT.0.to_owned(), CLIENT.1.to_owned());
        let world = World::with(database.map(Into::into), vec![Extra { id: "issuer", text, client }]).await;
        *self.clock.lock().expect("nobody panicked with it") = world.clock.clone();
        world
    }

    pub fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().expect("nobody panicked with it")
    }

    fn second(&self) -> i64 {
        self.clock.lock().expect("nobody panicked with it").now().0 / 1_000
    }

    /// The person said yes at `url`: where the browser is sent.
    pub fn approves(&self, url: &Url) -> String {
        let param =
            |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        self.issued().nonce = param("nonce").expect("it asks with a nonce");
        let mut back = Url::parse(&param("redirect_uri").expect("an address")).expect("an address");
        back.query_pairs_mut().append_pair("code", "a-code").append_pair("state", &param("state").expect("a state"));
        back.to_string()
    }

    /// A token of the issuer's that says `claims`.
    pub fn signs(&self, mut made: Made) -> String {
        let issued = self.issued();
        if let Some(lie) = &issued.lie {
            lie(&mut made);
        }
        let input = format!("{}.{}", encoded(made.header.to_string()), encoded(made.claims.to_string()));
        let key =
            |key: &EcdsaKeyPair| key.sign(&SystemRandom::new(), input.as_bytes()).expect("it signs").as_ref().to_vec();
        let named = issued.keys.iter().find(|(name, _)| made.header["kid"] == **name);
        let right = || key(&named.or(issued.keys.last()).expect("there is one").1);
        let signature = match made.signature {
            Signature::Right => right(),
            Signature::Altered => {
                let mut signature = right();
                signature[10] ^= 1;
                signature
            }
            Signature::Missing => vec![],
            Signature::Secret => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, CLIENT.1.as_bytes()), input.as_bytes()).as_ref().to_vec()
            }
            Signature::Foreign => key(&new_key()),
            Signature::Ed25519 => self.ed25519.sign(input.as_bytes()).as_ref().to_vec(),
        };
        format!("{input}.{}", encoded(signature))
    }

    fn tokens(&self, is_first: bool) -> Value {
        let (access, refresh) = {
            let mut issued = self.issued();
            let number = issued.secrets.len();
            let (access, refresh) = (format!("{CANARY}-at-{number:08}"), format!("{CANARY}-rt-{number:08}"));
            issued.secrets.extend([access.clone(), refresh.clone()]);
            issued.refresh_token.clone_from(&refresh);
            (access, refresh)
        };
        let mut answer =
            json!({ "access_token": access, "token_type": "Bearer", "expires_in": 3_600, "refresh_token": refresh });
        if !self.issued().no_id_token {
            answer["id_token"] = self.id_token(&access, is_first).into();
        }
        answer
    }

    fn id_token(&self, access: &str, is_first: bool) -> String {
        let now = self.second();
        let (name, sub, nonce) = {
            let issued = self.issued();
            (issued.keys.last().expect("there is one").0.clone(), issued.sub.clone(), issued.nonce.clone())
        };
        let half = &digest(&SHA256, access.as_bytes()).as_ref()[..16].to_vec();
        let mut claims = json!({ "iss": self.origin, "aud": CLIENT.0, "sub": sub, "exp": now + 600, "iat": now, "at_hash": encoded(half) });
        if is_first {
            claims["nonce"] = nonce.into();
        }
        self.signs(Made { header: json!({ "alg": "ES256", "kid": name }), claims, signature: Signature::Right })
    }
}

async fn token(State(issuer): State<Issuer>, Form(form): Form<std::collections::BTreeMap<String, String>>) -> Response {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let is_first = field("grant_type") == "authorization_code";
    let is_good = !issuer.issued().removed
        && if is_first { field("code") == "a-code" } else { field("refresh_token") == issuer.issued().refresh_token };
    if !is_good {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    }
    Json(issuer.tokens(is_first)).into_response()
}

async fn me(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    issuer.issued().asked_who += 1;
    if issuer.issued().removed {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_token" }))).into_response();
    }
    if !headers.get("authorization").is_some_and(|shown| shown.to_str().is_ok_and(|shown| shown.starts_with("Bearer ")))
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({ "sub": issuer.issued().api_sub })).into_response()
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    let mut issued = issuer.issued();
    issued.keys_asked += 1;
    if issued.keys_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let published = issued.keys.iter().filter(|(name, _)| !issued.withdrawn.contains(name));
    let mut keys: Vec<_> = published
        .map(|(name, key)| {
            let point = key.public_key().as_ref();
            json!({ "kty": "EC", "crv": "P-256", "kid": name, "x": encoded(&point[1..33]), "y": encoded(&point[33..]) })
        })
        .collect();
    if issued.has_ed25519 {
        let key = issuer.ed25519.public_key().as_ref();
        keys.push(json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encoded(key) }));
    }
    Json(json!({ "keys": keys })).into_response()
}

async fn revoke(
    State(issuer): State<Issuer>,
    Form(form): Form<std::collections::BTreeMap<String, String>>,
) -> StatusCode {
    issuer.issued().given_back.extend(form.get("token").cloned());
    StatusCode::OK
}
