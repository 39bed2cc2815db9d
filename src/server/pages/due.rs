//! What is due: refreshes and visits, the longest overdue first, and the lease of a visit.
//!
//! A lease that lies further ahead than any that is given was written by a clock that was wrong: it holds nobody up.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::SimpleExpr,
};

use super::rows::grant::{self, Column, Model as Grant};
use crate::{
    domain::{EXPIRING_LEAD, GrantId, Moment, NetworkAppId},
    server::store::{Store, StoreError},
};

/// Longer than any check, and than any exchange with its repetitions, takes; a process that died in one is followed by
/// another after this.
pub(super) const LEASE: Duration = Duration::from_secs(90);
/// Clocks of two processes that share a database may differ by less.
const CLOCKS_DIFFER: Duration = Duration::from_mins(1);

impl Grant {
    /// Whether its tokens were asked for later than now: by a clock that was wrong, so their end is wrong too.
    #[must_use]
    pub fn is_of_another_time(&self, now: Moment) -> bool {
        self.issued_at.is_some_and(|issued| issued > now + CLOCKS_DIFFER)
    }
}

/// Whether a lease until `until` holds.
pub(super) fn holds(until: Moment, now: Moment) -> bool {
    until >= now && until <= now + LEASE + CLOCKS_DIFFER
}

/// As [`holds`], the other way round and in the database.
fn is_free(until: Column, now: Moment) -> SimpleExpr {
    until.is_null().or(until.lt(now)).or(until.gt(now + LEASE + CLOCKS_DIFFER))
}

/// Which of the two queues.
#[derive(Clone, Copy)]
enum Queue {
    Refreshes,
    Visits,
}

impl Queue {
    fn due(self) -> Column {
        match self {
            Self::Refreshes => Column::NextRefreshAt,
            Self::Visits => Column::NextVisitAt,
        }
    }

    fn lease(self) -> Column {
        match self {
            Self::Refreshes => Column::AttemptUntil,
            Self::Visits => Column::LeaseUntil,
        }
    }

    /// Of all apps, or of each of `apps` by itself: those of an app that is left out may be a million, all overdue, and
    /// nobody steps over them one by one.
    async fn first(
        self,
        store: &Store,
        now: Moment,
        apps: Option<&[NetworkAppId]>,
        at_most: u64,
    ) -> Result<Vec<Grant>, StoreError> {
        let due = grant::Entity::find().filter(self.due().lte(now)).filter(is_free(self.lease(), now));
        let due = due.order_by_asc(self.due()).limit(at_most);
        let Some(apps) = apps else { return Ok(due.all(store.read()).await?) };
        let mut all = vec![];
        for app in apps {
            all.extend(due.clone().filter(Column::NetworkApp.eq(*app)).all(store.read()).await?);
        }
        all.sort_by_key(|grant| match self {
            Self::Refreshes => grant.next_refresh_at,
            Self::Visits => grant.next_visit_at,
        });
        all.truncate(usize::try_from(at_most).unwrap_or(usize::MAX));
        Ok(all)
    }
}

/// Grants whose refresh is due and that nobody is at, the longest overdue first; of these apps, or of all.
///
/// # Errors
/// When the database does not answer.
pub async fn due_refreshes(
    store: &Store,
    now: Moment,
    apps: Option<&[NetworkAppId]>,
    at_most: u64,
) -> Result<Vec<Grant>, StoreError> {
    Queue::Refreshes.first(store, now, apps, at_most).await
}

/// Grants whose visit is due, the longest overdue first; of these apps, or of all.
///
/// # Errors
/// When the database does not answer.
pub async fn due(
    store: &Store,
    now: Moment,
    apps: Option<&[NetworkAppId]>,
    at_most: u64,
) -> Result<Vec<Grant>, StoreError> {
    Queue::Visits.first(store, now, apps, at_most).await
}

