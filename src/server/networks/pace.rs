//! How fast a network app is asked, over all processes: a rate, and a pause while the network does not answer at all.
//!
//! A network that is down is one piece of news, not one for each grant. After some misses in a row, whoever they were
//! about, nobody asks but one at a time, to see whether it answers again; what was due meanwhile stays due, and goes on
//! at the rate and not all at once.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

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

/// Whether a refresh may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now.
    Now,
    /// Not before then.
    Not(Moment),
}

/// Takes the app's next place, if it is due. While it is paused, one after each pause.
///
/// # Errors
/// When the database does not do it.
pub async fn admit(
    db: &impl ConnectionTrait,
    app: NetworkAppId,
    now: Moment,
    per_second: u32,
) -> Result<Admission, StoreError> {
    let micros = now.0.saturating_mul(1_000);
    // Evenly spaced and not in bursts, so that no second holds more, wherever it begins.
    let apart = 1_000_000_u32.checked_div(per_second).unwrap_or_default();
    let probe = (now + pause_after(MISSES_TO_PAUSE)).0;
    let next = Expr::cust(format!("CASE WHEN slot_at > {micros} THEN slot_at ELSE {micros} END + {apart}"));
    let pause = Expr::cust(format!("CASE WHEN misses >= {MISSES_TO_PAUSE} THEN {probe} ELSE NULL END"));
    let is_open = Column::PausedUntil.is_null().or(Column::PausedUntil.lte(now));
    let admitted = Entity::update_many()
        .col_expr(Column::SlotAt, next)
        .col_expr(Column::PausedUntil, pause)
        .filter(Column::Id.eq(app))
        .filter(Column::SlotAt.lte(micros))
        .filter(is_open)
        .exec(db)
        .await?;
    if admitted.rows_affected == 1 {
        return Ok(Admission::Now);
    }
    let Some(row) = Entity::find_by_id(app).one(db).await? else { return Ok(Admission::Not(now + LONGEST_PAUSE)) };
    // Rounded up: a place that is due within this millisecond is not due yet.
    let slot = Moment(row.slot_at.div_euclid(1_000) + 1);
    Ok(Admission::Not(row.paused_until.map_or(slot, |until| Ord::max(until, slot))))
}

/// The apps that nothing may be asked of now.
///
/// # Errors
/// When the database does not answer.
pub async fn blocked(db: &impl ConnectionTrait, now: Moment) -> Result<Vec<NetworkAppId>, StoreError> {
    let paused = Entity::find().filter(Column::PausedUntil.gt(now)).all(db).await?;
    Ok(paused.into_iter().map(|app| app.id).collect())
}

/// The network asked us to come back later, or refuses our app: nobody asks before then.
///
/// # Errors
/// When the database does not do it.
pub async fn pause(db: &impl ConnectionTrait, app: NetworkAppId, until: Moment) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::PausedUntil, Expr::value(until))
        .filter(Column::Id.eq(app))
        .filter(Column::PausedUntil.is_null().or(Column::PausedUntil.lt(until)))
        .exec(db)
        .await?;
    Ok(())
}

/// Until when the app is paused after so many misses in a row.
pub(super) fn paused_after(misses: i64, now: Moment) -> Option<Moment> {
    (misses >= MISSES_TO_PAUSE).then(|| now + pause_after(misses))
}

fn pause_after(misses: i64) -> Duration {
    let doublings = u32::try_from(misses - MISSES_TO_PAUSE).unwrap_or_default();
    Ord::min(LONGEST_PAUSE, FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)))
}
