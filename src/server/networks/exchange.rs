//! A code becomes tokens: one request, never repeated.

use std::time::Duration;

use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, HttpResponse, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, TokenResponse, TokenUrl,
    basic::BasicTokenResponse,
    basic::{BasicClient, BasicErrorResponseType},
};
use secrecy::{ExposeSecret, SecretString};

use super::{NetworkApp, NetworkClient, NoAnswer, definition::ClientAuth, normalise::normalise};

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
    let auth = match app.definition.token.auth {
        ClientAuth::Basic => AuthType::BasicAuth,
        ClientAuth::Body => AuthType::RequestBody,
    };
    let crate_client = BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
        .set_auth_type(auth)
        .set_token_uri(TokenUrl::new(token_url.to_owned()).ok().ok_or(NoAnswer::BadAddress)?)
        .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).ok().ok_or(NoAnswer::BadAddress)?);
    let mut request = crate_client.exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()));
    if let Some(verifier) = verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    // Owned: a closure over references makes a future that no task can hold.
    let (client, separator) = (client.clone(), app.definition.token.scope_separator.clone());
    let send = move |request| {
        let (client, separator) = (client.clone(), separator.clone());
        async move { client.send(request).await.and_then(|answer| shaped(answer, &separator)) }
    };
    request.request_async(&send).await.map(tokens).map_err(|error| told(&error))
}

/// In the shape of the RFC. A server that is down has given no answer, whatever page it sends.
pub(in crate::server) fn shaped(answer: HttpResponse, separator: &str) -> Result<HttpResponse, NoAnswer> {
    let answer = normalise(answer, separator);
    if answer.status().is_server_error() { Err(NoAnswer::Down) } else { Ok(answer) }
}

#[expect(clippy::needless_pass_by_value, reason = "the answer ends here, and its plain tokens with it")]
pub(in crate::server) fn tokens(answer: BasicTokenResponse) -> Tokens {
    Tokens {
        access: answer.access_token().secret().clone().into(),
        refresh: answer.refresh_token().map(|token| token.secret().clone().into()),
        lives: answer.expires_in(),
        refresh_lives: None,
        scopes: answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.to_string()).filter(|scope| !scope.is_empty()).collect()),
    }
}

type CrateError = RequestTokenError<NoAnswer, oauth2::basic::BasicErrorResponse>;

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