/// When the keeper comes again: after `pause`, and at the moment from which its people are to be warned.
#[must_use]
pub fn next_visit(now: Moment, pause: Duration, must_act_at: Option<Moment>) -> Moment {
    let warns_at = must_act_at.map(|day| day - EXPIRING_LEAD).filter(|at| *at > now);
    let next = now + pause;
    warns_at.map_or(next, |at| Ord::min(at, next))
}

/// Takes the lease of a due grant by compare-and-swap, so that of any number of keepers one visits it.
///
/// # Errors
/// When the database does not do it.
pub async fn claim_due(store: &Store, grant: &Grant, now: Moment) -> Result<bool, StoreError> {
    let claimed = grant::Entity::update_many()
        .set(grant::ActiveModel { lease_until: Set(Some(now + LEASE)), ..Default::default() })
        .filter(Column::Id.eq(grant.id))
        .filter(Column::Version.eq(grant.version))
        .filter(Column::NextVisitAt.lte(now))
        .filter(is_free(Column::LeaseUntil, now))
        .exec(store.read())
        .await?;
    Ok(claimed.rows_affected == 1)
}

/// Makes every refresh due now.
///
/// # Errors
/// When the database does not do it.
pub async fn refresh_all_now(store: &Store, now: Moment) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .set(grant::ActiveModel { next_refresh_at: Set(Some(now)), ..Default::default() })
        .filter(Column::NextRefreshAt.is_not_null())
        .exec(store.read())
        .await?;
    Ok(())
}

/// Makes every visit due now.
///
/// # Errors
/// When the database does not do it.
pub async fn visit_all_now(store: &Store, now: Moment) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .set(grant::ActiveModel { next_visit_at: Set(Some(now)), ..Default::default() })
        .filter(Column::NextVisitAt.is_not_null())
        .exec(store.read())
        .await?;
    Ok(())
}

/// Makes the visit of one grant due then, unless it is due before.
///
/// # Errors
/// When the database does not do it.
pub async fn visit_by(db: &impl ConnectionTrait, id: GrantId, then: Moment) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .set(grant::ActiveModel { next_visit_at: Set(Some(then)), ..Default::default() })
        .filter(Column::Id.eq(id))
        .filter(Column::NextVisitAt.gt(then))
        .exec(db)
        .await?;
    Ok(())
}

/// Makes the visit of one grant due now, unless it is due before and nobody is at it: what a visit that is under way finds
/// may be older than the reason for this one.
///
/// # Errors
/// When the database does not do it.
pub async fn visit_now(db: &impl ConnectionTrait, id: GrantId, now: Moment) -> Result<(), StoreError> {
    let is_told = Column::NextVisitAt.is_not_null().and(Column::LeaseUntil.is_not_null());
    grant::Entity::update_many()
        .set(grant::ActiveModel { next_visit_at: Set(Some(now)), ..Default::default() })
        .filter(Column::Id.eq(id))
        .filter(Column::NextVisitAt.gt(now).or(is_told))
        .exec(db)
        .await?;
    Ok(())
}

/// After the clock went back: what was planned by the clock as it was would come too late, and the ends of tokens that
/// it knew are wrong. Those are renewed and visited now, at the rate. How many there are.
///
/// # Errors
/// When the database does not do it.
pub async fn plan_anew(store: &Store, now: Moment) -> Result<u64, StoreError> {
    let later = now + CLOCKS_DIFFER;
    let refreshes = grant::Entity::update_many()
        .set(grant::ActiveModel { next_refresh_at: Set(Some(now)), ..Default::default() })
        .filter(Column::NextRefreshAt.gt(now))
        .filter(Column::IssuedAt.gt(later).or(Column::Failures.gt(0)))
        .exec(store.read())
        .await?;
    let visits = grant::Entity::update_many()
        .set(grant::ActiveModel { next_visit_at: Set(Some(now)), ..Default::default() })
        .filter(Column::NextVisitAt.gt(now))
        .filter(Column::CheckedAt.gt(later))
        .exec(store.read())
        .await?;
    Ok(refreshes.rows_affected + visits.rows_affected)
}
