//! What the token endpoint thinks of our credentials: it is shown a code that nobody issued, once by our app and once by
//! one with a made-up secret. Both are refused; what tells is whether they are refused alike.

use std::sync::{Arc, Mutex, PoisonError};

use oauth2::{
    AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl, RequestTokenError, basic::BasicErrorResponseType,
};
use tokio::time::timeout;

use super::{
    super::{
        NetworkApp, NoAnswer, Verdict,
        asking::dressed,
        client::Answer,
        exchange::{TokenAnswer, crate_client, shaped},
    },
    NetworkClient, PATIENCE,
};
use crate::domain::TokenWord;

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

pub(super) async fn word(client: &NetworkClient, app: &NetworkApp, redirect: &str) -> TokenWord {
    let ours = match refusal(client, app, redirect).await {
        Ok(Refused::Client) => return TokenWord::Wrong,
        Ok(Refused::NotAllowed) => return TokenWord::NotAllowed,
        Ok(refused) => refused,
        Err(word) => return word,
    };
    let made_up = NetworkApp {
        id: app.id,
        definition: app.definition.clone(),
        client_id: app.client_id.clone(),
        client_secret: made_up().into(),
        hook_secret: None,
    };
    match refusal(client, &made_up, redirect).await {
        Ok(theirs) if theirs == ours => TokenWord::Unclear,
        Ok(_) => TokenWord::Right,
        // By the standard's own word (RFC 6749, section 5.2) one answer is enough.
        Err(_) if ours == Refused::Code => TokenWord::Right,
        Err(_) => TokenWord::Unclear,
    }
}

/// A text that nobody issued.
fn made_up() -> String {
    CsrfToken::new_random().into_secret()
}

/// How the app's code is refused, or what came instead of a refusal.
async fn refusal(client: &NetworkClient, app: &NetworkApp, redirect: &str) -> Result<Refused, TokenWord> {
    match timeout(PATIENCE, shown(client, app, redirect)).await {
        Ok(Ok((outcome, raw))) => judged(app, outcome, raw.as_ref()),
        Ok(Err(_)) => Err(TokenWord::Odd),
        Err(_) => Err(TokenWord::Silent),
    }
}

/// What comes of the code, and the answer as it was.
async fn shown(
    client: &NetworkClient,
    app: &NetworkApp,
    redirect: &str,
) -> Result<(Result<TokenAnswer, CrateError>, Option<Answer>), NoAnswer> {
    let token = &app.definition.token;
    let redirect = RedirectUrl::new(redirect.to_owned()).ok().ok_or(NoAnswer::BadAddress)?;
    let crate_client = crate_client(app, &token.url)?.set_redirect_uri(redirect);
    let mut request = crate_client.exchange_code(AuthorizationCode::new(made_up()));
    if app.definition.authorize.pkce {
        request = request.set_pkce_verifier(PkceCodeChallenge::new_random_sha256().1);
    }
    // Owned: a closure over references makes a future that no task can hold.
    let (sender, shape, raw) = (client.clone(), token.clone(), Arc::new(Mutex::new(None)));
    let (into, dress) = (raw.clone(), |request| dressed(request, app, &token.params));
    let send = move |request| {
        let (sender, shape, into, request) = (sender.clone(), shape.clone(), into.clone(), dress(request));
        async move {
            let answer = sender.send(request?).await?;
            *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(Answer::from(answer.clone()));
            shaped(answer, &shape.scope_separator, &shape.answer)
        }
    };
    let outcome = request.request_async(&send).await;
    let raw = raw.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok((outcome, raw))
}

fn judged(
    app: &NetworkApp,
    outcome: Result<TokenAnswer, CrateError>,
    raw: Option<&Answer>,
) -> Result<Refused, TokenWord> {
    let status = raw.map_or(0, |raw| raw.status);
    match raw.and_then(|raw| Verdict::by(&app.definition.token.refusals, raw)) {
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
        Err(RequestTokenError::Request(NoAnswer::Unreachable | NoAnswer::Lost)) => Err(TokenWord::Silent),
        // No word, and no tokens either: the status alone, where it is a refusal's.
        Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) if (400..500).contains(&status) => {
            Ok(Refused::Otherwise(status, String::new()))
        }
        // Tokens for a code that nobody issued are no answer of a token endpoint either.
        _ => Err(TokenWord::Odd),
    }
}
