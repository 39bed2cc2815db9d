//! A code becomes tokens: one request, never repeated.

use std::{collections::BTreeMap, time::Duration};

use oauth2::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardRevocableToken, StandardTokenResponse,
    TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};

use serde::{Deserialize, Serialize};

use super::{
    Bearer, NetworkApp, NetworkClient, NoAnswer, Verdict,
    asking::{ask, dressed},
    client::{Answer, at},
    definition::{ClientAuth, Shape, Step},
    normalise::{normalise, seconds},
};

/// What the network gave.
pub struct Tokens {
    /// For calls.
    pub access: SecretString,
    /// For new tokens, where the network gives one.
    pub refresh: Option<SecretString>,
    /// How long the access token lives, where the network says so.
    pub lives: Option<Duration>,
    /// How long the refresh token lives, where the network says so.
    pub refresh_lives: Option<Duration>,
    /// What was granted, where the answer says so.
    pub scopes: Option<Vec<String>>,
    /// Who approved, in the network's own signed words, where it has some.
    pub id_token: Option<SecretString>,
    /// What else the definition keeps of the answer, by name. Nothing secret.
    pub kept: BTreeMap<String, String>,
}

/// What a token answer has beside the RFC's fields.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::server) struct Beside {
    refresh_token_expires_in: Option<u64>,
    id_token: Option<Unshown>,
    kept_by_greentick: BTreeMap<String, String>,
}

impl ExtraTokenFields for Beside {}

/// It tells of a person, so no text of an error has it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Unshown(String);

impl std::fmt::Debug for Unshown {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.write_str("[redacted]")
    }
}

/// A token answer, as the oauth2 crate reads it.
pub(in crate::server) type TokenAnswer = StandardTokenResponse<Beside, BasicTokenType>;

/// The oauth2 crate's client for one token endpoint.
pub(in crate::server) type CrateClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The crate's client for this app at `token_url`.
///
/// # Errors
/// [`NoAnswer::BadAddress`] when that is no address.
pub(super) fn crate_client(app: &NetworkApp, token_url: &str) -> Result<CrateClient, NoAnswer> {
    let auth = match app.definition.token.auth {
        ClientAuth::Basic => AuthType::BasicAuth,
        ClientAuth::Body => AuthType::RequestBody,
    };
    Ok(Client::new(ClientId::new(app.client_id.clone()))
        .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
        .set_auth_type(auth)
        .set_token_uri(TokenUrl::new(token_url.to_owned()).ok().ok_or(NoAnswer::BadAddress)?))
}

/// Why a code became no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The network did not answer; the code may be spent, so it is not sent again (RFC 6749, section 4.1.2).
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The network refused the code.
    #[error("the network refused the code")]
    CodeRefused,
    /// The network refused our app.
    #[error("the network refused our app's credentials or settings")]
    AppRefused,
    /// The answer is not one that the definition promises.
    #[error("the network's answer is not a token answer")]
    Odd,
}

/// Sends the code. `token_url` and `redirect_uri` are the attempt's own, whatever the definition says by now.
///
/// # Errors
/// [`ExchangeError`]; none of them carries the answer's text.
pub async fn exchange(
    client: &NetworkClient,
    app: &NetworkApp,
    sent: (&str, &str),
    code: SecretString,
    verifier: Option<SecretString>,
) -> Result<Tokens, ExchangeError> {
    let (token_url, redirect_uri) = sent;
    let redirect_uri = RedirectUrl::new(redirect_uri.to_owned()).ok().ok_or(NoAnswer::BadAddress)?;
    let crate_client = crate_client(app, token_url)?.set_redirect_uri(redirect_uri);
    let mut request = crate_client.exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()));
    if let Some(verifier) = verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    // Owned: a closure over references makes a future that no task can hold.
    let (sender, token) = (client.clone(), app.definition.token.clone());
    let dress = |request| dressed(request, app, &app.definition.token.params);
    let send = |request| {
        let (sender, token, request) = (sender.clone(), token.clone(), dress(request));
        async move { sender.send(request?).await.and_then(|answer| shaped(answer, &token.scope_separator, &token.answer)) }
    };
    let mut tokens = request.request_async(&send).await.map(tokens).map_err(|error| told(&error))?;
    for step in &app.definition.then {
        tokens = after(client, app, step, tokens).await?;
    }
    Ok(tokens)
}

