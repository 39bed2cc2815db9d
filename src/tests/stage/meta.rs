//! Facebook, Instagram, Threads: tokens that are swapped for longer ones, errors as objects with codes.

use serde_json::{Value, json};

use super::{
    Ask, CLIENT, Ours, Pkce, Play,
    scene::{Life, Reply, Scene},
};
use crate::domain::{Reason, Returned};

const SIXTY_DAYS: u64 = 5_184_000;
const A_DAY: u64 = 86_400;

pub const FACEBOOK: Play = Play {
    typed: "",
    ours: Ours::InSettings,
    back: |_| {},
    id: "facebook_pages",
    scopes: &[
        "pages_show_list",
        "pages_manage_posts",
        "pages_read_engagement",
        "pages_manage_engagement",
        "read_insights",
        "business_management",
    ],
    authorize: "www.facebook.com/v25.0/dialog/oauth",
    client_id: "client_id",
    separator: ',',
    pkce: Pkce::Off,
    needs: &[],
    brings: &[],
    junk: Some("_=_"),
    answers: facebook,
    connecting: &[
        "POST graph.facebook.com/v25.0/oauth/access_token",
        "GET graph.facebook.com/v25.0/oauth/access_token",
        "GET graph.facebook.com/v25.0/me",
        "GET graph.facebook.com/v25.0/me/permissions",
        "GET graph.facebook.com/v25.0/me/businesses",
        "GET graph.facebook.com/v25.0/me/businesses",
        "GET graph.facebook.com/v25.0/me/accounts",
        "GET graph.facebook.com/v25.0/me/accounts",
        "GET graph.facebook.com/v25.0/301/owned_pages",
        "GET graph.facebook.com/v25.0/301/client_pages",
        "GET graph.facebook.com/v25.0/302/owned_pages",
        "GET graph.facebook.com/v25.0/302/client_pages",
    ],
    checking: &[
        "GET graph.facebook.com/v25.0/me",
        "GET graph.facebook.com/v25.0/me/permissions",
        "GET graph.facebook.com/v25.0/me/businesses",
        "GET graph.facebook.com/v25.0/me/businesses",
        "GET graph.facebook.com/v25.0/me/accounts",
        "GET graph.facebook.com/v25.0/me/accounts",
        "GET graph.facebook.com/v25.0/301/owned_pages",
        "GET graph.facebook.com/v25.0/301/client_pages",
        "GET graph.facebook.com/v25.0/302/owned_pages",
        "GET graph.facebook.com/v25.0/302/client_pages",
    ],
    renewing: Some((&["GET graph.facebook.com/v25.0/oauth/access_token"], SIXTY_DAYS)),
    account: ("7001", "Bondi Bakery"),
    removed: Reason::Removed,
    returning: (&["DELETE graph.facebook.com/v25.0/10158/permissions"], Returned::Returned),
};

