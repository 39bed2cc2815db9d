//! How fast a network app is asked, over all processes: a rate, and a pause while the network does not answer at all.
//!
//! A network that is down is one piece of news, not one for each grant. After some misses in a row, whoever they were
//! about, nobody asks but one at a time, to see whether it answers again; what was due meanwhile stays due, and goes on
//! at the rate and not all at once.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IdenStatic, QueryFilter,
    sea_query::{Expr, SimpleExpr},
};

use super::rows::{Column, Entity};
use crate::{
    domain::{Moment, NetworkAppId},
    server::store::StoreError,
};

/// So many misses in a row are an outage. One grant that is ill is followed by others that are not.
const MISSES_TO_PAUSE: i64 = 5;
/// The first pause; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// A network that is back is noticed by then.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// So near a place may be to be taken before it is due: the commit that takes it serves all that come before it ends, and
/// so the rate is reached where commits are slower than places. Together with those that leave late, a second still holds
/// no more than the rate ([`apart`] leaves a tenth).
const AHEAD: Duration = Duration::from_millis(60);
/// A probe that is not answered by then is followed by another: longer than any request waits.
const PROBE: Duration = Duration::from_secs(90);
/// A place, or a pause, that lies further ahead was written by a clock that was wrong.
const FURTHEST_PLACE: Duration = Duration::from_mins(10);
const FURTHEST_PAUSE: Duration = Duration::from_mins(70);

/// The two queues of an app, each with the same rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// For new tokens.
    Refreshes,
    /// To see whether a permission still works.
    Checks,
}

impl Queue {
    fn column(self) -> Column {
        match self {
            Self::Refreshes => Column::SlotAt,
            Self::Checks => Column::CheckSlotAt,
        }
    }
}

/// Whether a request may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Then, which is now or very near.
    At(Moment),
    /// Not before then.
    Not(Moment),
}

/// Between two places, in microseconds: evenly spaced and not in bursts, so that no second holds more, wherever it
/// begins. A request arrives a little after its place and not each equally so, hence a tenth of room.
fn apart(per_second: u32) -> i64 {
    i64::from(1_100_000_u32.checked_div(per_second).unwrap_or_default())
}

/// The place after the next one.
fn moved(column: Column, micros: i64, per_second: u32) -> SimpleExpr {
    let (name, furthest) = (column.as_str(), micros.saturating_add(in_micros(FURTHEST_PLACE)));
    let apart = apart(per_second);
    Expr::cust(format!("CASE WHEN {name} > {micros} AND {name} < {furthest} THEN {name} ELSE {micros} END + {apart}"))
}

fn in_micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

fn is_paused(now: Moment) -> SimpleExpr {
    Column::PausedUntil.gt(now).and(Column::PausedUntil.lt(now + FURTHEST_PAUSE))
}

/// Takes the app's next place in a queue, if it is due. While it is paused, one after each pause.
///
/// # Errors
/// When the database does not do it.
pub async fn admit(
    db: &impl ConnectionTrait,
    (app, queue): (NetworkAppId, Queue),
    now: Moment,
    per_second: u32,
) -> Result<Admission, StoreError> {
    let (micros, column) = (now.0.saturating_mul(1_000), queue.column());
    let probe = (now + PROBE).0;
    let pause = Expr::cust(format!("CASE WHEN misses >= {MISSES_TO_PAUSE} THEN {probe} ELSE NULL END"));
    let is_far = column.gt(micros.saturating_add(in_micros(FURTHEST_PLACE)));
    let admitted = Entity::update_many()
        .col_expr(column, moved(column, micros, per_second))
        .col_expr(Column::PausedUntil, pause)
        .filter(Column::Id.eq(app))
        .filter(column.lte(micros).or(is_far))
        .filter(Column::PausedUntil.is_null().or(is_paused(now).not()))
        .exec(db)
        .await?;
    if admitted.rows_affected == 1 {
        return Ok(Admission::At(now));
    }
    let Some(row) = Entity::find_by_id(app).one(db).await? else { return Ok(Admission::Not(now + LONGEST_PAUSE)) };
    // Rounded up: a place that is due within this millisecond is not due yet.
    let slot = match queue {
        Queue::Refreshes => row.slot_at,
        Queue::Checks => row.check_slot_at,
    };
    let slot = Moment(slot.div_euclid(1_000) + 1);
    Ok(Admission::Not(row.paused_until.map_or(slot, |until| Ord::max(until, slot))))
}

/// Places for many, taken in one transaction: those that are due, and those that are so by the time it is committed. An
/// app that is closed to one is closed to those after it, and one that is open without a rate is open to all of them.
pub struct Gate<'a, C> {
    db: &'a C,
    queue: Queue,
    now: Moment,
    per_second: u32,
    closed: HashMap<NetworkAppId, Moment>,
    /// When the place after the last one is due.
    next: HashMap<NetworkAppId, Moment>,
    open: HashSet<NetworkAppId>,
}

