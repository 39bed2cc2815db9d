//! Google: its Business Profile and its videos. One server, two products.

use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};

use super::{
    Ask, CLIENT, Ours, Pkce, Play,
    scene::{Life, Refreshes, Reply, Scene},
};
use crate::{
    domain::{Reason, Returned},
    server::clock::Clock,
    tests::id_tokens::issuer::encoded,
};

const BUSINESS: &str = "mybusinessbusinessinformation.googleapis.com/v1/accounts";
const TOKEN: &str = "POST oauth2.googleapis.com/token";
/// Made for this; it signs nothing else.
const KEY: &[u8] = include_bytes!("google.key");
const KEYS: &str = "GET www.googleapis.com/oauth2/v3/certs";
const WHO: &str = "GET openidconnect.googleapis.com/v1/userinfo";
const ACCOUNTS: &str = "GET mybusinessaccountmanagement.googleapis.com/v1/accounts";
const FIRST: &str = "GET mybusinessbusinessinformation.googleapis.com/v1/accounts/1/locations";
const SECOND: &str = "GET mybusinessbusinessinformation.googleapis.com/v1/accounts/2/locations";
const CHANNELS: &str = "GET www.googleapis.com/youtube/v3/channels";

pub const BUSINESS_PROFILE: Play = Play {
    typed: "",
    ours: Ours::InSettings,
    back: |_| {},
    id: "google_business_profile",
    scopes: &[
        "openid",
        "profile",
        "https://www.googleapis.com/auth/business.manage",
        "https://www.googleapis.com/auth/youtube.upload",
        "https://www.googleapis.com/auth/youtube.readonly",
    ],
    authorize: "accounts.google.com/o/oauth2/v2/auth",
    client_id: "client_id",
    separator: ' ',
    pkce: Pkce::Taken,
    needs: &[("access_type", "offline"), ("prompt", "consent")],
    brings: &[("iss", "https://accounts.google.com")],
    junk: None,
    answers,
    // Two accounts on two pages of twenty; the first has two pages of locations.
    connecting: &[TOKEN, WHO, ACCOUNTS, ACCOUNTS, FIRST, FIRST, SECOND, KEYS],
    checking: &[WHO, ACCOUNTS, ACCOUNTS, FIRST, FIRST, SECOND],
    renewing: Some((&[TOKEN], 3_600)),
    account: ("locations/11", "Bondi Bakery"),
    removed: Reason::Refused,
    returning: (&["POST oauth2.googleapis.com/revoke"], Returned::Returned),
};

pub const YOUTUBE: Play = Play {
    id: "youtube",
    connecting: &[TOKEN, WHO, CHANNELS, KEYS],
    checking: &[WHO, CHANNELS],
    account: ("UC1", "Bondi Bakes"),
    ..BUSINESS_PROFILE
};

fn answers(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        TOKEN => token(scene, ask),
        WHO => with_token(scene, ask, || json!({"sub": "108", "name": "Ada"})),
        KEYS => Reply::json(200, keys()),
        ACCOUNTS => {
            let answer = if ask.query("pageToken") == "more" {
                json!({"accounts": [{"name": "accounts/2", "accountName": "Two"}]})
            } else {
                json!({"accounts": [{"name": "accounts/1", "accountName": "One"}], "nextPageToken": "more"})
            };
            with_token(scene, ask, || answer)
        }
        CHANNELS => {
            assert_eq!((ask.query("part"), ask.query("mine")), ("snippet", "true"));
            with_token(
                scene,
                ask,
                || json!({"items": [{"id": "UC1", "snippet": {"title": "Bondi Bakes", "customUrl": "@bondi"}}]}),
            )
        }
        "POST oauth2.googleapis.com/revoke" => {
            Reply::json(if scene.gives_back(ask.form("token")) { 200 } else { 400 }, json!({}))
        }
        _ if ask.place.starts_with(BUSINESS) => locations(scene, ask),
        _ => Reply::nothing(ask),
    }
}

