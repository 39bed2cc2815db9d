//! What the token endpoint thinks of our credentials: it is shown a code that nobody issued, once by our app and once by
//! one with a made-up secret. Both are refused; what tells is whether they are refused alike.

use std::{future::ready, sync::PoisonError};

use oauth2::{
    AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    basic::BasicErrorResponseType,
};
use tokio::time::timeout;

use super::{
    super::{
        NetworkApp, NoAnswer, Verdict,
        asking::dressed,
        client::Answer,
        definition::ClientAuth,
        exchange::{TokenAnswer, caught, crate_client, shaped},
        proofs::Draft,
    },
    NetworkClient, PATIENCE,
};
use crate::{domain::TokenWord, server::settings::AppCredentials};

/// How a code was refused.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// For the client's sake.
    Client,
    /// The client is known, and may not.
    NotAllowed,
    /// For the code's sake.
    Code,
    /// With a status and a word of the network's own.
    Otherwise(u16, String),
}

type CrateError = RequestTokenError<NoAnswer, oauth2::basic::BasicErrorResponse>;

/// `None` for an app that has nothing to prove itself by.
pub(super) async fn word(client: &NetworkClient, app: &NetworkApp, redirect: &str) -> Option<TokenWord> {
    if app.definition.token.auth == ClientAuth::None {
        return None;
    }
    let ours = match refusal(client, app, redirect).await {
        Ok(Refused::Client) => return Some(TokenWord::Wrong),
        Ok(Refused::NotAllowed) => return Some(TokenWord::NotAllowed),
        Ok(refused) => refused,
        Err(word) => return Some(word),
    };
    let own = AppCredentials {
        client_id: app.client_id.clone(),
        client_secret: made_up().into(),
        ..AppCredentials::default()
    };
    // The same app but for the secret: also what is asked through the same door.
    let (callback, host) = (app.callback, app.host.clone());
    let made_up = NetworkApp { callback, host, ..NetworkApp::new(app.id, app.definition.clone(), own) };
    Some(match refusal(client, &made_up, redirect).await {
        Ok(theirs) if theirs == ours => TokenWord::Unclear,
        Ok(_) => TokenWord::Right,
        // By the standard's own word (RFC 6749, section 5.2) one answer is enough.
        Err(_) if ours == Refused::Code => TokenWord::Right,
        Err(_) => TokenWord::Unclear,
    })
}

/// A text that nobody issued.
fn made_up() -> String {
    CsrfToken::new_random().into_secret()
}

/// How the app's code is refused, or what came instead of a refusal.
async fn refusal(client: &NetworkClient, app: &NetworkApp, redirect: &str) -> Result<Refused, TokenWord> {
    match timeout(PATIENCE, shown(client, app, redirect)).await {
        Ok(Ok((outcome, raw))) => judged(app, outcome, &raw),
        Ok(Err(NoAnswer::Unreachable | NoAnswer::Lost)) | Err(_) => Err(TokenWord::Silent),
        Ok(Err(NoAnswer::Down)) => Err(TokenWord::Down),
        Ok(Err(_)) => Err(TokenWord::Odd),
    }
}

/// What comes of the code, and the answer as it was.
async fn shown(
    client: &NetworkClient,
    app: &NetworkApp,
    redirect: &str,
) -> Result<(Result<TokenAnswer, CrateError>, Answer), NoAnswer> {
    let token = &app.definition.token;
    let redirect = RedirectUrl::new(redirect.to_owned()).ok().ok_or(NoAnswer::BadAddress)?;
    let crate_client = crate_client(app, &token.url)?.set_redirect_uri(redirect);
    let (code, verifier) = (made_up(), PkceCodeChallenge::new_random_sha256().1.into_secret());
    let made = || {
        let request = crate_client.exchange_code(AuthorizationCode::new(code.clone()));
        if app.definition.authorize.pkce {
            request.set_pkce_verifier(PkceCodeVerifier::new(verifier.clone()))
        } else {
            request
        }
    };
    let (kept, keep) = caught();
    let _ = made().request_async(&keep).await;
    let request = kept.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(NoAnswer::BadAddress)?;
    let request = dressed(request, app, &token.params)?;
    let draft = Draft { request, app, is_of_app: true, client_key: None, key: None, access: None };
    let answer = client.ask(&draft).await?;
    let raw = Answer::from(answer.clone());
    let shaped = shaped(answer, &token.scope_separator, &token.answer);
    let given = move |_| ready(shaped.clone());
    Ok((made().request_async(&given).await, raw))
}

fn judged(app: &NetworkApp, outcome: Result<TokenAnswer, CrateError>, raw: &Answer) -> Result<Refused, TokenWord> {
    let status = raw.status;
    match Verdict::by(&app.definition.token.refusals, raw) {
        Some(Verdict::OurAppIsWrong) => return Ok(Refused::Client),
        Some(Verdict::SlowDown(_)) => return Err(TokenWord::TooOften),
        _ if status == 429 => return Err(TokenWord::TooOften),
        _ => {}
    }
    match outcome {
        Err(RequestTokenError::ServerResponse(answer)) => Ok(match answer.error() {
            BasicErrorResponseType::InvalidClient => Refused::Client,
            BasicErrorResponseType::UnauthorizedClient | BasicErrorResponseType::UnsupportedGrantType => {
                Refused::NotAllowed
            }
            BasicErrorResponseType::InvalidGrant => Refused::Code,
            other => Refused::Otherwise(status, other.as_ref().to_owned()),
        }),
        Err(RequestTokenError::Request(NoAnswer::Down)) => Err(TokenWord::Down),
        // No word, and no tokens either: the status alone, where it is a refusal's.
        Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) if (400..500).contains(&status) => {
            Ok(Refused::Otherwise(status, String::new()))
        }
        // Tokens for a code that nobody issued are no answer of a token endpoint either.
        _ => Err(TokenWord::Odd),
    }
}
