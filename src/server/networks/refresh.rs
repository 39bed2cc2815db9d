//! New tokens for old ones: one request, through whatever the caller sends it by.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::header::{DATE, RETRY_AFTER};
use oauth2::{
    AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, RefreshToken,
    RequestTokenError, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    NetworkApp, NoAnswer, Tokens, Verdict,
    definition::ClientAuth,
    exchange::{shaped, tokens},
};
use crate::domain::Reason;

/// When a network says "slow down" and not for how long.
const PAUSE: Duration = Duration::from_mins(1);
/// Whatever it says: an app that asks for nothing for a day has lost its grants.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// What is held of a grant.
pub struct Held {
    /// The access token.
    pub access: SecretString,
    /// The refresh token, if there is one.
    pub refresh: Option<SecretString>,
    /// What was granted.
    pub scopes: Vec<String>,
}

/// Whether the request left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It did not, so nothing was spent.
    No,
    /// It did, and nobody knows what became of it.
    Maybe,
    /// It was answered.
    Yes,
}

/// Why there are no new tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no new tokens: {verdict:?}")]
pub struct RefreshError {
    /// What the network's answer means.
    pub verdict: Verdict,
    /// Whether the old token may be spent.
    pub was_sent: Sent,
}

/// Asks for new tokens (RFC 6749, section 6). Scopes are not named: asking for what was granted is what none means.
///
/// # Errors
/// [`RefreshError`]; it carries no text of the network's.
pub async fn refresh(
    send: impl AsyncFn(HttpRequest) -> Result<HttpResponse, NoAnswer>,
    app: &NetworkApp,
    held: &Held,
) -> Result<Tokens, RefreshError> {
    let unsent = RefreshError { verdict: Verdict::NoAnswer, was_sent: Sent::No };
    let Some(refresh) = &held.refresh else { return Err(unsent) };
    let request = made(app, refresh).await.ok_or(unsent)?;
    let answer = send(request).await.map_err(|error| RefreshError {
        verdict: Verdict::NoAnswer,
        was_sent: if matches!(error, NoAnswer::Unreachable | NoAnswer::BadAddress) { Sent::No } else { Sent::Maybe },
    })?;
    if answer.status() == http::StatusCode::TOO_MANY_REQUESTS {
        let verdict = Verdict::SlowDown(retry_after(answer.headers()).unwrap_or(PAUSE).min(LONGEST_PAUSE));
        return Err(RefreshError { verdict, was_sent: Sent::Yes });
    }
    let answer = shaped(answer, &app.definition.token.scope_separator);
    let read = read(app, refresh, answer).await;
    read.map_err(|error| RefreshError { verdict: judged(&error), was_sent: Sent::Yes })
}

/// In seconds or as a date (RFC 9110, section 10.2.3). A date counts from the answer's own: their clock is not ours.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::trim);
    let when = text(RETRY_AFTER)?;
    if let Ok(seconds) = when.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let (then, now) = (httpdate::parse_http_date(when).ok()?, httpdate::parse_http_date(text(DATE)?).ok()?);
    then.duration_since(now).ok()
}

fn judged(error: &RequestTokenError<NoAnswer, oauth2::basic::BasicErrorResponse>) -> Verdict {
    let RequestTokenError::ServerResponse(answer) = error else { return Verdict::NoAnswer };
    match answer.error() {
        BasicErrorResponseType::InvalidGrant => Verdict::Dead(Reason::Refused),
        BasicErrorResponseType::InvalidClient
        | BasicErrorResponseType::UnauthorizedClient
        | BasicErrorResponseType::InvalidScope
        | BasicErrorResponseType::InvalidRequest
        | BasicErrorResponseType::UnsupportedGrantType => Verdict::OurAppIsWrong,
        BasicErrorResponseType::Extension(_) => Verdict::NoAnswer,
    }
}

/// What the crate would send: it hands it over, and hears that nobody is there.
async fn made(app: &NetworkApp, refresh: &SecretString) -> Option<HttpRequest> {
    let made = Arc::new(Mutex::new(None));
    let into = made.clone();
    let keep = move |request| {
        *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
        std::future::ready(Err(NoAnswer::Unreachable))
    };
    let _ = client(app)?.exchange_refresh_token(&token(refresh)).request_async(&keep).await;
    made.lock().unwrap_or_else(PoisonError::into_inner).take()
}

async fn read(
    app: &NetworkApp,
    refresh: &SecretString,
    answer: Result<HttpResponse, NoAnswer>,
) -> Result<Tokens, RequestTokenError<NoAnswer, oauth2::basic::BasicErrorResponse>> {
    let client = client(app).ok_or(RequestTokenError::Request(NoAnswer::BadAddress))?;
    let given = move |_| std::future::ready(answer.clone());
    client.exchange_refresh_token(&token(refresh)).request_async(&given).await.map(tokens)
}

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn client(app: &NetworkApp) -> Option<Client> {
    let auth = match app.definition.token.auth {
        ClientAuth::Basic => AuthType::BasicAuth,
        ClientAuth::Body => AuthType::RequestBody,
    };
    let url = TokenUrl::new(app.definition.token.url.clone()).ok()?;
    let client = BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
        .set_auth_type(auth);
    Some(client.set_token_uri(url))
}

fn token(refresh: &SecretString) -> RefreshToken {
    RefreshToken::new(refresh.expose_secret().to_owned())
}