impl<'a, C: ConnectionTrait> Gate<'a, C> {
    /// A gate to the places of `queue`.
    #[must_use]
    pub fn new(db: &'a C, queue: Queue, now: Moment, per_second: u32) -> Self {
        let (closed, next, open) = <_>::default();
        Self { db, queue, now, per_second, closed, next, open }
    }

    /// As [`admit`].
    ///
    /// # Errors
    /// As [`admit`].
    pub async fn admit(&mut self, app: NetworkAppId) -> Result<Admission, StoreError> {
        if self.open.contains(&app) {
            return Ok(Admission::At(self.now));
        }
        if let Some(until) = self.closed.get(&app) {
            return Ok(Admission::Not(*until));
        }
        let admission = self.place(app).await?;
        match admission {
            Admission::Not(until) => {
                self.closed.insert(app, until);
            }
            Admission::At(_) if self.per_second == 0 => {
                if !self.is_probe(app).await? {
                    self.open.insert(app);
                }
            }
            Admission::At(place) => {
                self.next.insert(app, place + Duration::from_micros(apart(self.per_second).unsigned_abs()));
            }
        }
        Ok(admission)
    }

    async fn place(&self, app: NetworkAppId) -> Result<Admission, StoreError> {
        let mut from = self.next.get(&app).copied().unwrap_or(self.now);
        while from <= self.now + AHEAD {
            match admit(self.db, (app, self.queue), from, self.per_second).await? {
                Admission::Not(until) if until > from => from = until,
                admission => return Ok(admission),
            }
        }
        Ok(Admission::Not(from))
    }

    /// Whether the one that was let in is to see whether the network answers again.
    async fn is_probe(&self, app: NetworkAppId) -> Result<bool, StoreError> {
        Ok(Entity::find_by_id(app).one(self.db).await?.is_some_and(|row| is_outage(row.misses)))
    }
}

/// Takes the next place of the refreshes whenever it is, before all that only comes when it is due, and answers when: for
/// what has left already and must go on soon. A pause does not hold it up.
///
/// # Errors
/// When the database does not do it.
pub async fn reserve(
    db: &impl ConnectionTrait,
    app: NetworkAppId,
    now: Moment,
    per_second: u32,
) -> Result<Moment, StoreError> {
    let micros = now.0.saturating_mul(1_000);
    Entity::update_many()
        .col_expr(Column::SlotAt, moved(Column::SlotAt, micros, per_second))
        .filter(Column::Id.eq(app))
        .exec(db)
        .await?;
    let row = Entity::find_by_id(app).one(db).await?;
    Ok(row.map_or(now, |row| Moment((row.slot_at - apart(per_second)).div_euclid(1_000))))
}

/// The apps that may be asked now, but those; `None`: all of them.
///
/// # Errors
/// When the database does not answer.
pub async fn open(
    db: &impl ConnectionTrait,
    now: Moment,
    but: &[NetworkAppId],
) -> Result<Option<Vec<NetworkAppId>>, StoreError> {
    if but.is_empty() && Entity::find().filter(is_paused(now)).one(db).await?.is_none() {
        return Ok(None);
    }
    let open = Column::PausedUntil.is_null().or(is_paused(now).not());
    let ids = Entity::find().filter(open).all(db).await?.into_iter().map(|app| app.id);
    Ok(Some(ids.filter(|id| !but.contains(id)).collect()))
}

/// The network asked us to come back later, or refuses our app: nobody asks before then.
///
/// # Errors
/// When the database does not do it.
pub async fn pause(db: &impl ConnectionTrait, app: NetworkAppId, until: Moment) -> Result<(), StoreError> {
    let is_of_another_time = Column::PausedUntil.gt(until + FURTHEST_PAUSE);
    Entity::update_many()
        .col_expr(Column::PausedUntil, Expr::value(until))
        .filter(Column::Id.eq(app))
        .filter(Column::PausedUntil.is_null().or(Column::PausedUntil.lt(until)).or(is_of_another_time))
        .exec(db)
        .await?;
    Ok(())
}

/// Until when the app is paused after so many misses in a row. A longer pause that the network asked for stays.
pub(super) fn paused_after(misses: i64, now: Moment, before: Option<Moment>) -> Option<Moment> {
    if is_outage(misses) { Ord::max(asked_for(before, now), Some(now + pause_after(misses))) } else { before }
}

/// A pause that is longer than a probe's is the network's own wish.
pub(super) fn asked_for(pause: Option<Moment>, now: Moment) -> Option<Moment> {
    pause.filter(|until| *until > now + PROBE && *until < now + FURTHEST_PAUSE)
}

/// Whether so many misses in a row pause the app.
pub(super) fn is_outage(misses: i64) -> bool {
    misses >= MISSES_TO_PAUSE
}

fn pause_after(misses: i64) -> Duration {
    let doublings = u32::try_from(misses - MISSES_TO_PAUSE).unwrap_or_default();
    Ord::min(LONGEST_PAUSE, FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)))
}