/// The tokens after one more step. Whatever goes wrong, the code is spent: the person begins anew.
async fn after(
    client: &NetworkClient,
    app: &NetworkApp,
    step: &Step,
    mut tokens: Tokens,
) -> Result<Tokens, ExchangeError> {
    let answer = ask(client, app, &step.ask, (Bearer { access: &tokens.access, kept: &tokens.kept }, &[])).await;
    match Verdict::of_call(&app.definition, &answer, step.ask.ok.as_ref()) {
        Verdict::Alive => {}
        Verdict::NoAnswer | Verdict::SlowDown(_) => return Err(answer.err().unwrap_or(NoAnswer::Down).into()),
        Verdict::OurAppIsWrong => return Err(ExchangeError::AppRefused),
        _ => return Err(ExchangeError::CodeRefused),
    }
    taken(step, &mut tokens, &answer?).ok_or(ExchangeError::Odd)?;
    Ok(tokens)
}

/// Takes what the step's answer has; `None` where it lacks what it must have.
pub(super) fn taken(step: &Step, tokens: &mut Tokens, answer: &Answer) -> Option<()> {
    if let Some(path) = &step.access_token {
        tokens.access = answer.text(path).filter(|token| !token.is_empty())?.into();
        tokens.lives = None;
    }
    if let Some(life) = step.expires_in.as_ref().and_then(|path| at(&answer.json, path)).and_then(seconds) {
        tokens.lives = Some(Duration::from_secs(life));
    }
    let kept = step.keep.iter().filter_map(|(name, path)| Some((name.clone(), answer.text(path)?)));
    tokens.kept.extend(kept);
    Some(())
}

/// In the shape of the RFC. A server that is down has given no answer, whatever page it sends.
pub(in crate::server) fn shaped(
    answer: HttpResponse,
    separator: &str,
    shape: &Shape,
) -> Result<HttpResponse, NoAnswer> {
    let answer = normalise(answer, separator, shape);
    if answer.status().is_server_error() { Err(NoAnswer::Down) } else { Ok(answer) }
}

#[expect(clippy::needless_pass_by_value, reason = "the answer ends here, and its plain tokens with it")]
pub(in crate::server) fn tokens(answer: TokenAnswer) -> Tokens {
    let beside = answer.extra_fields();
    Tokens {
        access: answer.access_token().secret().clone().into(),
        refresh: answer.refresh_token().map(|token| token.secret().clone().into()),
        lives: answer.expires_in(),
        refresh_lives: beside.refresh_token_expires_in.map(Duration::from_secs),
        id_token: beside.id_token.clone().map(|token| token.0.into()),
        kept: beside.kept_by_greentick.clone(),
        scopes: answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.to_string()).filter(|scope| !scope.is_empty()).collect()),
    }
}

type CrateError = RequestTokenError<NoAnswer, BasicErrorResponse>;

pub(in crate::server) fn told(error: &CrateError) -> ExchangeError {
    match error {
        RequestTokenError::Request(no_answer) => (*no_answer).into(),
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            BasicErrorResponseType::InvalidClient
            | BasicErrorResponseType::UnauthorizedClient
            | BasicErrorResponseType::InvalidScope
            | BasicErrorResponseType::UnsupportedGrantType => ExchangeError::AppRefused,
            // `invalid_grant`, and every word of the network's own.
            _ => ExchangeError::CodeRefused,
        },
        _ => ExchangeError::Odd,
    }
}
