//! How an attempt stands, for the person who opened it.

use super::attempts::{self, Attempt, LIFE};
use crate::{
    domain::{AttemptId, AttemptState, AttemptView},
    server::{App, Caller, Refusal, pages},
};

/// How the attempt stands, and its page as it is now.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none, or it is somebody else's.
pub async fn look(caller: &Caller, id: AttemptId) -> Result<AttemptView, Refusal> {
    let attempt = own(caller, id).await?;
    let app = caller.app();
    let page = pages::view(app.store.read(), attempt.workspace, attempt.page).await?.ok_or(Refusal::NotFound)?;
    Ok(AttemptView { id, state: state_of(app, &attempt), page })
}

/// Ends the attempt because its person no longer waits; an answer that comes later is given back.
///
/// # Errors
/// As [`look`].
pub async fn stop(caller: &Caller, id: AttemptId) -> Result<AttemptView, Refusal> {
    let attempt = own(caller, id).await?;
    let app = caller.app();
    // Who stops choosing chooses later: the page is linked already, and its icon says what it lacks.
    let state = if attempt.state.0 == AttemptState::Choosing { AttemptState::Approved } else { AttemptState::Stopped };
    attempts::end(app.store.read(), id, &state).await?;
    attempts::forget_unsent(app.store.read(), &app.vault, &attempt).await?;
    look(caller, id).await
}

/// The caller's own attempt if its person is done at the network, and how it stands: it is open still where the network
/// has approved and has not said yet what.
///
/// # Errors
/// When the database does not answer.
pub async fn returned(caller: &Caller, id: AttemptId) -> Result<Option<Attempt>, Refusal> {
    match own(caller, id).await {
        Ok(attempt) => {
            Ok(Some(attempt).filter(|attempt| attempt.state.0 != AttemptState::Open || attempt.taken_at.is_some()))
        }
        Err(Refusal::SignedOut | Refusal::NotFound) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

async fn own(caller: &Caller, id: AttemptId) -> Result<Attempt, Refusal> {
    let user = caller.session()?.user;
    let found = attempts::find(caller.app().store.read(), id).await?;
    found.filter(|attempt| attempt.user_id == user).ok_or(Refusal::NotFound)
}

fn state_of(app: &App, attempt: &Attempt) -> AttemptState {
    // One whose callback came in time may still end well, however late.
    let waits = attempt.state.0 == AttemptState::Open && attempt.taken_at.is_none();
    if waits && app.clock.now().since(attempt.created_at) > LIFE {
        return AttemptState::Expired;
    }
    attempt.state.0.clone()
}
