use std::{
    collections::BTreeSet,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use http::{StatusCode, header::CONTENT_TYPE};
use oauth2::{HttpResponse, url::form_urlencoded};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::NetworkAppId,
    server::{
        networks::{Answer, Definition, Held, NetworkApp, NoAnswer, Proofs, Refusal, Verdict, load, refresh},
        settings::AppCredentials,
    },
};

/// Every secret in the corpus has it, as every secret of the sandbox does.
const CANARY: &str = "sbxcanary";

static APPS: LazyLock<Vec<NetworkApp>> = LazyLock::new(|| {
    let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
    let own = || AppCredentials {
        client_id: "app".to_owned(),
        client_secret: format!("{CANARY}-secret").into(),
        hook_secret: None,
    };
    let app = |definition| NetworkApp::new(NetworkAppId(Uuid::nil()), definition, own());
    all.into_iter().map(app).collect()
});

/// Reads `input` as what a network answers to a refresh token or to a check: in the first line the status, `refresh` or
/// `check`, and the network, as in `400 refresh x`; then the body.
///
/// # Panics
/// When a permission is taken for dead and the answer does not say so in words that the network or the standard has for
/// it; when new tokens come out of an answer that is none; when an error's text says anything of the answer.
pub fn refusal(input: &[u8]) {
    let (head, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let body = body.get(1..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut words = head.split(' ');
    let status = words.next().and_then(|word| word.parse().ok()).and_then(|code: u16| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
    let is_refresh = words.next() != Some("check");
    let name = words.next().unwrap_or_default();
    let app = APPS.iter().find(|app| app.definition.id.0 == name).unwrap_or(&APPS[0]);
    let answer = http::Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    let answer = answer.body(body.to_vec()).expect("a response");
    let verdict = if is_refresh { refreshed(app, answer) } else { checked(&app.definition, answer) };
    if let Verdict::Dead(_) = verdict {
        assert!(is_definite(&app.definition, is_refresh, (status, body)), "{name} is dead of {status}");
    }
}

fn checked(definition: &Definition, answer: HttpResponse) -> Verdict {
    let is_success = answer.status().is_success();
    let verdict = Verdict::of_call(definition, &Ok(Answer::from(answer)), definition.person.ask.ok.as_ref());
    assert!(verdict != Verdict::Alive || is_success);
    verdict
}

fn refreshed(app: &NetworkApp, answer: HttpResponse) -> Verdict {
    let status = answer.status();
    let held =
        Held { access: format!("{CANARY}-at").into(), refresh: Some(format!("{CANARY}-rt").into()), ..Held::default() };
    let send = move |_| std::future::ready(Ok::<_, NoAnswer>(answer.clone()));
    let proofs = Proofs::default();
    let mut flight = pin!(refresh(send, &proofs, app, &held));
    // It waits for nothing: the answer is there.
    let end = match flight.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    };
    match end.expect("a flight that waits for nothing") {
        Ok(_) => {
            assert!(status.is_success(), "tokens out of a {status}");
            Verdict::Alive
        }
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
            error.verdict
        }
    }
}

/// Whether anything in the answer says that the permission is gone: a status that means it, or a word that does, however
/// it is written.
fn is_definite(definition: &Definition, is_refresh: bool, (status, body): (StatusCode, &[u8])) -> bool {
    let said = texts(body);
    let rules = definition.token.refusals.iter().filter(|_| is_refresh).chain(&definition.refusals);
    let deadly: Vec<&Refusal> = rules.filter(|rule| rule.means.reason().is_some()).collect();
    let by_status = |rule: &&Refusal| rule.path.is_none() && rule.status == Some(status.as_u16());
    let words = deadly.iter().flat_map(|rule| rule.is.iter().chain(&rule.contains)).map(|word| word.to_lowercase());
    let by_word = |word: &String| said.iter().any(|text| text.contains(word.as_str()));
    let by_standard = is_refresh && said.contains("invalid_grant");
    // A rule that only says where: whatever stands there.
    let by_place = |rule: &&Refusal| {
        rule.path.is_some() && rule.is.is_empty() && rule.contains.is_empty() && rule.status == Some(status.as_u16())
    };
    let is_said = deadly.iter().any(by_status) || deadly.iter().any(by_place) || by_standard;
    !status.is_server_error() && !said.is_empty() && (is_said || words.into_iter().any(|word| by_word(&word)))
}

/// All texts and numbers of a JSON object or a form, wherever they stand.
fn texts(body: &[u8]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(json) if json.is_object() => gather(&json, &mut all),
        Ok(_) => {}
        Err(_) => all.extend(form_urlencoded::parse(body).map(|(_, value)| value.to_lowercase())),
    }
    all
}

fn gather(json: &Value, all: &mut BTreeSet<String>) {
    match json {
        Value::Object(fields) => {
            // An object without anything in it is an answer too.
            all.insert(String::new());
            fields.values().for_each(|value| gather(value, all));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, all)),
        Value::String(text) => drop(all.insert(text.to_lowercase())),
        other => drop(all.insert(other.to_string())),
    }
}
