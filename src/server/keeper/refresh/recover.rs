//! At start, before anything else is done: answers that the last process kept are saved, and what it was at is gone on
//! with at once, the oldest first. A network with a grace window takes the same token again only within seconds.

use std::time::Duration;

use oauth2::HttpResponse;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{End, RefreshFailure, Why, end_of, start, wire};
use crate::{
    domain::WorkspaceId,
    server::{
        App, connect,
        courier::{Courier, Told},
        keeper::spool::Line,
        networks::{self, Held, NoAnswer},
        pages::{self, Grant},
        store::{Backend, StoreError},
    },
};

/// Longer than a network that answers needs. The flights go on; the start does not wait for a network that is down.
const START_WAITS: Duration = Duration::from_secs(5);

/// Goes on with what processes that are gone have left, and waits for it for a moment.
///
/// # Errors
/// When the database does not answer.
pub async fn recover(app: &App) -> Result<(), StoreError> {
    let left = app.refreshing.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some(left) = left else { return Ok(()) };
    // An SQLite file has one process. On a shared database others are at work: only those that are known to be gone count.
    let owners = (app.store.backend() == Backend::Postgres).then_some(&left.owners[..]);
    let mut interrupted = pages::interrupted(app.store.read(), owners).await?;
    // What lies in our folder is ours to go on with, whoever made its mark.
    for line in &left.lines {
        if !interrupted.iter().any(|grant| grant.attempt == Some(line.attempt)) {
            interrupted.extend(pages::marked_by(app.store.read(), line.attempt).await?);
        }
    }
    if !interrupted.is_empty() {
        info!(grants = interrupted.len(), "refreshes were interrupted; they go on first");
    }
    let app = app.clone();
    let work = async move {
        let mut is_whole = true;
        for line in &left.lines {
            is_whole &= take_up(&app, line, &interrupted).await;
        }
        let flights: Vec<_> = interrupted.iter().map(|grant| start(&app, grant, Why::Interrupted, None)).collect();
        for (grant, flight) in interrupted.iter().zip(flights) {
            is_whole &= is_taken_care_of(&app, &left.lines, grant, end_of(flight).await).await;
        }
        empty_the_courier(&app).await;
        if is_whole {
            left.forget();
        } else {
            warn!("not everything that was kept is saved; the next start goes on with it");
        }
    };
    let work = tokio::spawn(work);
    let _ = tokio::time::timeout(START_WAITS, work).await;
    Ok(())
}

/// Whether nobody needs the lines of the grant's attempt any more. Whatever kept it from being saved may be put right:
/// until then this process has the answer for its next flight, and the file has it for the next start.
async fn is_taken_care_of(app: &App, lines: &[Line], grant: &Grant, end: End) -> bool {
    let Some(line) = lines.iter().find(|line| grant.attempt == Some(line.attempt)) else { return true };
    if !matches!(end, End::Renewed | End::Gone) {
        return false;
    }
    // Somebody disconnected or connected anew before the flight came to it.
    let is_unused = app.refreshing.kept().remove(&line.attempt).is_some();
    !is_unused || take_up(app, line, &[]).await
}

/// Hands a kept answer to the flight that it belongs to, or gives its tokens back. Whether it is taken care of.
async fn take_up(app: &App, line: &Line, interrupted: &[Grant]) -> bool {
    match try_to_take_up(app, line, interrupted).await {
        Ok(()) => true,
        Err(error) => {
            error!(attempt = %line.attempt, %error, "a kept answer cannot be gone on with");
            false
        }
    }
}

async fn try_to_take_up(app: &App, line: &Line, interrupted: &[Grant]) -> Result<(), RefreshFailure> {
    let Some(sealed) = line.sealed() else { return Ok(()) };
    let plain = app.vault.unseal(app.store.read(), wire::place(line.workspace, line.attempt), &sealed).await?;
    let Some((kept, answer)) = wire::Kept::read(&plain) else { return Ok(()) };
    if interrupted.iter().any(|grant| grant.attempt == Some(line.attempt)) {
        app.refreshing.kept().insert(line.attempt, (kept.sent_at, answer));
        return Ok(());
    }
    come_too_late(app, line.workspace, kept.about, answer).await
}

/// Its mark is gone: it was saved, or the permission was given back before it came; then it goes back too.
async fn come_too_late(
    app: &App,
    workspace: WorkspaceId,
    about: wire::About,
    answer: HttpResponse,
) -> Result<(), RefreshFailure> {
    if pages::grant(app.store.read(), about.grant).await?.is_some() {
        return Ok(());
    }
    let Some(network_app) = app.networks.app(about.network_app) else { return Ok(()) };
    let nothing = Held { refresh: Some(String::new().into()), ..Held::default() };
    let send = move |_| std::future::ready(Ok::<_, NoAnswer>(answer.clone()));
    let Ok(tokens) = networks::refresh(send, app.client.proofs(), &network_app, &nothing).await else { return Ok(()) };
    Ok(connect::give_back_all(app, (workspace, about.network_app, &about.person_id), tokens).await?)
}

/// What the courier keeps of attempts that nobody goes on with any more.
async fn empty_the_courier(app: &App) {
    let Some(courier) = &app.refreshing.courier else { return };
    for (attempt, told) in courier.kept().await {
        if let Err(error) = take_from_courier(app, courier, attempt, &told).await {
            error!(%attempt, %error, "an answer that the courier keeps cannot be given back");
        }
    }
}

async fn take_from_courier(app: &App, courier: &Courier, attempt: Uuid, told: &Told) -> Result<(), RefreshFailure> {
    if pages::marked_by(app.store.read(), attempt).await?.is_some() {
        return Ok(());
    }
    if let Some((about, answer)) = wire::left(app, attempt, told).await? {
        come_too_late(app, told.workspace, about, answer).await?;
    }
    courier.done(attempt.to_string()).await;
    Ok(())
}
