//! Networks with many addresses: Mastodon, Shopify, a GitLab of one's own, any server that describes itself.

use oauth2::url::Url;
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::json;

use super::{
    Ask, CLIENT, Ours, Pkce, Play,
    google::{id_token, keys},
    scene::{Life, Refreshes, Reply, Scene},
    short::{X, pair, takes, with_token},
    work::GITLAB,
};
use crate::domain::{Reason, Returned};

const TOWN: &str = "mastodon.example";
const TOWN_TOKEN: &str = "POST mastodon.example/oauth/token";
const TOWN_ME: &str = "GET mastodon.example/api/v1/accounts/verify_credentials";

pub const MASTODON: Play = Play {
    id: "mastodon",
    scopes: &["profile", "read", "write:statuses", "write:media"],
    typed: " https://Mastodon.example/@ada ",
    ours: Ours::ByItself,
    authorize: "mastodon.example/oauth/authorize",
    pkce: Pkce::Needed,
    answers: mastodon,
    connecting: &[
        "GET mastodon.example/.well-known/oauth-authorization-server",
        "POST mastodon.example/api/v1/apps",
        TOWN_TOKEN,
        TOWN_ME,
    ],
    checking: &[TOWN_ME],
    renewing: None,
    account: ("14715@mastodon.example", "ada"),
    removed: Reason::Refused,
    returning: (&["POST mastodon.example/oauth/revoke"], Returned::Returned),
    ..X
};

/// Since 4.3 it describes itself. It knows an app by its redirect address and its scopes; tokens have no end.
fn mastodon(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = (401, json!({"error": "The access token was revoked"}));
    let at = |path: &str| format!("https://{TOWN}{path}");
    match ask.what().as_str() {
        "GET mastodon.example/.well-known/oauth-authorization-server" => Reply::json(
            200,
            json!({
                "issuer": at("/"), "authorization_endpoint": at("/oauth/authorize"), "token_endpoint": at("/oauth/token"),
                "revocation_endpoint": at("/oauth/revoke"), "app_registration_endpoint": at("/api/v1/apps"),
                "scopes_supported": ["read", "write", "profile"], "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"], "service_documentation": "https://docs.joinmastodon.org/",
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }),
        ),
        "POST mastodon.example/api/v1/apps" => {
            let (name, back) = (ask.form("client_name"), ask.form("redirect_uris"));
            if name.is_empty() || !back.contains("/oauth/callback/") || !ask.form("website").starts_with("http") {
                return Reply::json(422, json!({"error": "Validation failed"}));
            }
            scene.told.insert("scopes".to_owned(), ask.form("scopes").to_owned());
            scene.told.insert("redirect_uri".to_owned(), back.to_owned());
            Reply::json(
                200,
                json!({"id": "1", "name": name, "redirect_uri": back, "client_id": CLIENT.0, "client_secret": CLIENT.1, "client_secret_expires_at": 0}),
            )
        }
        TOWN_TOKEN if !ask.has_basic() && !ask.has_body_proof("client_id") => {
            Reply::json(401, json!({"error": "invalid_client"}))
        }
        TOWN_TOKEN if ask.form("grant_type") == "client_credentials" => {
            Reply::json(200, json!({"access_token": "app-only", "token_type": "Bearer", "scope": "read"}))
        }
        TOWN_TOKEN => {
            let registered = scene.told.get("scopes").cloned().unwrap_or_default();
            let is_known = scene.told.get("redirect_uri").is_some_and(|back| back == ask.form("redirect_uri"));
            let is_within = scene.scopes.iter().all(|scope| registered.split(' ').any(|known| known == scope));
            if !is_known || !is_within || !scene.takes_code(ask) {
                return Reply::json(400, json!({"error": "invalid_grant"}));
            }
            Reply::json(
                200,
                json!({"access_token": scene.access(None), "token_type": "Bearer", "scope": scene.scopes(" "), "created_at": 1_573_979_017}),
            )
        }
        TOWN_ME => {
            let me = json!({"id": "14715", "username": "ada", "acct": "ada", "display_name": ""});
            with_token(scene, ask.shows("Bearer "), refusal, me)
        }
        "POST mastodon.example/oauth/revoke" if ask.has_body_proof("client_id") && scene.knows(ask.form("token")) => {
            scene.remove();
            Reply::json(200, json!({}))
        }
        _ => Reply::nothing(ask),
    }
}

const SHOP_TOKEN: &str = "POST harbour.myshopify.com/admin/oauth/access_token";
const SHOP: &str = "POST harbour.myshopify.com/admin/api/2026-10/graphql.json";

