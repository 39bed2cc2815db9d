//! X, `TikTok`, Pinterest, Reddit, Tumblr.

use serde_json::{Value, json};

use super::{
    Ask, Ours, Pkce, Play,
    scene::{Life, Refreshes, Reply, Scene},
};
use crate::domain::{Reason, Returned};

/// Takes the code or the refresh token of a request.
pub fn takes(scene: &mut Scene, ask: &Ask, behave: Refreshes) -> bool {
    match ask.form("grant_type") {
        "authorization_code" => scene.takes_code(ask),
        _ => scene.takes_refresh(ask, behave),
    }
}

/// A new pair, as RFC 6749 has it.
pub fn pair(scene: &mut Scene, lives: u64, separator: &str) -> Value {
    let access = scene.access(Some(lives));
    let (refresh, scope) = (scene.refresh(), scene.scopes(separator));
    json!({"access_token": access, "token_type": "bearer", "expires_in": lives, "refresh_token": refresh, "scope": scope})
}

/// The answer, or a refusal.
pub fn with_token(scene: &Scene, token: &str, refusal: (u16, Value), answer: Value) -> Reply {
    if scene.life(token) == Life::Works { Reply::json(200, answer) } else { Reply::json(refusal.0, refusal.1) }
}

const X_TOKEN: &str = "POST api.x.com/2/oauth2/token";

pub const X: Play = Play {
    id: "x",
    typed: "",
    ours: Ours::InSettings,
    scopes: &["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"],
    authorize: "x.com/i/oauth2/authorize",
    client_id: "client_id",
    separator: ' ',
    pkce: Pkce::Needed,
    needs: &[],
    brings: &[],
    back: |_| {},
    junk: None,
    answers: x,
    connecting: &[X_TOKEN, "GET api.x.com/2/users/me"],
    checking: &["GET api.x.com/2/users/me"],
    renewing: Some((&[X_TOKEN], 7_200)),
    account: ("2244994945", "bondibakery"),
    removed: Reason::Refused,
    returning: (&["POST api.x.com/2/oauth2/revoke"], Returned::Returned),
};

fn x(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        X_TOKEN if !ask.has_basic() => Reply::json(401, json!({"error": "unauthorized_client"})),
        X_TOKEN if !takes(scene, ask, Refreshes::Rotating) => {
            let words = "Value passed for the token was invalid.";
            Reply::json(400, json!({"error": "invalid_request", "error_description": words}))
        }
        // Without this scope there is no refresh token.
        X_TOKEN if !scene.has("offline.access") => Reply::json(
            200,
            json!({"access_token": scene.access(Some(7_200)), "token_type": "bearer", "expires_in": 7_200}),
        ),
        X_TOKEN => Reply::json(200, pair(scene, 7_200, " ")),
        "GET api.x.com/2/users/me" => {
            let me = json!({"data": {"id": "2244994945", "name": "Bondi Bakery", "username": "bondibakery"}});
            with_token(scene, ask.shows("Bearer "), (401, json!({"title": "Unauthorized", "status": 401})), me)
        }
        "POST api.x.com/2/oauth2/revoke" if ask.has_basic() && scene.gives_back(ask.form("token")) => {
            Reply::json(200, json!({"revoked": true}))
        }
        _ => Reply::nothing(ask),
    }
}

const TIKTOK_TOKEN: &str = "POST open.tiktokapis.com/v2/oauth/token/";
const TIKTOK_WHO: &str = "GET open.tiktokapis.com/v2/user/info/";

pub const TIKTOK: Play = Play {
    id: "tiktok",
    scopes: &["user.info.basic", "user.info.profile", "video.publish", "video.upload", "video.list"],
    authorize: "www.tiktok.com/v2/auth/authorize/",
    client_id: "client_key",
    separator: ',',
    pkce: Pkce::Off,
    answers: tiktok,
    connecting: &[TIKTOK_TOKEN, TIKTOK_WHO],
    checking: &[TIKTOK_WHO],
    renewing: Some((&[TIKTOK_TOKEN], 7_200)),
    account: ("open-1", "Bondi Bakery"),
    returning: (&["POST open.tiktokapis.com/v2/oauth/revoke/"], Returned::Returned),
    ..X
};

