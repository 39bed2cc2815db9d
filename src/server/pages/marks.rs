//! The mark on a grant: which version of its tokens is being spent, by which attempt, of which process, since when. It
//! is committed before the first byte leaves, so whoever comes after a crash knows what may have happened.
//!
//! An attempt keeps its id when another process goes on with it: what comes late is recognised, and is saved once.

use std::{collections::HashMap, time::Duration};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::SimpleExpr,
};
use uuid::Uuid;

use super::{
    due::{LEASE, holds},
    renewed::rewrite,
    rows::grant::{self, Column, Model as Grant},
};
use crate::{
    domain::{GrantId, Moment},
    server::store::{StoreError, padded},
};

/// Two days on which people must act are one when they lie no further apart.
const SAME_DAY: Duration = Duration::from_hours(1);

/// What taking a mark writes.
const OF_A_MARK: [Column; 6] = [
    Column::Attempt,
    Column::AttemptAt,
    Column::AttemptOwner,
    Column::AttemptUntil,
    Column::LostAt,
    // Whoever finds the mark of a process that is gone finds it due.
    Column::NextRefreshAt,
];

/// A mark that was taken.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Its id.
    pub attempt: Uuid,
    /// The process that has it.
    pub owner: Uuid,
    /// Since when an answer of the network may be lost: of an attempt that was interrupted, or that somebody before knew of.
    pub lost_at: Option<Moment>,
}

impl Mark {
    /// The mark that `owner` takes on the grant. An interrupted attempt is gone on with.
    #[must_use]
    pub fn on(grant: &Grant, owner: Uuid) -> Self {
        // Whoever left the mark may have sent.
        let lost_at = grant.attempt.and(grant.lost_at.or(grant.attempt_at)).or(grant.lost_at);
        Self { attempt: grant.attempt.unwrap_or_else(Uuid::now_v7), owner, lost_at }
    }
}

/// A refresh that did not work, and how it goes on.
pub struct Setback {
    /// What it was like.
    pub failure: &'static str,
    /// When to try again.
    pub next_refresh_at: Option<Moment>,
    /// Since when an answer may be lost; the mark then stays, and whoever comes next goes on with it.
    pub lost_at: Option<Moment>,
    /// When the network first refused.
    pub refused_at: Option<Moment>,
    /// When a person must act, now that it did not work.
    pub must_act_at: Option<Moment>,
}

impl Grant {
    /// Whether the network has not said that it is dead.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.next_visit_at.is_some() || self.next_refresh_at.is_some() || self.attempt.is_some()
    }

    /// Whether the people have more time than they were told of, when they must act on `day`. Where a network counts the
    /// same day down, it is a second earlier or later each time.
    #[must_use]
    pub fn is_put_off_until(&self, day: Option<Moment>) -> bool {
        self.must_act_at.is_some_and(|known| day.is_none_or(|day| day > known + SAME_DAY))
    }

    /// Whether somebody else is at it.
    #[must_use]
    pub fn is_held(&self, now: Moment) -> bool {
        self.attempt.is_some() && self.attempt_until.is_some_and(|until| holds(until, now))
    }
}

/// These grants as they are now, by id; nobody else changes them before the end of the transaction.
///
/// # Errors
/// When the database does not do it.
pub async fn hold(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = GrantId>,
) -> Result<HashMap<GrantId, Grant>, StoreError> {
    // In one order, so that two who want the same never wait for each other.
    let held = grant::Entity::find().filter(Column::Id.is_in(padded(ids))).order_by_asc(Column::Id).lock_exclusive();
    Ok(held.all(db).await?.into_iter().map(|grant| (grant.id, grant)).collect())
}

/// Takes these marks on grants that are held ([`hold`]) and were found as they had been read.
///
/// # Errors
/// When the database does not do it.
pub async fn mark_all(
    db: &impl ConnectionTrait,
    held: impl IntoIterator<Item = (Grant, Mark)>,
    now: Moment,
) -> Result<(), StoreError> {
    let marked = held.into_iter().map(|(grant, mark)| Grant {
        attempt: Some(mark.attempt),
        attempt_at: Some(now),
        attempt_owner: Some(mark.owner),
        attempt_until: Some(now + LEASE),
        lost_at: mark.lost_at,
        next_refresh_at: Some(now),
        ..grant
    });
    rewrite(db, marked, OF_A_MARK).await
}