pub const SHOPIFY: Play = Play {
    id: "shopify",
    scopes: &["read_products", "write_products"],
    typed: "harbour",
    authorize: "harbour.myshopify.com/admin/oauth/authorize",
    separator: ',',
    pkce: Pkce::Off,
    back: signed_by_shop,
    answers: shopify,
    connecting: &[SHOP_TOKEN, SHOP],
    checking: &[SHOP],
    renewing: Some((&[SHOP_TOKEN], 3_600)),
    account: ("gid://shopify/Shop/548380009@harbour.myshopify.com", "Harbour"),
    removed: Reason::Refused,
    returning: (&["DELETE harbour.myshopify.com/admin/api_permissions/current.json"], Returned::Returned),
    ..X
};

/// The callback names the shop, and is signed over all that stands in it.
pub fn signed_by_shop(back: &mut Url) {
    back.query_pairs_mut()
        .append_pair("shop", "harbour.myshopify.com")
        .append_pair("timestamp", "1337178173")
        .append_pair("host", "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvaGFyYm91cg");
    let mut pairs: Vec<_> = back.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.sort();
    let mac = sign(&Key::new(HMAC_SHA256, CLIENT.1.as_bytes()), pairs.join("&").as_bytes());
    let hex = mac.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    back.query_pairs_mut().append_pair("hmac", &hex);
}

