//! A call of a definition becomes a request.

use std::collections::BTreeMap;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use oauth2::{
    HttpRequest,
    url::form_urlencoded::{Serializer, byte_serialize, parse},
};
use secrecy::SecretString;

use super::{
    NetworkApp, NetworkClient, NoAnswer,
    client::{Answer, USER_AGENT as OURS},
    definition::{Auth, Body, Call, ClientAuth, Method, Renamed},
    fill::Words,
    proofs::{CLIENT_KEY, Draft},
};

/// Whom a call is made for: the token, the key that it is bound to, and what was kept of its answer.
#[derive(Clone, Copy)]
pub struct Bearer<'a> {
    /// The access token.
    pub access: &'a SecretString,
    /// The grant's key, if it has one.
    pub key: Option<&'a SecretString>,
    /// What requests name beside it.
    pub kept: &'a BTreeMap<String, String>,
}

/// Makes the call for `bearer`. `more` is what else it may name.
///
/// # Errors
/// [`NoAnswer`]; a refusal is an answer.
pub async fn ask(
    client: &NetworkClient,
    app: &NetworkApp,
    call: &Call,
    (bearer, more): (Bearer<'_>, &[(&str, &str)]),
) -> Result<Answer, NoAnswer> {
    let request = request(app, call, &words(app, bearer, more))?;
    client.ask(&draft(app, call, bearer, request)).await.map(Answer::from)
}

/// The request of a call, to be proved as the call wants it.
pub(super) fn draft<'a>(app: &'a NetworkApp, call: &Call, bearer: Bearer<'a>, request: HttpRequest) -> Draft<'a> {
    Draft {
        request,
        app,
        is_of_app: call.auth == Auth::App,
        client_key: bearer.kept.get(CLIENT_KEY).map(String::as_str),
        // Nobody but who holds the token is asked for its key.
        key: bearer.key.filter(|_| matches!(call.auth, Auth::Bearer | Auth::App)),
        access: Some(bearer.access).filter(|_| call.auth == Auth::Bearer),
    }
}

/// What a call for `bearer` may name.
pub fn words<'a>(app: &'a NetworkApp, bearer: Bearer<'a>, more: &[(&'a str, &'a str)]) -> Words<'a> {
    let words = more.iter().fold(Words::of(app), |words, (name, value)| words.and(name, value));
    words.with_token(bearer.access, bearer.kept)
}

/// The request.
///
/// # Errors
/// [`NoAnswer::BadAddress`] when its address cannot be made of what is known.
pub fn request(app: &NetworkApp, call: &Call, words: &Words<'_>) -> Result<HttpRequest, NoAnswer> {
    let mut url = words.address(&call.url)?;
    let mut params: Vec<_> = call.params.iter().map(|(name, value)| (name.clone(), words.text(value))).collect();
    if call.auth == Auth::App && matches!(app.definition.token.auth, ClientAuth::Body | ClientAuth::None) {
        params.push(("client_id".to_owned(), app.client_id.clone()));
    }
    if call.auth == Auth::App && app.definition.token.auth == ClientAuth::Body {
        params.push(("client_secret".to_owned(), app.said_secret().to_owned()));
    }
    let params = renamed(params, &app.definition.renamed);
    if call.method == Method::Get && !params.is_empty() {
        url.query_pairs_mut().extend_pairs(params.iter());
    }
    let body = match (call.method, &call.text) {
        (Method::Get, _) => None,
        (_, Some(text)) => Some(("application/json", text.clone())),
        _ if params.is_empty() => None,
        _ if call.body == Body::Json => Some(("application/json", json(&params))),
        _ => Some(("application/x-www-form-urlencoded", form(&params))),
    };
    let mut request = http::Request::builder().method(method(call.method)).uri(url.as_str());
    request = request.header(ACCEPT, "application/json").header(USER_AGENT, OURS);
    if let Some(proof) = proof(app, call.auth, words) {
        request = request.header(AUTHORIZATION, secret(&proof)?);
    }
    if let Some((kind, _)) = &body {
        request = request.header(CONTENT_TYPE, *kind);
    }
    let mut request =
        request.body(body.map(|(_, text)| text.into_bytes()).unwrap_or_default()).ok().ok_or(NoAnswer::BadAddress)?;
    dress(&mut request, &call.headers, words)?;
    Ok(request)
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Delete => http::Method::DELETE,
    }
}

fn proof(app: &NetworkApp, auth: Auth, words: &Words<'_>) -> Option<String> {
    match auth {
        Auth::Bearer => Some(words.text("Bearer {token}")),
        Auth::Basic => Some(basic(app)),
        Auth::App if app.definition.token.auth == ClientAuth::Basic => Some(basic(app)),
        Auth::App | Auth::None => None,
    }
}

/// RFC 6749, section 2.3.1: both are form-encoded before they are joined.
fn basic(app: &NetworkApp) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(&app.client_id), encoded(app.said_secret()));
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

/// Puts the definition's headers on the request, in the place of ours.
fn dress(request: &mut HttpRequest, headers: &BTreeMap<String, String>, words: &Words<'_>) -> Result<(), NoAnswer> {
    for (name, value) in headers {
        let name = HeaderName::try_from(name.as_str()).ok().ok_or(NoAnswer::BadAddress)?;
        request.headers_mut().insert(name, secret(&words.text(value))?);
    }
    Ok(())
}

fn secret(value: &str) -> Result<HeaderValue, NoAnswer> {
    let mut value = HeaderValue::from_str(value).ok().ok_or(NoAnswer::BadAddress)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A request of the oauth2 crate as this network wants it: its headers, its names, its own parameters.
///
/// # Errors
/// [`NoAnswer::BadAddress`] when a header cannot be sent.
pub fn dressed(
    mut request: HttpRequest,
    app: &NetworkApp,
    own: &BTreeMap<String, String>,
) -> Result<HttpRequest, NoAnswer> {
    let words = Words::of(app);
    dress(&mut request, &app.definition.token.headers, &words)?;
    if own.is_empty() && app.definition.renamed.is_empty() {
        return Ok(request);
    }
    let mut params: Vec<(String, String)> = parse(request.body()).into_owned().collect();
    params.extend(own.iter().map(|(name, value)| (name.clone(), words.text(value))));
    *request.body_mut() = form(&renamed(params, &app.definition.renamed)).into_bytes();
    Ok(request)
}

/// The parameters under the network's own names.
#[must_use]
pub fn renamed(mut params: Vec<(String, String)>, names: &[Renamed]) -> Vec<(String, String)> {
    for (name, _) in &mut params {
        if let Some(known) = names.iter().find(|known| known.ours == *name) {
            name.clone_from(&known.theirs);
        }
    }
    params
}

pub(super) fn form(params: &[(String, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

fn json(params: &[(String, String)]) -> String {
    let fields = params.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    serde_json::Value::Object(fields.collect()).to_string()
}
