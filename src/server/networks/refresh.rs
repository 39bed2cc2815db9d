//! New tokens for old ones: one request, through whatever the caller sends it by.

use std::{collections::BTreeMap, sync::PoisonError};

use oauth2::{HttpRequest, HttpResponse, RefreshToken, RequestTokenError, basic::BasicErrorResponseType};
use secrecy::{ExposeSecret, SecretString};

use super::{
    NetworkApp, NoAnswer, Proofs, Tokens, Verdict,
    asking::{self, dressed},
    client::Answer,
    definition::{Renews, Step, Token},
    exchange::{CrateClient, caught, crate_client, shaped, taken, tokens},
    fill::Words,
    proofs::{CLIENT_KEY, Draft},
};
use crate::domain::Reason;

/// What is held of a grant.
#[derive(Default)]
pub struct Held {
    /// The access token.
    pub access: SecretString,
    /// The refresh token, if there is one.
    pub refresh: Option<SecretString>,
    /// The key that the tokens are bound to, if there is one.
    pub key: Option<SecretString>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// What was kept of the tokens' answer.
    pub kept: BTreeMap<String, String>,
    /// Where the person was sent back to; some networks want to hear it again.
    pub redirect_uri: String,
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

/// Asks for new tokens (RFC 6749, section 6), or shows the living one where the network extends it. Scopes are not named:
/// asking for what was granted is what none means.
///
/// # Errors
/// [`RefreshError`]; it carries no text of the network's.
pub async fn refresh(
    send: impl AsyncFn(HttpRequest) -> Result<HttpResponse, NoAnswer>,
    proofs: &Proofs,
    app: &NetworkApp,
    held: &Held,
) -> Result<Tokens, RefreshError> {
    let unsent = RefreshError { verdict: Verdict::NoAnswer, was_sent: Sent::No };
    let request = made(app, held).await.ok_or(unsent)?;
    let extends = extension(app).is_some();
    let draft = Draft {
        request,
        app,
        is_of_app: !extends,
        client_key: held.kept.get(CLIENT_KEY).map(String::as_str),
        key: held.key.as_ref(),
        access: Some(&held.access).filter(|_| extends),
    };
    let answer = proofs.send(&draft, send).await.map_err(|error| RefreshError {
        verdict: Verdict::NoAnswer,
        was_sent: if matches!(error, NoAnswer::Unreachable | NoAnswer::BadAddress) { Sent::No } else { Sent::Maybe },
    })?;
    let mut tokens = read(app, held, answer).await.map_err(|verdict| RefreshError { verdict, was_sent: Sent::Yes })?;
    // What the grant has beside its tokens goes where they go, also where they come too late.
    tokens.key.clone_from(&held.key);
    for (name, value) in &held.kept {
        tokens.kept.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(tokens)
}

fn extension(app: &NetworkApp) -> Option<&Step> {
    app.definition.lifetime.extend.as_ref().filter(|_| app.definition.lifetime.renewal == Renews::Extend)
}

/// What is sent.
async fn made(app: &NetworkApp, held: &Held) -> Option<HttpRequest> {
    if let Some(step) = extension(app) {
        let words = Words::of(app).with_token(&held.access, &held.kept);
        return asking::request(app, &step.ask, &words).ok();
    }
    let token = token(held.refresh.as_ref()?);
    let (made, keep) = caught();
    let _ = client(app).ok()?.exchange_refresh_token(&token).request_async(&keep).await;
    let request = made.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let lifetime = &app.definition.lifetime;
    let mut own = lifetime.refresh_params.clone();
    if lifetime.refresh_names_redirect {
        own.insert("redirect_uri".to_owned(), held.redirect_uri.clone());
    }
    dressed(request, app, &own).ok()
}

async fn read(app: &NetworkApp, held: &Held, answer: HttpResponse) -> Result<Tokens, Verdict> {
    let raw = Answer::from(answer.clone());
    let rules = [&app.definition.token.refusals, &app.definition.refusals];
    let Some(step) = extension(app) else {
        // What the definition knows of a refusal goes before what the RFC says of its word.
        if let Some(verdict) = Verdict::by(rules[0], &raw) {
            return Err(verdict);
        }
        let (client, token) = (client(app).ok().ok_or(Verdict::NoAnswer)?, held.refresh.as_ref().map(token));
        let Token { scope_separator, answer: shape, .. } = &app.definition.token;
        let shaped = shaped(answer, scope_separator, shape);
        let given = move |_| std::future::ready(shaped.clone());
        let token = token.ok_or(Verdict::NoAnswer)?;
        let read = client.exchange_refresh_token(&token).request_async(&given).await;
        return read.map(tokens).map_err(|error| judged(&error, &raw));
    };
    if let Some(verdict) = rules.into_iter().find_map(|rules| Verdict::by(rules, &raw)) {
        return Err(verdict);
    }
    match Verdict::of_call(&app.definition, &Ok(raw.clone()), step.ask.ok.as_ref()) {
        Verdict::Alive => {}
        verdict => return Err(verdict),
    }
    let (access, kept) = (held.access.clone(), BTreeMap::new());
    let mut tokens = Tokens { access, kept, ..Tokens::default() };
    taken(step, &mut tokens, &raw).ok_or(Verdict::NoAnswer)?;
    Ok(tokens)
}

fn judged(error: &RequestTokenError<NoAnswer, oauth2::basic::BasicErrorResponse>, raw: &Answer) -> Verdict {
    let RequestTokenError::ServerResponse(answer) = error else { return Verdict::after(raw) };
    match answer.error() {
        BasicErrorResponseType::InvalidGrant => Verdict::Dead(Reason::Refused),
        BasicErrorResponseType::InvalidClient
        | BasicErrorResponseType::UnauthorizedClient
        | BasicErrorResponseType::InvalidScope
        | BasicErrorResponseType::InvalidRequest
        | BasicErrorResponseType::UnsupportedGrantType => Verdict::OurAppIsWrong,
        BasicErrorResponseType::Extension(_) => Verdict::after(raw),
    }
}

fn client(app: &NetworkApp) -> Result<CrateClient, NoAnswer> {
    crate_client(app, app.definition.lifetime.refresh_url.as_ref().unwrap_or(&app.definition.token.url))
}

fn token(refresh: &SecretString) -> RefreshToken {
    RefreshToken::new(refresh.expose_secret().to_owned())
}