/// It says `client_key`, and its API says ok or not inside a 200.
fn tiktok(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        TIKTOK_TOKEN if !ask.has_body_proof("client_key") => {
            Reply::json(200, json!({"error": "invalid_client", "error_description": "", "log_id": "1"}))
        }
        TIKTOK_TOKEN if !takes(scene, ask, Refreshes::Rotating) => {
            Reply::json(200, json!({"error": "invalid_grant", "error_description": "expired", "log_id": "1"}))
        }
        TIKTOK_TOKEN => {
            let mut answer = pair(scene, 7_200, ",");
            answer["refresh_expires_in"] = 15_552_000.into();
            answer["open_id"] = "open-1".into();
            Reply::json(200, answer)
        }
        TIKTOK_WHO => {
            let fields = ask.query("fields");
            assert!(fields.contains("open_id") && fields.contains("display_name"), "nothing is told that is not named");
            let error = |code: &str| json!({"data": {}, "error": {"code": code, "message": "", "log_id": "1"}});
            let mut me = error("ok");
            me["data"] = json!({"user": {"open_id": "open-1", "display_name": "Bondi Bakery"}});
            with_token(scene, ask.shows("Bearer "), (401, error("access_token_invalid")), me)
        }
        "POST open.tiktokapis.com/v2/oauth/revoke/"
            if ask.has_body_proof("client_key") && scene.gives_back(ask.form("token")) =>
        {
            Reply::json(200, json!({}))
        }
        _ => Reply::nothing(ask),
    }
}

const PIN_TOKEN: &str = "POST api.pinterest.com/v5/oauth/token";
const BOARDS: &str = "GET api.pinterest.com/v5/boards";

pub const PINTEREST: Play = Play {
    id: "pinterest",
    scopes: &["boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read"],
    authorize: "www.pinterest.com/oauth/",
    separator: ',',
    pkce: Pkce::Off,
    answers: pinterest,
    connecting: &[PIN_TOKEN, "GET api.pinterest.com/v5/user_account", BOARDS, BOARDS],
    checking: &["GET api.pinterest.com/v5/user_account", BOARDS, BOARDS],
    renewing: Some((&[PIN_TOKEN], 2_592_000)),
    account: ("b1", "Bread"),
    returning: (&[], Returned::ByHand),
    ..X
};

fn pinterest(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = (401, json!({"code": 2, "message": "Authentication failed."}));
    match ask.what().as_str() {
        PIN_TOKEN if !ask.has_basic() => Reply::json(401, json!({"error": "invalid_client", "code": 283})),
        PIN_TOKEN if !takes(scene, ask, Refreshes::Rotating) => Reply::json(401, json!({"code": 2, "message": "no"})),
        PIN_TOKEN => {
            let mut answer = pair(scene, 2_592_000, " ");
            // Apps of before September 2025 get tokens of the old kind, unless they ask.
            let is_new = ask.form("grant_type") == "refresh_token" || ask.form("continuous_refresh") == "true";
            assert!(is_new, "an old app would get a refresh token that ends");
            answer["refresh_token_expires_in"] = 5_184_000.into();
            Reply::json(200, answer)
        }
        "GET api.pinterest.com/v5/user_account" => {
            with_token(scene, ask.shows("Bearer "), refusal, json!({"id": "u1", "username": "bondi"}))
        }
        BOARDS => {
            let rows = match ask.query("bookmark") {
                "next" => json!({"items": [{"id": "b2", "name": "Cakes"}], "bookmark": null}),
                _ => json!({"items": [{"id": "b1", "name": "Bread"}], "bookmark": "next"}),
            };
            with_token(scene, ask.shows("Bearer "), refusal, rows)
        }
        _ => Reply::nothing(ask),
    }
}

const REDDIT_TOKEN: &str = "POST www.reddit.com/api/v1/access_token";
const SUBREDDITS: &str = "GET oauth.reddit.com/subreddits/mine/moderator";