fn facebook(scene: &mut Scene, ask: &Ask) -> Reply {
    const V: &str = "graph.facebook.com/v25.0";
    let place = ask.place.strip_prefix(V).unwrap_or(&ask.place);
    match (ask.method.as_str(), place) {
        ("POST", "/oauth/access_token") => first(scene, ask, &json!({"token_type": "bearer"})),
        ("GET", "/oauth/access_token") => {
            let is_app = (ask.query("client_id"), ask.query("client_secret")) == CLIENT;
            let is_swap = ask.query("grant_type") == "fb_exchange_token";
            if is_app && is_swap { longer(scene, ask.query("fb_exchange_token"), 0) } else { error(101, None) }
        }
        ("GET", "/me") => with_token(scene, ask.shows("Bearer "), || json!({"id": "10158", "name": "Ada"})),
        ("GET", "/me/accounts") => {
            let rows = ["read_engagement", "show_list"];
            assert!(rows.iter().all(|scope| scene.has(&format!("pages_{scope}"))), "asked without the permission");
            let page = |id: &str, name: &str, tasks: &[&str]| json!({"id": id, "name": name, "tasks": tasks, "access_token": format!("page-token-of-{id}")});
            // Braces in an address of the network's name nothing of ours.
            let next = "https://graph.facebook.com/v25.0/me/accounts?after=2&as={client_secret}";
            let answer = if ask.query("after") == "2" {
                assert_eq!(ask.query("as"), "{client_secret}", "the app's secret in an address");
                json!({"data": [page("7003", "Somebody else's", &["ANALYZE"])], "paging": {}})
            } else {
                json!({"data": [page("7001", "Bondi Bakery", &["CREATE_CONTENT", "MANAGE"]), page("7002", "Coogee Cafe", &["CREATE_CONTENT"])], "paging": {"next": next}})
            };
            with_token(scene, ask.shows("Bearer "), || answer)
        }
        (
            "GET",
            "/me/businesses" | "/301/owned_pages" | "/301/client_pages" | "/302/owned_pages" | "/302/client_pages",
        ) => {
            assert!(scene.has("business_management"), "asked without the permission");
            let answer = businesses(place, ask.query("after"));
            with_token(scene, ask.shows("Bearer "), || answer)
        }
        ("GET", "/me/permissions") => {
            let row = |scope: &String| json!({"permission": scope, "status": "granted"});
            let mut rows: Vec<Value> = scene.scopes.iter().map(row).collect();
            rows.push(json!({"permission": "user_birthday", "status": "declined"}));
            with_token(scene, ask.shows("Bearer "), || json!({"data": rows}))
        }
        ("DELETE", "/10158/permissions") => {
            let reply = with_token(scene, ask.shows("Bearer "), || json!({"success": true}));
            if reply.status == 200 {
                scene.remove();
            }
            reply
        }
        _ => Reply::nothing(ask),
    }
}

/// Two businesses, on two pages of a list. Only where the person may act for a page is its token beside it.
fn businesses(place: &str, after: &str) -> Value {
    let page = |id: &str, name: &str| json!({"id": id, "name": name});
    let with_token =
        |id: &str, name: &str| json!({"id": id, "name": name, "access_token": format!("page-token-of-{id}")});
    let next = "https://graph.facebook.com/v25.0/me/businesses?after=2";
    match (place, after) {
        ("/me/businesses", "") => json!({"data": [{"id": "301"}], "paging": {"next": next}}),
        ("/me/businesses", _) => json!({"data": [{"id": "302"}], "paging": {}}),
        ("/301/owned_pages", _) => {
            json!({"data": [with_token("7001", "Bondi Bakery"), with_token("7004", "Owned by the business")]})
        }
        ("/302/client_pages", _) => json!({"data": [page("7005", "Nobody's task")]}),
        _ => json!({"data": []}),
    }
}

pub const INSTAGRAM: Play = Play {
    typed: "",
    ours: Ours::InSettings,
    back: |_| {},
    id: "instagram",
    scopes: &[
        "instagram_business_basic",
        "instagram_business_content_publish",
        "instagram_business_manage_comments",
        "instagram_business_manage_messages",
        "instagram_business_manage_insights",
    ],
    authorize: "www.instagram.com/oauth/authorize",
    client_id: "client_id",
    separator: ',',
    pkce: Pkce::Off,
    needs: &[],
    brings: &[],
    junk: Some("_"),
    answers: instagram,
    connecting: &[
        "POST api.instagram.com/oauth/access_token",
        "GET graph.instagram.com/access_token",
        "GET graph.instagram.com/v25.0/me",
    ],
    checking: &["GET graph.instagram.com/v25.0/me"],
    renewing: Some((&["GET graph.instagram.com/refresh_access_token"], SIXTY_DAYS)),
    account: ("17841400000000001", "bondi.bakery"),
    removed: Reason::Refused,
    returning: (&[], Returned::ByHand),
};

fn instagram(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        "POST api.instagram.com/oauth/access_token" => {
            let permissions = scene.scopes(",");
            first(scene, ask, &json!({"user_id": 9911, "permissions": permissions}))
        }
        "GET graph.instagram.com/access_token" => swap(scene, ask, "ig_exchange_token"),
        "GET graph.instagram.com/refresh_access_token" => refresh(scene, ask, "ig_refresh_token"),
        // `id` is the app's own name for the person; the account is `user_id`.
        "GET graph.instagram.com/v25.0/me" => with_plain_token(
            scene,
            ask,
            || json!({"id": "9911", "user_id": "17841400000000001", "username": "bondi.bakery", "name": "Bondi"}),
        ),
        _ => Reply::nothing(ask),
    }
}

