//! Snapchat's two products, Discord, Twitch, WordPress.com.

use serde_json::json;

use super::{
    Ask, CLIENT, Pkce, Play,
    scene::{Refreshes, Reply, Scene},
    short::{X, pair, takes, with_token},
};
use crate::domain::Returned;

const LOGIN: &str = "accounts.snapchat.com/accounts/oauth2";
const LOGIN_TOKEN: &str = "POST accounts.snapchat.com/accounts/oauth2/token";

pub const SNAPCHAT_LOGIN: Play = Play {
    id: "snapchat_login",
    scopes: &[
        "https://auth.snapchat.com/oauth2/api/user.external_id",
        "https://auth.snapchat.com/oauth2/api/user.display_name",
    ],
    authorize: "accounts.snapchat.com/accounts/oauth2/auth",
    pkce: Pkce::Off,
    answers: snapchat_login,
    connecting: &[LOGIN_TOKEN, "GET kit.snapchat.com/v1/me"],
    checking: &["GET kit.snapchat.com/v1/me"],
    renewing: Some((&[LOGIN_TOKEN], 1_800)),
    account: ("ext-1", "Ada"),
    returning: (&["POST accounts.snapchat.com/accounts/oauth2/revoke"], Returned::Returned),
    ..X
};

fn snapchat_login(scene: &mut Scene, ask: &Ask) -> Reply {
    match (ask.method.as_str(), ask.place.strip_prefix(LOGIN).unwrap_or(&ask.place)) {
        ("POST", "/token") if !ask.has_basic() || !takes(scene, ask, Refreshes::Rotating) => {
            Reply::json(400, json!({"error": "invalid_grant"}))
        }
        ("POST", "/token") => Reply::json(200, pair(scene, 1_800, " ")),
        ("POST", "/revoke") if ask.has_basic() && scene.gives_back(ask.form("token")) => Reply::empty(200),
        ("GET", "kit.snapchat.com/v1/me") => {
            assert!(ask.query("query").contains("externalId"), "it asks for nothing");
            let me = json!({"data": {"me": {"externalId": "ext-1", "displayName": "Ada"}}});
            with_token(scene, ask.shows("Bearer "), (401, json!({"errors": [{"message": "unauthorized"}]})), me)
        }
        _ => Reply::nothing(ask),
    }
}

const ADS_TOKEN: &str = "POST accounts.snapchat.com/login/oauth2/access_token";
const ORGANISATIONS: &str = "GET adsapi.snapchat.com/v1/me/organizations";

pub const SNAPCHAT_MARKETING: Play = Play {
    id: "snapchat_marketing",
    scopes: &["snapchat-marketing-api", "snapchat-profile-api"],
    authorize: "accounts.snapchat.com/login/oauth2/authorize",
    pkce: Pkce::Off,
    answers: snapchat_marketing,
    connecting: &[ADS_TOKEN, "GET adsapi.snapchat.com/v1/me", ORGANISATIONS],
    checking: &["GET adsapi.snapchat.com/v1/me", ORGANISATIONS],
    renewing: Some((&[ADS_TOKEN], 1_800)),
    account: ("org-1", "Harbour"),
    returning: (&[], Returned::ByHand),
    ..X
};

fn snapchat_marketing(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = (401, json!({"request_status": "ERROR", "error_code": "E1000"}));
    match ask.what().as_str() {
        ADS_TOKEN if !ask.has_body_proof("client_id") || !takes(scene, ask, Refreshes::Rotating) => {
            Reply::json(400, json!({"error": "invalid_grant"}))
        }
        ADS_TOKEN => Reply::json(200, pair(scene, 1_800, " ")),
        "GET adsapi.snapchat.com/v1/me" => {
            with_token(scene, ask.shows("Bearer "), refusal, json!({"me": {"id": "m1", "display_name": "Ada"}}))
        }
        ORGANISATIONS => {
            let rows = json!([{"sub_request_status": "SUCCESS", "organization": {"id": "org-1", "name": "Harbour"}}]);
            with_token(scene, ask.shows("Bearer "), refusal, json!({"organizations": rows}))
        }
        _ => Reply::nothing(ask),
    }
}

const DISCORD_TOKEN: &str = "POST discord.com/api/oauth2/token";
const GUILDS: &str = "GET discord.com/api/users/@me/guilds";

pub const DISCORD: Play = Play {
    id: "discord",
    scopes: &["identify", "guilds", "bot", "webhook.incoming"],
    authorize: "discord.com/oauth2/authorize",
    pkce: Pkce::Taken,
    answers: discord,
    connecting: &[DISCORD_TOKEN, "GET discord.com/api/users/@me", GUILDS],
    checking: &["GET discord.com/api/users/@me", GUILDS],
    renewing: Some((&[DISCORD_TOKEN], 604_800)),
    account: ("g1", "Harbour"),
    returning: (&["POST discord.com/api/oauth2/token/revoke"], Returned::Returned),
    ..X
};

