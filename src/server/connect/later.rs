//! When the way from an answer to a linked page is interrupted: by something of ours, by a network that does not answer
//! just now, or by the end of the process. What was kept goes on as soon as it can, and what could not be kept goes back
//! to the network.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{
    ConnectError,
    attempts::{self, Attempt},
    finish,
};
use crate::{
    domain::{AttemptState, Returned, Trouble},
    server::{
        App,
        networks::{self, Bearer, GivenBack, NetworkApp, Second, Tokens},
        pages,
        store::Backend,
    },
};

/// A code's request takes a minute at most, and leaves once more where the server wants another nonce; so by then whoever
/// is alive has sealed the answer. Whatever comes after that may be done twice: one of the two ends the attempt, and the
/// other finds it ended.
pub const IN_FLIGHT: Duration = Duration::from_secs(125);
/// Between the first tries; each pause is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A network that does not say whose an approval is, is asked no longer than a person waits for it.
const ASKED_FOR: Duration = Duration::from_mins(10);
/// About an hour. What does not go on by then is found by the next sweep.
const TRIES: u32 = 64;
/// What could not go on for so long is owed back instead.
const GIVEN_UP: Duration = Duration::from_hours(48);

/// Goes on with an answer that is kept. If that does not work now, the caller hears why or that it is open still, and it
/// is tried again until it works: the approval was given and is not asked for twice.
pub(super) async fn go_on_at_last(app: &App, attempt: Attempt) -> Result<AttemptState, ConnectError> {
    let done = finish::go_on(app, attempt.clone()).await;
    if is_not_done(&done) {
        let app = app.clone();
        app.tasks.clone().spawn(async move { go_on_until_it_works(&app, attempt).await });
    }
    done
}

fn is_not_done(done: &Result<AttemptState, ConnectError>) -> bool {
    matches!(done, Err(_) | Ok(AttemptState::Open))
}

async fn go_on_until_it_works(app: &App, attempt: Attempt) {
    let (mut pause, began) = (FIRST_PAUSE, app.clock.now());
    for _ in 0..TRIES {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let done = match finish::go_on(app, attempt.clone()).await {
            Ok(AttemptState::Open) if app.clock.now().since(began) > ASKED_FOR => give_up(app, &attempt).await,
            done => done,
        };
        match done {
            Ok(AttemptState::Open) => {}
            Ok(state) => return info!(attempt = %attempt.id, ?state, "an attempt went on at last"),
            Err(error) => warn!(attempt = %attempt.id, %error, "an attempt cannot go on yet; its answer is kept"),
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Whose it is will not be known in time; it is owed back, and asked about then.
async fn give_up(app: &App, attempt: &Attempt) -> Result<AttemptState, ConnectError> {
    finish::unwanted(app, attempt, None, AttemptState::Failed(Trouble::NoAnswer)).await
}

/// Goes on with attempts that a process left when it ended, before this one serves. A file has no other process, so
/// nobody is at work on them; on a shared database somebody may be, and a later [`recover`] finds those.
///
/// # Errors
/// As [`recover`].
pub async fn recover_at_start(app: &App) -> Result<(), ConnectError> {
    let grace = if app.store.backend() == Backend::Postgres { IN_FLIGHT } else { Duration::ZERO };
    recover_after(app, grace).await
}

/// Goes on with attempts that nobody is at work on any more, while others are under way here.
///
/// # Errors
/// When the database does not answer. An attempt that cannot go on now is tried again, and holds nobody up.
pub async fn recover(app: &App) -> Result<(), ConnectError> {
    recover_after(app, IN_FLIGHT).await
}

async fn recover_after(app: &App, grace: Duration) -> Result<(), ConnectError> {
    let now = app.clock.now();
    for attempt in attempts::unsettled(app, now - grace).await? {
        if app.stopping.is_cancelled() {
            break;
        }
        let (id, is_hopeless) = (attempt.id, now.since(attempt.created_at) > GIVEN_UP);
        // Boxed: whoever starts a process carries all of its future.
        let Err(error) = Box::pin(go_on_at_last(app, attempt.clone())).await else { continue };
        warn!(attempt = %id, %error, "an interrupted attempt cannot go on yet");
        if is_hopeless && let Err(error) = Box::pin(give_up(app, &attempt)).await {
            warn!(attempt = %id, %error, "nor can its permission be given back yet");
        }
    }
    Ok(())
}

/// Removes attempts that ended long ago, and looks again at those that did not.
///
/// # Errors
/// When the database does not do it.
pub async fn sweep(app: &App) -> Result<(), ConnectError> {
    attempts::sweep(app).await?;
    let app = app.clone();
    app.tasks.clone().spawn(async move {
        if let Err(error) = recover(&app).await {
            warn!(%error, "interrupted attempts were not looked at; the next sweep does it");
        }
    });
    Ok(())
}

/// Nobody will ever hold these tokens again, so the network is told at once, unless the person's permission is needed.
pub(super) async fn give_back_unkept(app: &App, network_app: &NetworkApp, tokens: &Tokens) {
    let network = &network_app.definition.id;
    match give_back(app, network_app, tokens).await {
        Ok(outcome) => warn!(%network, ?outcome, "an answer could not be kept, and its permission was given back"),
        Err(error) => error!(
            %network, %error,
            "an answer could not be kept, nor its permission given back; remove Greentick there, in the list of apps"
        ),
    }
}

async fn give_back(app: &App, network_app: &NetworkApp, tokens: &Tokens) -> Result<Returned, ConnectError> {
    let mut kept = tokens.kept.clone();
    kept.extend(networks::confirmed(&app.client, network_app, &kept).await?);
    let bearer = Bearer { access: &tokens.access, key: tokens.key.as_ref(), kept: &kept };
    if let Some(Second { person_id, access, refresh, .. }) = &tokens.second {
        let (person_id, kept) = (&network_app.qualified(person_id), &<_>::default());
        if !pages::is_needed_elsewhere(app.store.read(), network_app.id, Some(person_id)).await? {
            let given = GivenBack { access, refresh: refresh.as_ref(), person_id, key: None, kept };
            networks::revoke(&app.client, network_app, given).await.ok().flatten().ok_or(ConnectError::NotReturned)?;
        }
    }
    let person = networks::who_am_i(&app.client, network_app, bearer).await?;
    if pages::is_needed_elsewhere(app.store.read(), network_app.id, Some(&person.id)).await? {
        return Ok(Returned::StillUsed);
    }
    let Tokens { access, refresh, key, .. } = tokens;
    let given = GivenBack { access, refresh: refresh.as_ref(), person_id: &person.id, key: key.as_ref(), kept: &kept };
    let told = networks::revoke(&app.client, network_app, given).await;
    told.ok().flatten().ok_or(ConnectError::NotReturned)
}
