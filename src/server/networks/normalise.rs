//! Turns a network's odd token answer into the shape of RFC 6749, section 5, before the oauth2 crate parses it.
//!
//! Measured against twenty answers of real networks, the crate alone refuses most: scopes as an array, `expires_in` as
//! text, no `token_type`, a form-encoded body, an error inside a 200.

use http::{StatusCode, header::CONTENT_TYPE};
use oauth2::HttpResponse;
use serde_json::{Map, Value, json};

use super::{
    client::{at, text_at},
    definition::{Second, Shape},
    verdict::says,
};

/// Under this name the crate finds what is kept of an answer.
pub(super) const KEPT: &str = "kept_by_greentick";

/// And under this one a second pair of tokens.
pub(super) const SECOND: &str = "second_of_greentick";

/// All that anybody reads of an answer. The rest goes no further.
const READ: [&str; 9] = [
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "refresh_token_expires_in",
    "scope",
    "id_token",
    KEPT,
    SECOND,
];

/// The same answer in RFC shape. `separator` stands between scopes where they are text, `shape` says what lies elsewhere.
#[must_use]
pub fn normalise(answer: HttpResponse, separator: &str, shape: &Shape) -> HttpResponse {
    let (mut head, body) = answer.into_parts();
    // A server that is down refuses nothing, even where it puts an OAuth error into its answer.
    let fields = Some(fields).filter(|_| !head.status.is_server_error()).and_then(|fields| fields(&body));
    let Some(fields) = fields else {
        // The crate reads the first JSON of a refusal and overlooks what follows; such a page refuses nothing.
        let is_good = head.status.is_success();
        return HttpResponse::from_parts(head, if is_good { body } else { vec![] });
    };
    let (status, shaped) = match error_of(&fields, shape) {
        Some(error) => (StatusCode::BAD_REQUEST, error),
        None if head.status.is_success() => {
            let second = shape.second.as_ref().and_then(|second| second_of(&fields, second, separator));
            (StatusCode::OK, joined(shaped(gathered(fields, shape), separator), second))
        }
        // A refusal without a word that is known: left as it is, so that it is never taken for a definite one.
        None => return HttpResponse::from_parts(head, body),
    };
    head.status = status;
    head.headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    HttpResponse::from_parts(head, shaped.to_string().into_bytes())
}

fn fields(body: &[u8]) -> Option<Map<String, Value>> {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return json.as_object().cloned();
    }
    let text = std::str::from_utf8(body).ok().filter(|text| text.contains('=') && !text.contains('<'))?;
    let mut fields = Map::new();
    for (key, value) in oauth2::url::form_urlencoded::parse(text.as_bytes()) {
        // Said twice, it is no answer (RFC 6749, section 3.2): an empty error must not hide a real one.
        if fields.insert(key.into_owned(), Value::String(value.into_owned())).is_some() {
            return None;
        }
    }
    Some(fields)
}

/// What lies elsewhere, in the place that it has in the RFC.
fn gathered(fields: Map<String, Value>, shape: &Shape) -> Map<String, Value> {
    let whole = Value::Object(fields);
    let inner = shape.inside.as_ref().and_then(|path| at(&whole, path)?.as_object());
    let Some(mut fields) = inner.or_else(|| whole.as_object()).cloned() else { return Map::new() };
    for (name, path) in [
        ("access_token", &shape.access_token),
        ("refresh_token", &shape.refresh_token),
        ("refresh_token_expires_in", &shape.refresh_expires_in),
        ("scope", &shape.scope),
    ] {
        if let Some(path) = path {
            fields.insert(name.to_owned(), at(&whole, path).cloned().unwrap_or_default());
        }
    }
    let kept = shape.keep.iter().filter_map(|(name, path)| Some((name.clone(), text_at(&whole, path)?.into())));
    fields.insert(KEPT.to_owned(), Value::Object(kept.collect()));
    fields
}