/// It takes forms only, and one revoked token ends all.
fn discord(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = (401, json!({"message": "401: Unauthorized", "code": 0}));
    let is_form = ask.header("content-type").starts_with("application/x-www-form-urlencoded");
    match ask.what().as_str() {
        DISCORD_TOKEN if !is_form => Reply::json(400, json!({"error": "unsupported_grant_type"})),
        DISCORD_TOKEN if !ask.has_basic() && !ask.has_body_proof("client_id") => {
            Reply::json(401, json!({"error": "invalid_client"}))
        }
        DISCORD_TOKEN if !takes(scene, ask, Refreshes::Rotating) => Reply::json(400, json!({"error": "invalid_grant"})),
        DISCORD_TOKEN => Reply::json(200, pair(scene, 604_800, " ")),
        "GET discord.com/api/users/@me" => {
            with_token(scene, ask.shows("Bearer "), refusal, json!({"id": "80351110224678912", "username": "ada"}))
        }
        GUILDS => {
            with_token(scene, ask.shows("Bearer "), refusal, json!([{"id": "g1", "name": "Harbour", "owner": true}]))
        }
        "POST discord.com/api/oauth2/token/revoke"
            if is_form && ask.has_basic() && scene.gives_back(ask.form("token")) =>
        {
            Reply::json(200, json!({}))
        }
        _ => Reply::nothing(ask),
    }
}

const TWITCH_TOKEN: &str = "POST id.twitch.tv/oauth2/token";
const VALIDATE: &str = "GET id.twitch.tv/oauth2/validate";

pub const TWITCH: Play = Play {
    id: "twitch",
    scopes: &["user:write:chat", "user:read:chat", "moderator:manage:announcements"],
    authorize: "id.twitch.tv/oauth2/authorize",
    pkce: Pkce::Off,
    answers: twitch,
    connecting: &[TWITCH_TOKEN, VALIDATE, VALIDATE],
    checking: &[VALIDATE, VALIDATE],
    renewing: Some((&[TWITCH_TOKEN], 14_400)),
    account: ("141981764", "bondi"),
    returning: (&["POST id.twitch.tv/oauth2/revoke"], Returned::Returned),
    ..X
};

/// Scopes are a list, and errors have a status and a message, and no `error`.
fn twitch(scene: &mut Scene, ask: &Ask) -> Reply {
    let error = |status: u16, message: &str| Reply::json(status, json!({"status": status, "message": message}));
    match ask.what().as_str() {
        TWITCH_TOKEN if !ask.has_body_proof("client_id") => error(403, "invalid client secret"),
        TWITCH_TOKEN if !takes(scene, ask, Refreshes::Rotating) => error(400, "Invalid refresh token"),
        TWITCH_TOKEN => {
            let mut answer = pair(scene, 14_400, " ");
            answer["scope"] = scene.scopes.clone().into();
            Reply::json(200, answer)
        }
        VALIDATE => {
            let me = json!({"client_id": CLIENT.0, "login": "bondi", "scopes": scene.scopes, "user_id": "141981764", "expires_in": 5_520});
            with_token(scene, ask.shows("OAuth "), (401, json!({"status": 401, "message": "invalid access token"})), me)
        }
        "POST id.twitch.tv/oauth2/revoke"
            if ask.form("client_id") == CLIENT.0
                && ask.form("client_secret").is_empty()
                && scene.gives_back(ask.form("token")) =>
        {
            Reply::empty(200)
        }
        _ => Reply::nothing(ask),
    }
}

const WORDPRESS_TOKEN: &str = "POST public-api.wordpress.com/oauth2-1/token";
const SITES: &str = "GET public-api.wordpress.com/rest/v1.1/me/sites";

pub const WORDPRESS: Play = Play {
    id: "wordpress_com",
    scopes: &["posts", "media", "sites", "users"],
    authorize: "public-api.wordpress.com/oauth2-1/authorize",
    pkce: Pkce::Needed,
    answers: wordpress,
    connecting: &[WORDPRESS_TOKEN, "GET public-api.wordpress.com/rest/v1.1/me", SITES],
    checking: &["GET public-api.wordpress.com/rest/v1.1/me", SITES],
    renewing: Some((&[WORDPRESS_TOKEN], 3_600)),
    account: ("31", "Bondi Bakery"),
    returning: (&["POST public-api.wordpress.com/oauth2-1/revoke"], Returned::Returned),
    ..X
};

fn wordpress(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = (401, json!({"error": "invalid_token", "message": "The OAuth2 token is invalid."}));
    match ask.what().as_str() {
        WORDPRESS_TOKEN if !ask.has_basic() && !ask.has_body_proof("client_id") => {
            Reply::json(401, json!({"error": "invalid_client"}))
        }
        WORDPRESS_TOKEN if !takes(scene, ask, Refreshes::Rotating) => {
            Reply::json(400, json!({"error": "invalid_grant"}))
        }
        WORDPRESS_TOKEN => Reply::json(200, pair(scene, 3_600, " ")),
        "GET public-api.wordpress.com/rest/v1.1/me" => {
            with_token(scene, ask.shows("Bearer "), refusal, json!({"ID": 5, "username": "ada", "display_name": "Ada"}))
        }
        SITES => {
            let sites = json!([{"ID": 31, "name": "Bondi Bakery", "URL": "https://bondi.example"}]);
            with_token(scene, ask.shows("Bearer "), refusal, json!({"sites": sites}))
        }
        "POST public-api.wordpress.com/oauth2-1/revoke" if scene.gives_back(ask.form("token")) => Reply::empty(200),
        _ => Reply::nothing(ask),
    }
}
