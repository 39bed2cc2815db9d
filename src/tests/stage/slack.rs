//! Slack: a bot's tokens, and a person's own where somebody asks for them.

use serde_json::{Value, json};

use super::{
    Ask, Pkce, Play,
    scene::{Life, Refreshes, Reply, Scene},
    work::LINKEDIN,
};
use crate::domain::{Reason, Returned};

const SLACK_TOKEN: &str = "POST slack.com/api/oauth.v2.access";
const CHANNELS: &str = "GET slack.com/api/conversations.list";

pub const SLACK: Play = Play {
    id: "slack",
    scopes: &["channels:read", "groups:read", "chat:write", "users:read", "channels:join"],
    authorize: "slack.com/oauth/v2/authorize",
    separator: ',',
    answers: slack,
    connecting: &[SLACK_TOKEN, "POST slack.com/api/auth.test", CHANNELS, CHANNELS],
    checking: &["POST slack.com/api/auth.test", CHANNELS, CHANNELS],
    renewing: Some((&[SLACK_TOKEN], 43_200)),
    account: ("C1", "general"),
    removed: Reason::Removed,
    returning: (&["POST slack.com/api/auth.revoke"], Returned::Returned),
    ..LINKEDIN
};

/// The person's own tokens live and end apart from the bot's.
fn slack(scene: &mut Scene, ask: &Ask) -> Reply {
    let other = scene.other.take();
    let Some(mut person) = other else { return slack_of_bot(scene, ask) };
    person.now = scene.now;
    let shown = [ask.shows("Bearer "), ask.form("refresh_token")];
    let reply = if shown.iter().any(|token| person.knows(token)) {
        slack_of_person(&mut person, ask)
    } else {
        slack_of_bot(scene, ask)
    };
    scene.secrets.append(&mut person.secrets);
    scene.other.get_or_insert(person);
    reply
}

/// What the person's tokens are good for; a refresh answers as an installation does that asked for no bot.
fn slack_of_person(person: &mut Scene, ask: &Ask) -> Reply {
    let says = |json: Value| Reply::json(200, json);
    match ask.what().as_str() {
        SLACK_TOKEN if !ask.has_body_proof("client_id") && !ask.has_basic() => {
            says(json!({"ok": false, "error": "bad_client_secret"}))
        }
        SLACK_TOKEN if person.takes_refresh(ask, Refreshes::Rotating) => {
            says(json!({"ok": true, "team": {"id": "T1", "name": "Harbour"}, "authed_user": own_tokens(person)}))
        }
        SLACK_TOKEN => says(json!({"ok": false, "error": "invalid_refresh_token"})),
        _ if person.life(ask.shows("Bearer ")) != Life::Works => says(json!({"ok": false, "error": "token_revoked"})),
        "POST slack.com/api/auth.test" => {
            says(json!({"ok": true, "team_id": "T1", "team": "Harbour", "user_id": "U1"}))
        }
        "POST slack.com/api/auth.revoke" => {
            person.remove();
            says(json!({"ok": true, "revoked": true}))
        }
        _ => Reply::nothing(ask),
    }
}

fn own_tokens(person: &mut Scene) -> Value {
    json!({"id": "U1", "scope": "chat:write", "token_type": "user", "access_token": person.access(Some(43_200)), "refresh_token": person.refresh(), "expires_in": 43_200})
}

/// Everything is a 200 that says ok or not.
fn slack_of_bot(scene: &mut Scene, ask: &Ask) -> Reply {
    let says = |json: Value| Reply::json(200, json);
    let refusal = match scene.life(ask.shows("Bearer ")) {
        Life::Works => None,
        Life::Removed => Some("token_revoked"),
        Life::Expired => Some("token_expired"),
        Life::Unknown => Some("invalid_auth"),
    };
    match (ask.what().as_str(), refusal) {
        (SLACK_TOKEN, _) => {
            let is_first = ask.form("grant_type") == "authorization_code";
            let is_good = if is_first { scene.takes_code(ask) } else { scene.takes_refresh(ask, Refreshes::Rotating) };
            if !ask.has_body_proof("client_id") && !ask.has_basic() {
                return says(json!({"ok": false, "error": "bad_client_secret"}));
            }
            if !is_good {
                return says(
                    json!({"ok": false, "error": if is_first { "invalid_code" } else { "invalid_refresh_token" }}),
                );
            }
            let mut answer = json!({"ok": true, "access_token": scene.access(Some(43_200)), "token_type": "bot", "scope": scene.scopes(","), "expires_in": 43_200, "refresh_token": scene.refresh(), "team": {"id": "T1", "name": "Harbour"}, "authed_user": {"id": "U1"}});
            // Only who asks for a `user_scope` is given the person's own tokens too.
            if is_first && scene.told.get("user_scope").is_some_and(|scope| !scope.is_empty()) {
                let mut person = Scene::new(Pkce::Off);
                (person.now, person.alive) = (scene.now, true);
                answer["authed_user"] = own_tokens(&mut person);
                scene.secrets.append(&mut person.secrets);
                scene.other = Some(Box::new(person));
            }
            says(answer)
        }
        (_, Some(error)) => says(json!({"ok": false, "error": error})),
        ("POST slack.com/api/auth.test", None) => {
            says(json!({"ok": true, "team_id": "T1", "team": "Harbour", "user_id": "U1"}))
        }
        (CHANNELS, None) if scene.told.contains_key("nothing") => says(json!({"ok": true, "channels": []})),
        (CHANNELS, None) if ask.query("cursor") == "dGVhbTpD" => says(
            json!({"ok": true, "channels": [{"id": "C2", "name": "random"}], "response_metadata": {"next_cursor": ""}}),
        ),
        (CHANNELS, None) => says(
            json!({"ok": true, "channels": [{"id": "C1", "name": "general"}], "response_metadata": {"next_cursor": "dGVhbTpD"}}),
        ),
        ("POST slack.com/api/auth.revoke", None) => {
            scene.remove();
            says(json!({"ok": true, "revoked": true}))
        }
        _ => Reply::nothing(ask),
    }
}