/// The second pair of tokens, if the answer has one.
fn second_of(fields: &Map<String, Value>, second: &Second, separator: &str) -> Option<Map<String, Value>> {
    let whole = Value::Object(fields.clone());
    let found = [
        ("access_token", Some(&second.access_token)),
        ("refresh_token", second.refresh_token.as_ref()),
        ("expires_in", second.expires_in.as_ref()),
        ("scope", second.scope.as_ref()),
    ];
    let found = found.into_iter().filter_map(|(name, path)| Some((name.to_owned(), at(&whole, path?)?.clone())));
    let mut shaped = shaped(found.collect(), separator).as_object()?.clone();
    shaped.get("access_token")?;
    shaped.insert("id".to_owned(), text_at(&whole, &second.id).filter(|id| !id.is_empty())?.into());
    Some(shaped)
}

/// Both pairs; an answer that has only the second has that one first.
fn joined(first: Value, second: Option<Map<String, Value>>) -> Value {
    let (Value::Object(mut first), Some(mut second)) = (first.clone(), second) else { return first };
    if first.contains_key("access_token") {
        second.remove("token_type");
        first.insert(SECOND.to_owned(), Value::Object(second));
    } else {
        second.remove("id");
        first.extend(second);
    }
    Value::Object(first)
}

/// An error is looked for before a token, whatever the status says.
fn error_of(fields: &Map<String, Value>, shape: &Shape) -> Option<Value> {
    let is_ok = shape.ok.as_ref().is_none_or(|ok| says(ok, &Value::Object(fields.clone())));
    let code = match fields.get("error").unwrap_or(&Value::Null) {
        Value::Null if !is_ok => String::new(),
        Value::Null | Value::Bool(false) => return None,
        Value::String(code) if code.is_empty() || code == "ok" => return None,
        Value::Number(code) if code.as_f64() == Some(0.0) => return None,
        Value::String(code) => code.clone(),
        Value::Number(code) => code.to_string(),
        error => text_at(error, "code").unwrap_or_default(),
    };
    Some(json!({ "error": code }))
}

fn shaped(mut fields: Map<String, Value>, separator: &str) -> Value {
    let scopes = match fields.get("scope") {
        Some(Value::Array(list)) => Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>()),
        Some(Value::String(text)) => Some(text.split(separator).collect()),
        _ => None,
    };
    if let Some(scopes) = scopes {
        let scopes: Vec<_> = scopes.into_iter().flat_map(str::split_whitespace).collect();
        fields.insert("scope".into(), scopes.join(" ").into());
    }
    for name in ["expires_in", "refresh_token_expires_in"] {
        if let Some(seconds) = fields.remove(name).as_ref().and_then(seconds) {
            fields.insert(name.into(), seconds.into());
        }
    }
    if !fields.get("token_type").is_some_and(Value::is_string) {
        fields.insert("token_type".into(), "bearer".into());
    }
    // What cannot stand in a header is no token (RFC 6749, appendix A.12); without one the answer is none.
    let is_printable = |token: &str| !token.is_empty() && token.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !fields.get("access_token").and_then(Value::as_str).is_some_and(is_printable) {
        fields.remove("access_token");
    }
    if fields.get("refresh_token").is_some_and(|token| token.as_str().is_none_or(str::is_empty)) {
        fields.remove("refresh_token");
    }
    // Some say `false` where they have none.
    if !fields.get("id_token").is_some_and(Value::is_string) {
        fields.remove("id_token");
    }
    fields.retain(|name, _| READ.contains(&name.as_str()));
    Value::Object(fields)
}

/// A life in whole seconds. Negative, nothing, or no number: unknown, which is never "expired".
pub(super) fn seconds(value: &Value) -> Option<u64> {
    let seconds = match value {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        value => value.as_f64(),
    };
    let seconds = seconds.filter(|seconds| (1.0..1e10).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    Some(seconds as u64)
}

#[cfg(test)]
mod tests;