/// Takes this mark by compare-and-swap, unless the grant changed since it was read, or died: anew, or one's own once more.
///
/// # Errors
/// When the database does not do it.
pub async fn mark_again(
    db: &impl ConnectionTrait,
    grant: &Grant,
    mark: Mark,
    now: Moment,
) -> Result<Option<Mark>, StoreError> {
    let marked = grant::Entity::update_many()
        .set(grant::ActiveModel {
            attempt: Set(Some(mark.attempt)),
            attempt_at: Set(Some(now)),
            attempt_owner: Set(Some(mark.owner)),
            attempt_until: Set(Some(now + LEASE)),
            lost_at: Set(mark.lost_at),
            // Whoever finds the mark of a process that is gone finds it due.
            next_refresh_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::Id.eq(grant.id))
        .filter(Column::Version.eq(grant.version))
        .filter(marked_as(grant))
        .exec(db)
        .await?;
    Ok((marked.rows_affected == 1).then_some(mark))
}

/// With the mark that it was read with, or without one as then.
fn marked_as(read: &Grant) -> SimpleExpr {
    match read.attempt {
        Some(attempt) => Column::Attempt.eq(attempt).and(Column::AttemptUntil.eq(read.attempt_until)),
        None => Column::Attempt.is_null(),
    }
}

/// Takes the mark away, or leaves it to whoever comes next, and says when that is; unless somebody else has it by now.
///
/// # Errors
/// When the database does not do it.
pub async fn set_back(
    db: &impl ConnectionTrait,
    grant: &Grant,
    mark: Mark,
    now: Moment,
    setback: Setback,
) -> Result<bool, StoreError> {
    let base = if setback.lost_at.is_some() {
        grant::ActiveModel { attempt_until: Set(Some(now - Duration::from_millis(1))), ..Default::default() }
    } else {
        without_mark()
    };
    let change = grant::ActiveModel {
        next_refresh_at: Set(setback.next_refresh_at),
        lost_at: Set(setback.lost_at),
        refused_at: Set(setback.refused_at),
        must_act_at: Set(setback.must_act_at),
        failures: Set(grant.failures + 1),
        failure: Set(Some(setback.failure.to_owned())),
        ..base
    };
    let changed = grant::Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(grant.id))
        .filter(Column::Version.eq(grant.version))
        .filter(Column::Attempt.eq(mark.attempt))
        .filter(Column::AttemptOwner.eq(mark.owner))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The grant is dead at the network: nobody comes again before a person has approved anew. It has another version then,
/// so that whoever is at it just now changes nothing any more.
///
/// # Errors
/// When the database does not do it.
pub async fn bury(db: &impl ConnectionTrait, grant: &Grant, now: Moment) -> Result<(), StoreError> {
    let change = grant::ActiveModel {
        version: Set(grant.version + 1),
        next_refresh_at: Set(None),
        next_visit_at: Set(None),
        lease_until: Set(None),
        checked_at: Set(now),
        ..without_mark()
    };
    let of_this_version = Column::Id.eq(grant.id).and(Column::Version.eq(grant.version));
    grant::Entity::update_many().set(change).filter(of_this_version).exec(db).await?;
    Ok(())
}

fn without_mark() -> grant::ActiveModel {
    grant::ActiveModel {
        attempt: Set(None),
        attempt_at: Set(None),
        attempt_owner: Set(None),
        attempt_until: Set(None),
        ..Default::default()
    }
}

/// Moves the next refresh of a grant that nobody has marked since it was read; `None` for never. A mark that it has stays.
///
/// # Errors
/// When the database does not do it.
pub async fn put_off(db: &impl ConnectionTrait, grant: &Grant, until: Option<Moment>) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .set(grant::ActiveModel { next_refresh_at: Set(until), ..Default::default() })
        .filter(Column::Id.eq(grant.id))
        .filter(Column::Version.eq(grant.version))
        .filter(marked_as(grant))
        .exec(db)
        .await?;
    Ok(())
}

/// Attempts that a process left when it ended, the oldest first: those of `owners`, or of anybody.
///
/// # Errors
/// When the database does not answer.
pub async fn interrupted(db: &impl ConnectionTrait, owners: Option<&[Uuid]>) -> Result<Vec<Grant>, StoreError> {
    let mut left = grant::Entity::find().filter(Column::AttemptAt.is_not_null()).filter(Column::Attempt.is_not_null());
    if let Some(owners) = owners {
        left = left.filter(Column::AttemptOwner.is_in(owners.iter().copied()));
    }
    Ok(left.order_by_asc(Column::AttemptAt).all(db).await?)
}

/// The grant that bears this attempt's mark.
///
/// # Errors
/// When the database does not answer.
pub async fn marked_by(db: &impl ConnectionTrait, attempt: Uuid) -> Result<Option<Grant>, StoreError> {
    let marked = Column::AttemptAt.is_not_null().and(Column::Attempt.eq(attempt));
    Ok(grant::Entity::find().filter(marked).one(db).await?)
}

/// The grants that are not dead.
///
/// # Errors
/// When the database does not answer.
#[cfg(test)]
pub async fn living(db: &impl ConnectionTrait) -> Result<Vec<crate::domain::GrantId>, StoreError> {
    let all = grant::Entity::find().all(db).await?;
    Ok(all.into_iter().filter(Grant::is_alive).map(|grant| grant.id).collect())
}