/// Without a mask of fields it is a 400.
fn locations(scene: &Scene, ask: &Ask) -> Reply {
    if ask.query("readMask").is_empty() {
        return Reply::json(400, json!({"error": {"status": "INVALID_ARGUMENT"}}));
    }
    if scene.told.contains_key("no_manager") && ask.place.contains("/1/") {
        return Reply::json(
            403,
            json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "The caller does not have permission"}}),
        );
    }
    let answer = match (ask.place.contains("/1/"), ask.query("pageToken")) {
        (true, "") => json!({"locations": [{"name": "locations/11", "title": "Bondi Bakery"}], "nextPageToken": "two"}),
        (true, _) => json!({"locations": [{"name": "locations/12", "title": "Coogee Cafe"}]}),
        _ if scene.told.contains_key("no_manager") => {
            json!({"locations": [{"name": "locations/21", "title": "Manly Deli"}]})
        }
        _ => json!({}),
    };
    with_token(scene, ask, || answer)
}

/// The answer to a refresh names no refresh token: the old one stays.
fn token(scene: &mut Scene, ask: &Ask) -> Reply {
    if !ask.has_body_proof("client_id") && !ask.has_basic() {
        return Reply::json(401, json!({"error": "invalid_client"}));
    }
    let is_first = ask.form("grant_type") == "authorization_code";
    let is_good = if is_first { scene.takes_code(ask) } else { scene.takes_refresh(ask, Refreshes::Stable) };
    if !is_good {
        return Reply::json(
            400,
            json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
        );
    }
    let mut answer = json!({"access_token": scene.access(Some(3_600)), "expires_in": 3_599, "token_type": "Bearer", "scope": scene.scopes(" ")});
    if is_first {
        answer["refresh_token"] = scene.refresh().into();
    }
    // With the scope openid, and at refreshes too; those name no nonce.
    if scene.has("openid") {
        answer["id_token"] = id_token(scene, ("https://accounts.google.com", "108"), is_first, &answer).into();
    }
    Reply::json(200, answer)
}

/// The keys that the signed words of every played server are made with.
pub fn keys() -> Value {
    let key = RsaKeyPair::from_der(KEY).expect("a key");
    let PublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
    json!({"keys": [
        {"kid": "older", "use": "sig", "alg": "RS256", "kty": "RSA", "n": encoded([&n[..n.len() - 1], &[1]].concat()), "e": encoded(&e)},
        {"kid": "newer", "use": "sig", "alg": "RS256", "kty": "RSA", "n": encoded(&n), "e": encoded(&e)},
    ]})
}

/// Whom an issuer says that the person is.
pub fn id_token(scene: &Scene, (iss, sub): (&str, &str), is_first: bool, answer: &Value) -> String {
    let now = Clock::default().now().0 / 1_000 + i64::try_from(scene.now).expect("not so long");
    let access = answer["access_token"].as_str().expect("text");
    let hash = encoded(&digest(&SHA256, access.as_bytes()).as_ref()[..16]);
    let mut claims = json!({"iss": iss, "azp": CLIENT.0, "aud": CLIENT.0, "sub": sub, "at_hash": hash, "name": "Ada", "iat": now, "exp": now + 3_600});
    if let Some(nonce) = scene.nonce.as_ref().filter(|_| is_first) {
        claims["nonce"] = nonce.clone().into();
    }
    let header = json!({"alg": "RS256", "kid": "newer", "typ": "JWT"});
    let input = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let key = RsaKeyPair::from_der(KEY).expect("a key");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).expect("it signs");
    format!("{input}.{}", encoded(signature))
}

fn with_token(scene: &Scene, ask: &Ask, answer: impl FnOnce() -> Value) -> Reply {
    if scene.life(ask.shows("Bearer ")) == Life::Works {
        return Reply::json(200, answer());
    }
    // The OpenID Connect endpoint has words of its own.
    if ask.place.starts_with("openidconnect.") {
        return Reply::json(401, json!({"error": "invalid_request", "error_description": "Invalid Credentials"}));
    }
    Reply::json(401, json!({"error": {"code": 401, "status": "UNAUTHENTICATED"}}))
}