/// Tokens end only for those who ask for it, and are shown in a header of its own.
fn shopify(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = json!({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"});
    let token = ask.header("x-shopify-access-token");
    match ask.what().as_str() {
        SHOP_TOKEN if !ask.has_body_proof("client_id") => Reply::json(400, json!({"error": "invalid_client"})),
        SHOP_TOKEN if !takes(scene, ask, Refreshes::Rotating) => Reply::json(400, json!({"error": "invalid_request"})),
        SHOP_TOKEN if ask.form("grant_type") == "authorization_code" && ask.form("expiring") != "1" => {
            Reply::json(200, json!({"access_token": scene.access(None), "scope": scene.scopes(",")}))
        }
        SHOP_TOKEN => Reply::json(
            200,
            json!({"access_token": scene.access(Some(3_600)), "scope": scene.scopes(","), "expires_in": 3_600, "refresh_token": scene.refresh(), "refresh_token_expires_in": 7_776_000}),
        ),
        SHOP => {
            assert!(ask.form("query").contains("{shop{id name"), "it asks for nothing");
            let shop = json!({"data": {"shop": {"id": "gid://shopify/Shop/548380009", "name": "Harbour", "myshopifyDomain": "harbour.myshopify.com"}}});
            with_token(scene, token, (401, refusal), shop)
        }
        "DELETE harbour.myshopify.com/admin/api_permissions/current.json" => match scene.life(token) {
            Life::Works => {
                scene.remove();
                Reply::empty(200)
            }
            _ => Reply::json(401, refusal),
        },
        _ => Reply::nothing(ask),
    }
}

const OWN_TOKEN: &str = "POST git.example/oauth/token";
const OWN_GROUPS: &str = "GET git.example/api/v4/groups";

pub const GITLAB_ELSEWHERE: Play = Play {
    typed: "git.example",
    ours: Ours::At("gitlab@git.example"),
    authorize: "git.example/oauth/authorize",
    answers: gitlab_elsewhere,
    connecting: &[OWN_TOKEN, "GET git.example/api/v4/user", OWN_GROUPS, OWN_GROUPS],
    checking: &["GET git.example/api/v4/user", OWN_GROUPS, OWN_GROUPS],
    renewing: Some((&[OWN_TOKEN], 7_200)),
    account: ("21@git.example", "Bondi / Web"),
    returning: (&["POST git.example/oauth/revoke"], Returned::Returned),
    ..GITLAB
};

/// As at gitlab.com.
fn gitlab_elsewhere(scene: &mut Scene, ask: &Ask) -> Reply {
    let there = Ask { place: ask.place.replace("git.example", "gitlab.com"), ..ask.clone() };
    let mut reply = (GITLAB.answers)(scene, &there);
    for (_, value) in &mut reply.headers {
        *value = value.replace("gitlab.com", "git.example");
    }
    reply
}

const STAFF: &str = "https://id.example/realms/staff";
const STAFF_TOKEN: &str = "POST id.example/realms/staff/token";
const STAFF_KEYS: &str = "GET id.example/realms/staff/keys";
const STAFF_ME: &str = "GET api.id.example/userinfo";
const DISCOVERY: &str = "GET id.example/realms/staff/.well-known/openid-configuration";

pub const OIDC: Play = Play {
    id: "oidc",
    scopes: &["openid", "profile", "offline_access"],
    typed: "id.example/realms/staff/",
    ours: Ours::ByItself,
    authorize: "id.example/realms/staff/auth",
    pkce: Pkce::Needed,
    needs: &[("prompt", "consent")],
    brings: &[("iss", STAFF)],
    answers: oidc,
    connecting: &[DISCOVERY, "POST id.example/realms/staff/register", STAFF_TOKEN, STAFF_ME, STAFF_KEYS],
    checking: &[STAFF_ME],
    renewing: Some((&[STAFF_TOKEN], 600)),
    account: ("248289761001@id.example/realms/staff", "Ada Quill"),
    removed: Reason::Refused,
    returning: (&["POST id.example/realms/staff/revoke"], Returned::Returned),
    ..X
};

/// By the book: discovery, registration (RFC 7591), refresh tokens for those who ask for `offline_access`, `iss`.
fn oidc(scene: &mut Scene, ask: &Ask) -> Reply {
    let at = |path: &str| format!("{STAFF}{path}");
    match ask.what().as_str() {
        DISCOVERY => Reply::json(
            200,
            json!({
                "issuer": STAFF, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
                "userinfo_endpoint": "https://api.id.example/userinfo", "revocation_endpoint": at("/revoke"),
                "registration_endpoint": at("/register"), "jwks_uri": at("/keys"), "response_types_supported": ["code"],
                "scopes_supported": ["openid", "profile", "offline_access"], "subject_types_supported": ["public"],
                "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true,
            }),
        ),
        "POST id.example/realms/staff/register" => {
            let is_whole = ask.header("content-type").starts_with("application/json")
                && ask.form("redirect_uris").contains("/oauth/callback/")
                && ask.form("grant_types").contains("refresh_token")
                && ask.form("token_endpoint_auth_method") == "client_secret_basic";
            if !is_whole {
                return Reply::json(400, json!({"error": "invalid_client_metadata"}));
            }
            Reply::json(
                201,
                json!({"client_id": CLIENT.0, "client_secret": CLIENT.1, "client_secret_expires_at": 0, "client_id_issued_at": 1_573_979_017}),
            )
        }
        STAFF_TOKEN if !ask.has_basic() => Reply::json(401, json!({"error": "invalid_client"})),
        STAFF_TOKEN if !takes(scene, ask, Refreshes::Rotating) => Reply::json(400, json!({"error": "invalid_grant"})),
        STAFF_TOKEN => {
            let mut answer = pair(scene, 600, " ");
            if !scene.has("offline_access") {
                answer.as_object_mut().expect("it is one").remove("refresh_token");
            }
            let is_first = ask.form("grant_type") == "authorization_code";
            answer["id_token"] = id_token(scene, (STAFF, "248289761001"), is_first, &answer).into();
            Reply::json(200, answer)
        }
        STAFF_KEYS => Reply::json(200, keys()),
        STAFF_ME => {
            let me = json!({"sub": "248289761001", "name": "Ada Quill", "picture": "https://id.example/ada.png"});
            with_token(scene, ask.shows("Bearer "), (401, json!({"error": "invalid_token"})), me)
        }
        "POST id.example/realms/staff/revoke" if ask.has_basic() && scene.knows(ask.form("token")) => {
            scene.remove();
            Reply::empty(200)
        }
        _ => Reply::nothing(ask),
    }
}

const DOOR_TOKEN: &str = "POST login.example/token";
const DOOR_ME: &str = "GET login.example/me";
const DOOR: &str = "GET login.example/.well-known/oauth-authorization-server/hotel";

pub const OAUTH2: Play = Play {
    id: "oauth2",
    scopes: &["openid", "profile", "offline_access"],
    typed: "https://login.example/hotel",
    ours: Ours::At("oauth2@login.example/hotel"),
    authorize: "login.example/authorize",
    pkce: Pkce::Off,
    answers: oauth2,
    connecting: &[DOOR, DOOR_TOKEN, DOOR_ME],
    checking: &[DOOR_ME],
    renewing: Some((&[DOOR_TOKEN], 900)),
    account: ("u7@login.example/hotel", "u7"),
    removed: Reason::Refused,
    returning: (&[], Returned::ByHand),
    ..X
};

/// An older one: no PKCE, proof in the body, no way to give a permission back.
fn oauth2(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        DOOR => Reply::json(
            200,
            json!({
                "issuer": "https://login.example/hotel", "authorization_endpoint": "https://login.example/authorize",
                "token_endpoint": "https://login.example/token", "userinfo_endpoint": "https://login.example/me",
                "code_challenge_methods_supported": ["plain"], "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }),
        ),
        DOOR_TOKEN if !ask.has_body_proof("client_id") => Reply::json(401, json!({"error": "invalid_client"})),
        DOOR_TOKEN if !takes(scene, ask, Refreshes::Rotating) => Reply::json(400, json!({"error": "invalid_grant"})),
        DOOR_TOKEN => Reply::json(200, pair(scene, 900, " ")),
        DOOR_ME => {
            with_token(scene, ask.shows("Bearer "), (401, json!({"error": "invalid_token"})), json!({"sub": "u7"}))
        }
        _ => Reply::nothing(ask),
    }
}
