//! The network sends the person back. The attempt is taken first, so that a replay finds nothing; then everything it
//! was bound to is compared; only then may anything be sent.

use secrecy::SecretString;
use tracing::warn;

use super::{
    ConnectError, attempts,
    attempts::{Attempt, LIFE},
    binding::binding,
};
use crate::{
    domain::{AttemptId, AttemptState, NetworkAppId, Trouble},
    server::{
        App, Caller, Refusal,
        networks::{Definition, Iss},
    },
};

/// What the address of the callback says.
pub struct Callback {
    /// The app that the address is for.
    pub network_app: NetworkAppId,
    /// What we gave.
    pub state: String,
    /// What the network gave, or why it did not.
    pub answer: Result<SecretString, String>,
    /// Who says that they answer (RFC 9207).
    pub iss: Option<String>,
    /// From which of the network's addresses it comes, where the network signs that.
    pub instance: Option<String>,
}

/// What a callback came to.
pub enum Arrived {
    /// Nothing waits for it: used already, too old, or never ours.
    Unknown,
    /// It is settled without asking the network.
    Ended(Attempt),
    /// The code is to be sent.
    Approved(Attempt, SecretString),
}

/// Takes the attempt and compares. `cookie` reads the attempt's own cookie.
///
/// # Errors
/// When the database does not answer.
pub async fn arrive(
    caller: &Caller,
    callback: Callback,
    cookie: impl FnOnce(AttemptId) -> Option<String>,
) -> Result<Arrived, Refusal> {
    let app = caller.app();
    let Some(attempt) = attempts::take(app, &callback.state).await? else { return Ok(Arrived::Unknown) };
    if attempt.state.0 != AttemptState::Open {
        attempts::forget(app.store.read(), &app.vault, &attempt).await?;
        return Ok(Arrived::Ended(attempt));
    }
    let cookie = cookie(attempt.id);
    let compared = match compare(caller, &attempt, &callback, cookie.as_deref()).await {
        Ok(compared) => compared,
        Err(refusal) => {
            end_unsent(app, &attempt).await;
            return Err(refusal);
        }
    };
    let judged = match compared {
        Err(state) => Err(state),
        Ok(()) => code_of(app.networks.app(attempt.network_app).map(|app| app.definition.clone()), callback.answer),
    };
    match judged {
        Ok(code) => Ok(Arrived::Approved(attempt, code)),
        Err(state) => {
            attempts::end(app.store.read(), attempt.id, &state).await?;
            attempts::forget(app.store.read(), &app.vault, &attempt).await?;
            Ok(Arrived::Ended(attempt))
        }
    }
}

/// It is taken, so no other answer will come for it: the tab that waits hears so, if that can be written down.
async fn end_unsent(app: &App, attempt: &Attempt) {
    let (db, failed) = (app.store.read(), AttemptState::Failed(Trouble::NoAnswer));
    let ended = async {
        attempts::forget(db, &app.vault, attempt).await?;
        attempts::fail(db, attempt.id, &failed).await?;
        Ok::<_, ConnectError>(())
    };
    if let Err(error) = ended.await {
        warn!(attempt = %attempt.id, %error, "an attempt's end is not written down; the next sweep does it");
    }
}

/// Everything that the attempt was bound to (SECURITY: O-04 to O-06, O-09, O-21). The order is that of the cheapest
/// certainty; nothing has been sent to anybody yet.
async fn compare(
    caller: &Caller,
    attempt: &Attempt,
    callback: &Callback,
    cookie: Option<&str>,
) -> Result<Result<(), AttemptState>, Refusal> {
    let failed = |trouble| Ok(Err(AttemptState::Failed(trouble)));
    let session = caller.session().ok();
    // Also false when anything of the attempt was changed since it was opened.
    let same_browser = cookie.is_some_and(|cookie| binding(attempt, cookie) == attempt.cookie_hash);
    let same_person = session.is_some_and(|s| s.id == attempt.session && s.user == attempt.user_id);
    if !same_browser || !same_person {
        return failed(Trouble::OtherBrowser);
    }
    if caller.app().clock.now().since(attempt.created_at) > LIFE {
        return Ok(Err(AttemptState::Expired));
    }
    let network_app = caller.app().networks.find(attempt.network_app).await?.ok_or(ConnectError::NoApp)?;
    if callback.network_app != network_app.callback {
        return failed(Trouble::WrongIssuer);
    }
    let definition = &network_app.definition;
    // Where all addresses share an app, a signed answer says from which it comes.
    let is_from_there = callback.instance.is_none() || callback.instance == network_app.host;
    let is_as_asked = definition.issuer == attempt.issuer
        && definition.token.url == attempt.token_endpoint
        && caller.app().base_url.callback(network_app.callback) == attempt.redirect_uri
        && is_from_there;
    if !is_as_asked || !is_right_issuer(definition, attempt, callback.iss.as_deref()) {
        return failed(Trouble::WrongIssuer);
    }
    match caller.member_at(attempt.page).await {
        Ok(member) if member.workspace().id == attempt.workspace && member.role().may_connect() => Ok(Ok(())),
        Ok(_) | Err(Refusal::NotFound) => failed(Trouble::PageGone),
        Err(refusal) => Err(refusal),
    }
}

/// Compared as text, without any normalising (RFC 9207, section 2.4); also where the answer is an error.
fn is_right_issuer(definition: &Definition, attempt: &Attempt, iss: Option<&str>) -> bool {
    match iss {
        Some(iss) => iss == attempt.issuer,
        None => definition.iss == Iss::IfPresent,
    }
}

fn code_of(definition: Option<Definition>, answer: Result<SecretString, String>) -> Result<SecretString, AttemptState> {
    answer.map_err(|error| match definition {
        Some(definition) if definition.authorize.cancelled.contains(&error) => AttemptState::Cancelled,
        _ if error == "temporarily_unavailable" || error == "server_error" => AttemptState::Failed(Trouble::NoAnswer),
        _ => AttemptState::Failed(Trouble::AppRefused),
    })
}
