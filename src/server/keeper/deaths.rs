//! A grant that is dead at its network: every page of it breaks, with one reason, in one transaction.

use tracing::info;

use super::VisitError;
use crate::{
    domain::{Actor, Change, Reason},
    server::{
        App,
        pages::{self, Grant, Mark, NotChanged},
    },
};

/// Breaks the grant's pages, and nobody visits it any more. Found by a refresh, it is about the tokens under `mark`; found
/// by a check, it is about tokens that nobody is just exchanging for others: those are dead the moment they are replaced.
/// Whether it died.
pub(super) async fn die(app: &App, grant: &Grant, mark: Option<Mark>, reason: Reason) -> Result<bool, VisitError> {
    let now = app.clock.now();
    let mut writing = app.store.write(grant.workspace).await?;
    let current = pages::grant(writing.txn(), grant.id).await?;
    // Somebody reconnected, refreshed or gave it back while the network was asked: the verdict is about what is gone.
    let held = mark.map(|mark| (mark.attempt, mark.owner));
    if current.is_none_or(|now| now.version != grant.version || now.attempt.zip(now.attempt_owner) != held) {
        return Ok(false);
    }
    for page in pages::pages_of(writing.txn(), grant.id).await? {
        match pages::transition(&mut writing, now, page, Change::Died(reason), Actor::Keeper).await {
            Ok(_) | Err(NotChanged::Impossible(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    pages::bury(writing.txn(), grant, now).await?;
    app.bus.commit(&app.store, writing).await?;
    info!(grant = %grant.id, ?reason, "a permission is gone");
    Ok(true)
}
