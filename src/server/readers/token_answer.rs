use std::time::Duration;

use http::{StatusCode, header::CONTENT_TYPE};
use oauth2::{AuthorizationCode, Client, ClientId, HttpResponse, TokenUrl, url::form_urlencoded};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use crate::server::networks::{
    ExchangeError, NoAnswer, Shape, Tokens,
    exchange::{CrateClient, shaped, tokens, told},
    normalise::normalise,
};

/// Every secret in the corpus has it, as every secret of the sandbox does.
const CANARY: &str = "sbxcanary";

/// Reads `input` as a network's answer to a code: in the first line the status and the separator of scopes, as in
/// `200,`, then the body.
///
/// # Panics
/// When a token comes out of an error, or a token, a lifetime or a scope that the answer does not have; when a good answer
/// is refused, since its code is spent; when an error's text says anything of the answer.
pub fn token_answer(input: &[u8]) {
    let (head, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let (status, separator) = head_of(head);
    let body = body.get(1..).unwrap_or_default();
    is_normal_at_once(&answer(status, body), &separator);
    match read(&answer(status, body), &separator) {
        Ok(tokens) => {
            assert!(status.is_success(), "tokens out of a {status}");
            is_what_was_given(&tokens, &fields(body), &separator);
        }
        Err(error) => {
            let is_down = error == ExchangeError::NoAnswer(NoAnswer::Down);
            assert_eq!(is_down, status.is_server_error(), "{error}");
            assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
            let fields = serde_json::from_slice(body).ok();
            assert!(!status.is_success() || !fields.is_some_and(|fields| is_good(&fields)), "{error}");
        }
    }
}

fn head_of(head: &[u8]) -> (StatusCode, String) {
    let head = String::from_utf8_lossy(head);
    let number = head.chars().take(3).collect::<String>();
    let separator: String = head.chars().skip(3).collect();
    let status = number.parse().ok().and_then(|number: u16| StatusCode::from_u16(number).ok());
    (status.unwrap_or(StatusCode::OK), if separator.is_empty() { " ".to_owned() } else { separator })
}

fn answer(status: StatusCode, body: &[u8]) -> HttpResponse {
    let answer = http::Response::builder().status(status).header(CONTENT_TYPE, "text/plain");
    answer.body(body.to_vec()).expect("a response")
}

/// As `networks::exchange` reads it: the oauth2 crate reads an answer only to a request, so this one goes nowhere.
fn read(answer: &HttpResponse, separator: &str) -> Result<Tokens, ExchangeError> {
    let token_url = TokenUrl::new("https://network.example/token".to_owned()).expect("an address");
    let client: CrateClient = Client::new(ClientId::new("app".to_owned())).set_token_uri(token_url);
    let request = client.exchange_code(AuthorizationCode::new("code".to_owned()));
    request.request(&|_| shaped(answer.clone(), separator, &Shape::default())).map(tokens).map_err(|error| told(&error))
}

fn is_normal_at_once(answer: &HttpResponse, separator: &str) {
    let once = normalise(answer.clone(), separator, &Shape::default());
    // In RFC shape a space separates.
    let twice = normalise(once.clone(), " ", &Shape::default());
    assert_eq!((once.status(), once.headers(), once.body()), (twice.status(), twice.headers(), twice.body()));
}

/// The answer's fields, read as loosely as possible: all that a form says of a name, in a list.
fn fields(body: &[u8]) -> Map<String, Value> {
    if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
        return fields;
    }
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        assert!(fields.insert(name, value.into()).is_none(), "tokens out of a form that says something twice");
    }
    fields
}

fn is_good(fields: &Map<String, Value>) -> bool {
    let is_scope = matches!(fields.get("scope"), None | Some(Value::Null | Value::String(_) | Value::Array(_)));
    is_no_error(fields) && is_scope && fields.get("access_token").and_then(Value::as_str).is_some_and(is_token)
}

fn is_no_error(fields: &Map<String, Value>) -> bool {
    match fields.get("error") {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(code)) => ["", "ok"].contains(&code.as_str()),
        Some(Value::Number(code)) => code.as_f64() == Some(0.0),
        Some(_) => false,
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic())
}

fn is_what_was_given(tokens: &Tokens, fields: &Map<String, Value>, separator: &str) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    assert!(is_no_error(fields), "tokens out of an error");
    let access = tokens.access.expose_secret();
    assert_eq!(Some(access), text("access_token"));
    assert!(is_token(access));
    let refresh = tokens.refresh.as_ref().map(ExposeSecret::expose_secret);
    assert_eq!(refresh, text("refresh_token").filter(|token| !token.is_empty()));
    assert_eq!(tokens.lives, lives(fields.get("expires_in")));
    assert_eq!(tokens.scopes, scopes(fields.get("scope"), separator));
}

/// Unknown, or at least a second.
fn lives(given: Option<&Value>) -> Option<Duration> {
    let seconds = given?.as_f64().or_else(|| given?.as_str()?.trim().parse().ok())?;
    if !(1.0..1e10).contains(&seconds) {
        return None;
    }
    Some(Duration::from_secs(Duration::try_from_secs_f64(seconds).ok()?.as_secs()))
}

/// Without the field as asked, which is `None`; with an empty one nothing was granted.
fn scopes(given: Option<&Value>, separator: &str) -> Option<Vec<String>> {
    let texts: Vec<String> = match given? {
        Value::String(text) => text.split(separator).map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return None,
    };
    Some(texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect())
}
