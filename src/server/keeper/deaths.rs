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

/// Who found it.
#[derive(Clone, Copy)]
pub(super) enum Finder {
    /// A refresh: it is about the tokens under this mark.
    Refresh(Mark),
    /// A check. A bare refusal counts only of tokens that nobody has begun to exchange for others: those are dead the moment
    /// they are replaced. What says more is about the permission, whatever became of an exchange; one that is under way
    /// just now has the first word all the same.
    Check {
        /// It says no more than no.
        is_bare: bool,
    },
}

/// Breaks the grant's pages, and nobody visits it any more. Whether it died.
pub(super) async fn die(app: &App, grant: &Grant, finder: Finder, reason: Reason) -> Result<bool, VisitError> {
    let now = app.clock.now();
    let mut writing = app.store.write(grant.workspace).await?;
    let current = pages::grant(writing.txn(), grant.id).await?;
    // Somebody reconnected, refreshed or gave it back while the network was asked: the verdict is about what is gone.
    let is_about = |current: &Grant| match finder {
        Finder::Refresh(mark) => current.attempt.zip(current.attempt_owner) == Some((mark.attempt, mark.owner)),
        Finder::Check { is_bare: true } => current.attempt.is_none(),
        Finder::Check { is_bare: false } => !current.is_held(now),
    };
    if !current.is_some_and(|current| current.version == grant.version && is_about(&current)) {
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
