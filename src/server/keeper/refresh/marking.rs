//! Before a refresh leaves: its place among its app's requests, and the mark on its grant, on the disk.

use std::time::Duration;

use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{RefreshFailure, Why, together::Shares};
use crate::{
    domain::Moment,
    server::{
        App,
        networks::{self, Admission, Gate, Queue},
        pages::{self, Grant, Mark},
        store::StoreError,
    },
};

/// A place in the queue that is due this soon is waited for.
const WAITS: Duration = Duration::from_secs(3);
/// A process that was stopped after its mark was written may be followed by another when it goes on.
const MARK_IS_NEW: Duration = Duration::from_secs(5);

/// Whether a flight may leave.
pub(super) enum Marked {
    /// It has the mark.
    Taken(Mark),
    /// Somebody else is at it, or was.
    Held,
    /// There is no place before then.
    NotNow(Moment),
}

/// A mark that is wanted on a grant as it was read.
pub(super) struct Marking {
    grant: Grant,
    /// Taken before, and nothing has left under it.
    own: Option<Mark>,
    needs_place: bool,
}

/// What became of it.
pub(super) enum Outcome {
    /// Marked, when this process had run for so long; and when it may leave.
    Taken(Mark, Duration, Moment),
    Held,
    NoPlace(Moment),
}

impl Shares for Marking {
    type Done = Outcome;

    fn order(&self) -> Uuid {
        self.grant.network_app.0
    }

    async fn do_all(app: &App, all: &[Self]) -> Result<Vec<Outcome>, RefreshFailure> {
        let txn = app.store.begin().await?;
        let outcomes = within(app, &txn, all).await?;
        txn.commit().await.map_err(StoreError::from)?;
        Ok(outcomes)
    }
}

async fn within(app: &App, txn: &DatabaseTransaction, all: &[Marking]) -> Result<Vec<Outcome>, RefreshFailure> {
    let (now, began) = (app.clock.now(), app.clock.running());
    let owner = app.refreshing.spool.owner();
    // Looked at first: a place that is taken for nothing may be the one that tells whether the network is back.
    let mut current = pages::hold(txn, all.iter().map(|marking| marking.grant.id)).await?;
    let mut gate = Gate::new(txn, Queue::Refreshes, now, app.refreshing.per_second);
    let (mut outcomes, mut marked) = (vec![], vec![]);
    for Marking { grant, own, needs_place } in all {
        let Some(held) = current.remove(&grant.id).filter(|held| is_as_read(held, grant)) else {
            outcomes.push(Outcome::Held);
            continue;
        };
        let admission = if *needs_place { gate.admit(grant.network_app).await? } else { Admission::At(now) };
        outcomes.push(match admission {
            Admission::At(place) => {
                let mark = own.unwrap_or_else(|| Mark::on(&held, owner));
                marked.push((held, mark));
                Outcome::Taken(mark, began, place)
            }
            Admission::Not(until) => Outcome::NoPlace(until),
        });
    }
    pages::mark_all(txn, marked, now).await?;
    Ok(outcomes)
}

fn is_as_read(now: &Grant, read: &Grant) -> bool {
    (now.version, now.attempt, now.attempt_until) == (read.version, read.attempt, read.attempt_until)
}

/// The app's place and the grant's mark, in one commit that is on the disk before anything leaves.
pub(super) async fn mark(app: &App, grant: &Grant, why: Why) -> Result<Marked, RefreshFailure> {
    // What was interrupted may be at the network already, and goes on before all else, within a grace window.
    if why == Why::Interrupted {
        let place = reserved(app, grant).await?;
        tokio::time::sleep(place.since(app.clock.now())).await;
    }
    let (mut grant, mut own) = (grant.clone(), None);
    loop {
        let marking = Marking { grant: grant.clone(), own, needs_place: why == Why::Due && own.is_none() };
        let (mark, began) = match app.refreshing.marks.share(app, marking).await? {
            Outcome::Taken(mark, began, place) => {
                tokio::time::sleep(place.since(app.clock.now())).await;
                (mark, began)
            }
            Outcome::Held => return Ok(Marked::Held),
            Outcome::NoPlace(until) => {
                let wait = until.since(app.clock.now());
                if wait >= WAITS || app.stopping.is_cancelled() {
                    return Ok(Marked::NotNow(until));
                }
                tokio::time::sleep(wait).await;
                continue;
            }
        };
        if app.clock.running().saturating_sub(began) < MARK_IS_NEW {
            return Ok(Marked::Taken(mark));
        }
        // Nothing has left: it is taken anew, unless somebody else has by now.
        match pages::grant(app.store.read(), grant.id).await? {
            Some(again) if is_of(&again, mark) => (grant, own) = (again, Some(mark)),
            _ => return Ok(Marked::Held),
        }
    }
}

/// Whether the mark on the grant is this one.
pub(super) fn is_of(grant: &Grant, mark: Mark) -> bool {
    grant.attempt == Some(mark.attempt) && grant.attempt_owner == Some(mark.owner)
}

/// A place for what must go on soon; when it is.
pub(super) async fn reserved(app: &App, grant: &Grant) -> Result<Moment, RefreshFailure> {
    let turn = app.refreshing.turns.acquire().await;
    let txn = app.store.begin().await?;
    let place = networks::reserve(&txn, grant.network_app, app.clock.now(), app.refreshing.per_second).await?;
    txn.commit().await.map_err(StoreError::from)?;
    drop(turn);
    Ok(place)
}