pub const REDDIT: Play = Play {
    id: "reddit",
    scopes: &["identity", "read", "submit", "flair", "mysubreddits"],
    authorize: "www.reddit.com/api/v1/authorize",
    pkce: Pkce::Off,
    needs: &[("duration", "permanent")],
    answers: reddit,
    connecting: &[REDDIT_TOKEN, "GET oauth.reddit.com/api/v1/me", SUBREDDITS, SUBREDDITS],
    checking: &["GET oauth.reddit.com/api/v1/me", SUBREDDITS, SUBREDDITS],
    renewing: Some((&[REDDIT_TOKEN], 3_600)),
    account: ("t5_1", "bondi"),
    returning: (&["POST www.reddit.com/api/v1/revoke_token"], Returned::Returned),
    ..X
};

/// Its refresh token stays, and a refresh does not repeat it; a revocation is a 204.
fn reddit(scene: &mut Scene, ask: &Ask) -> Reply {
    let refusal = (401, json!({"message": "Unauthorized", "error": 401}));
    if ask.header("user-agent").is_empty() {
        return Reply::json(429, json!({"message": "Too Many Requests", "error": 429}));
    }
    match ask.what().as_str() {
        REDDIT_TOKEN if !ask.has_basic() => Reply::json(401, json!({"message": "Unauthorized", "error": 401})),
        REDDIT_TOKEN if !takes(scene, ask, Refreshes::Stable) => Reply::json(400, json!({"error": "invalid_grant"})),
        REDDIT_TOKEN if ask.form("grant_type") == "refresh_token" => {
            let access = scene.access(Some(3_600));
            Reply::json(
                200,
                json!({"access_token": access, "token_type": "bearer", "expires_in": 3_600, "scope": scene.scopes(" ")}),
            )
        }
        REDDIT_TOKEN => Reply::json(200, pair(scene, 3_600, " ")),
        "GET oauth.reddit.com/api/v1/me" => {
            with_token(scene, ask.shows("Bearer "), refusal, json!({"id": "abc", "name": "ada"}))
        }
        SUBREDDITS => {
            let row =
                |name: &str, display: &str| json!({"kind": "t5", "data": {"name": name, "display_name": display}});
            let rows = match ask.query("after") {
                "t5_1" => json!({"data": {"children": [row("t5_2", "coogee")], "after": null}}),
                _ => json!({"data": {"children": [row("t5_1", "bondi")], "after": "t5_1"}}),
            };
            with_token(scene, ask.shows("Bearer "), refusal, rows)
        }
        "POST www.reddit.com/api/v1/revoke_token" if ask.has_basic() && scene.gives_back(ask.form("token")) => {
            Reply::empty(204)
        }
        _ => Reply::nothing(ask),
    }
}

const TUMBLR_TOKEN: &str = "POST api.tumblr.com/v2/oauth2/token";
const TUMBLR_WHO: &str = "GET api.tumblr.com/v2/user/info";

pub const TUMBLR: Play = Play {
    id: "tumblr",
    scopes: &["basic", "write", "offline_access"],
    authorize: "www.tumblr.com/oauth2/authorize",
    pkce: Pkce::Off,
    answers: tumblr,
    connecting: &[TUMBLR_TOKEN, TUMBLR_WHO, TUMBLR_WHO],
    checking: &[TUMBLR_WHO, TUMBLR_WHO],
    renewing: Some((&[TUMBLR_TOKEN], 2_520)),
    account: ("t:uuid1", "Bondi Bakery"),
    returning: (&[], Returned::ByHand),
    ..X
};

/// `id_token` is the boolean false, and answers lie in an envelope.
fn tumblr(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        TUMBLR_TOKEN if !ask.has_body_proof("client_id") || !takes(scene, ask, Refreshes::Rotating) => {
            Reply::json(401, json!({"error": "invalid_grant", "error_description": "no"}))
        }
        TUMBLR_TOKEN => {
            let mut answer = pair(scene, 2_520, " ");
            answer["id_token"] = false.into();
            Reply::json(200, answer)
        }
        TUMBLR_WHO => {
            let blogs = json!([{"uuid": "t:uuid1", "name": "bondi", "title": "Bondi Bakery"}]);
            let refusal = json!({"meta": {"status": 401, "msg": "Unauthorized"}, "response": []});
            let me = json!({"meta": {"status": 200}, "response": {"user": {"name": "ada", "blogs": blogs}}});
            with_token(scene, ask.shows("Bearer "), (401, refusal), me)
        }
        _ => Reply::nothing(ask),
    }
}