pub const THREADS: Play = Play {
    typed: "",
    ours: Ours::InSettings,
    back: |_| {},
    id: "threads",
    scopes: &[
        "threads_basic",
        "threads_content_publish",
        "threads_manage_replies",
        "threads_read_replies",
        "threads_manage_insights",
    ],
    authorize: "threads.com/oauth/authorize",
    client_id: "client_id",
    separator: ',',
    pkce: Pkce::Off,
    needs: &[],
    brings: &[],
    junk: Some("_"),
    answers: threads,
    connecting: &[
        "POST graph.threads.net/oauth/access_token",
        "GET graph.threads.net/access_token",
        "GET graph.threads.net/v1.0/me",
    ],
    checking: &["GET graph.threads.net/v1.0/me"],
    renewing: Some((&["GET graph.threads.net/refresh_access_token"], SIXTY_DAYS)),
    account: ("3141", "bondi.bakery"),
    removed: Reason::Refused,
    returning: (&[], Returned::ByHand),
};

fn threads(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        "POST graph.threads.net/oauth/access_token" => first(scene, ask, &json!({"user_id": 3141})),
        "GET graph.threads.net/access_token" => swap(scene, ask, "th_exchange_token"),
        "GET graph.threads.net/refresh_access_token" => refresh(scene, ask, "th_refresh_token"),
        "GET graph.threads.net/v1.0/me" => {
            with_plain_token(scene, ask, || json!({"id": "3141", "username": "bondi.bakery"}))
        }
        _ => Reply::nothing(ask),
    }
}

/// A token of an hour, without a word about its life or its type but what `more` says.
fn first(scene: &mut Scene, ask: &Ask, more: &Value) -> Reply {
    if !ask.has_body_proof("client_id") {
        return error(101, None);
    }
    if !scene.takes_code(ask) {
        return error(100, None);
    }
    let mut answer = more.clone();
    answer["access_token"] = scene.access(Some(3_600)).into();
    Reply::json(200, answer)
}

fn swap(scene: &mut Scene, ask: &Ask, kind: &str) -> Reply {
    if ask.query("grant_type") != kind || ask.query("client_secret") != CLIENT.1 {
        return error(101, None);
    }
    longer(scene, ask.query("access_token"), 0)
}

/// Only from the second day on, and only while it lives.
fn refresh(scene: &mut Scene, ask: &Ask, kind: &str) -> Reply {
    if ask.query("grant_type") == kind { longer(scene, ask.query("access_token"), A_DAY) } else { error(100, None) }
}

fn longer(scene: &mut Scene, token: &str, least_age: u64) -> Reply {
    match scene.life(token) {
        Life::Works if scene.age(token) >= least_age => {
            let access = scene.access(Some(SIXTY_DAYS));
            Reply::json(200, json!({"access_token": access, "token_type": "bearer", "expires_in": SIXTY_DAYS}))
        }
        Life::Works => error(100, None),
        Life::Expired => error(190, Some(463)),
        Life::Removed => error(190, Some(458)),
        Life::Unknown => error(190, None),
    }
}

fn with_token(scene: &Scene, token: &str, answer: impl FnOnce() -> Value) -> Reply {
    match scene.life(token) {
        Life::Works => Reply::json(200, answer()),
        Life::Removed => error(190, Some(458)),
        Life::Expired => error(190, Some(463)),
        Life::Unknown => error(190, None),
    }
}

/// Instagram and Threads say 190 and no more.
fn with_plain_token(scene: &Scene, ask: &Ask, answer: impl FnOnce() -> Value) -> Reply {
    if scene.life(ask.shows("Bearer ")) == Life::Works { Reply::json(200, answer()) } else { error(190, None) }
}

fn error(code: u32, subcode: Option<u32>) -> Reply {
    let mut error = json!({"message": "(no words)", "type": "OAuthException", "code": code, "fbtrace_id": "A"});
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    Reply::json(400, json!({"error": error}))
}
