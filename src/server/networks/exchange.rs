//! A code becomes tokens: one request, never repeated.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use oauth2::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};

use serde::{Deserialize, Serialize};

use super::{
    Bearer, Extra, NetworkApp, NetworkClient, NoAnswer, SigningKey, Verdict,
    asking::{ask, dressed},
    client::{Answer, at},
    definition::{ClientAuth, Shape, Step},
    normalise::{normalise, seconds},
    proofs::{CLIENT_KEY, Draft},
};

/// What the network gave.
#[derive(Clone, Default)]
pub struct Tokens {
    /// For calls.
    pub access: SecretString,
    /// For new tokens, where the network gives one.
    pub refresh: Option<SecretString>,
    /// The key that they are bound to, if they are.
    pub key: Option<SecretString>,
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
    /// Another permission that came with it, where the network gives two in one answer.
    pub second: Option<Second>,
}

/// A permission that comes with another one: its own tokens, of somebody else.
#[derive(Clone)]
pub struct Second {
    /// The network's id of who approved it.
    pub person_id: String,
    /// For calls.
    pub access: SecretString,
    /// For new tokens, where the network gives one.
    pub refresh: Option<SecretString>,
    /// How long the access token lives, where the network says so.
    pub lives: Option<Duration>,
    /// What was granted, where the answer says so.
    pub scopes: Option<Vec<String>>,
}

/// What a token answer has beside the RFC's fields.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::server) struct Beside {
    refresh_token_expires_in: Option<u64>,
    id_token: Option<Unshown>,
    kept_by_greentick: BTreeMap<String, String>,
    second_of_greentick: Option<SecondAnswer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SecondAnswer {
    id: String,
    access_token: Unshown,
    refresh_token: Option<Unshown>,
    expires_in: Option<u64>,
    scope: Option<String>,
}

impl SecondAnswer {
    fn read(self) -> Second {
        Second {
            person_id: self.id,
            access: self.access_token.0.into(),
            refresh: self.refresh_token.map(|token| token.0.into()),
            lives: self.expires_in.map(Duration::from_secs),
            scopes: self.scope.map(|scopes| scopes.split_whitespace().map(str::to_owned).collect()),
        }
    }
}

impl ExtraTokenFields for Beside {}

/// A secret, or it tells of a person: no text of an error has it.
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
    let secret = || ClientSecret::new(app.said_secret().to_owned());
    let client = Client::new(ClientId::new(app.client_id.clone())).set_auth_type(AuthType::RequestBody);
    let client = match app.definition.token.auth {
        ClientAuth::Basic => client.set_client_secret(secret()).set_auth_type(AuthType::BasicAuth),
        ClientAuth::Body => client.set_client_secret(secret()),
        // A key is never sent: what it signs is, and is put on where the request leaves.
        ClientAuth::PrivateKeyJwt | ClientAuth::None => client,
    };
    Ok(client.set_token_uri(TokenUrl::new(token_url.to_owned()).ok().ok_or(NoAnswer::BadAddress)?))
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

/// A code, and what it is sent with. The addresses are the attempt's own, whatever the definition says by now.
pub struct Code<'a> {
    /// Where to.
    pub token_url: &'a str,
    /// Where it came back to.
    pub redirect_uri: &'a str,
    /// The code.
    pub code: SecretString,
    /// The PKCE verifier, where the network takes PKCE.
    pub verifier: Option<SecretString>,
    /// The key that its tokens are to be bound to, where the network binds them.
    pub key: Option<SecretString>,
}

/// Sends the code. What the definition asks for after it is up to [`after`].
///
/// # Errors
/// [`ExchangeError`]; none of them carries the answer's text.
pub async fn exchange(client: &NetworkClient, app: &NetworkApp, code: Code<'_>) -> Result<Tokens, ExchangeError> {
    let crate_client = crate_client(app, code.token_url)?;
    let redirect_uri = RedirectUrl::new(code.redirect_uri.to_owned()).ok().ok_or(NoAnswer::BadAddress)?;
    let crate_client = crate_client.set_redirect_uri(redirect_uri);
    let made = || {
        let request = crate_client.exchange_code(AuthorizationCode::new(code.code.expose_secret().to_owned()));
        match &code.verifier {
            Some(verifier) => request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned())),
            None => request,
        }
    };
    let (kept, keep) = caught();
    let _ = made().request_async(&keep).await;
    let request = kept.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(NoAnswer::BadAddress)?;
    let request = dressed(request, app, &app.definition.token.params)?;
    let draft = Draft { request, app, is_of_app: true, client_key: None, key: code.key.as_ref(), access: None };
    let token = &app.definition.token;
    let answer = shaped(client.ask(&draft).await?, &token.scope_separator, &token.answer)?;
    let given = move |_| ready(Ok::<_, NoAnswer>(answer.clone()));
    let answer = made().request_async(&given).await.map_err(|error| told(&error))?;
    let is_bound = answer.token_type().as_ref().eq_ignore_ascii_case("dpop");
    if app.definition.dpop == Extra::Required && !is_bound {
        // RFC 9449, section 5: whoever must have bound tokens does not use others.
        return Err(ExchangeError::Odd);
    }
    let mut tokens = tokens(answer);
    tokens.key = code.key.filter(|_| is_bound);
    if app.definition.token.auth == ClientAuth::PrivateKeyJwt {
        let key = SigningKey::read(&app.client_secret).ok_or(NoAnswer::BadAddress)?;
        tokens.kept.insert(CLIENT_KEY.to_owned(), key.thumbprint());
    }
    Ok(tokens)
}

type Caught = Arc<Mutex<Option<HttpRequest>>>;

/// Where the crate hands over what it would send, to hear that nobody is there. Its requests can be sent only once, ours
/// are proved anew for each server's wishes.
pub(super) fn caught() -> (Caught, impl Fn(HttpRequest) -> Ready<Result<HttpResponse, NoAnswer>>) {
    let made = Caught::default();
    let into = made.clone();
    let keep = move |request| {
        *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
        ready(Err(NoAnswer::Unreachable))
    };
    (made, keep)
}

/// The tokens after one more step.
///
/// # Errors
/// [`ExchangeError`]; the tokens before it are what there is then.
pub async fn after(
    client: &NetworkClient,
    app: &NetworkApp,
    step: &Step,
    mut tokens: Tokens,
) -> Result<Tokens, ExchangeError> {
    let bearer = Bearer { access: &tokens.access, key: tokens.key.as_ref(), kept: &tokens.kept };
    let answer = ask(client, app, &step.ask, (bearer, &[])).await;
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
        key: None,
        refresh_lives: beside.refresh_token_expires_in.map(Duration::from_secs),
        id_token: beside.id_token.clone().map(|token| token.0.into()),
        kept: beside.kept_by_greentick.clone(),
        second: beside.second_of_greentick.clone().map(SecondAnswer::read),
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
            BasicErrorResponseType::Extension(word) if word == "invalid_dpop_proof" => ExchangeError::AppRefused,
            BasicErrorResponseType::Extension(word) if word == "use_dpop_nonce" => NoAnswer::Down.into(),
            // `invalid_grant`, and every word of the network's own.
            _ => ExchangeError::CodeRefused,
        },
        _ => ExchangeError::Odd,
    }
}
