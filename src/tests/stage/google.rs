//! Google: its Business Profile and its videos. One server, two products.

use serde_json::{Value, json};

use super::{
    Ask, Ours, Pkce, Play,
    scene::{Life, Refreshes, Reply, Scene},
    words::{id_token, keys},
};
use crate::domain::{Reason, Returned};

const BUSINESS: &str = "mybusinessbusinessinformation.googleapis.com/v1/accounts";
const TOKEN: &str = "POST oauth2.googleapis.com/token";
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
    let answer = match (ask.place.contains("/1/"), ask.query("pageToken")) {
        (true, "") => json!({"locations": [{"name": "locations/11", "title": "Bondi Bakery"}], "nextPageToken": "two"}),
        (true, _) => json!({"locations": [{"name": "locations/12", "title": "Coogee Cafe"}]}),
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
