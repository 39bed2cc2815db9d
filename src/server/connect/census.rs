//! How many attempts and debts there are, over all workspaces, for operators.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::attempts::{KEPT_FOR, LIFE};
use crate::{
    domain::{AttemptState, Moment, NetworkAppId},
    server::store::{Json, StoreError},
};

#[derive(FromQueryResult)]
struct Attempts {
    network_app: NetworkAppId,
    state: Json<AttemptState>,
    old: i64,
    many: i64,
}

#[derive(FromQueryResult)]
struct Owed {
    network_app: NetworkAppId,
    many: i64,
}

/// The attempts of the last day by app and by how they stand.
///
/// # Errors
/// When the database does not answer.
pub async fn count_attempts(
    db: &impl ConnectionTrait,
    now: Moment,
) -> Result<Vec<(NetworkAppId, &'static str, i64)>, StoreError> {
    let (day, life) = ((now - KEPT_FOR).0, (now - LIFE).0);
    let question = format!(
        "SELECT network_app, state, CAST(CASE WHEN created_at <= {life} THEN 1 ELSE 0 END AS BIGINT) AS old, COUNT(*) AS many \
         FROM attempts WHERE created_at > {day} GROUP BY 1, 2, 3"
    );
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), question)).await?;
    let rows: Vec<Attempts> = rows.iter().map(|row| Attempts::from_query_result(row, "")).collect::<Result<_, _>>()?;
    Ok(rows.into_iter().map(|row| (row.network_app, outcome(&row.state.0, row.old == 1), row.many)).collect())
}

/// One that nobody came back from has expired, whatever its row says.
fn outcome(state: &AttemptState, is_old: bool) -> &'static str {
    match state {
        AttemptState::Open if is_old => "expired",
        AttemptState::Open => "open",
        AttemptState::Choosing => "choosing",
        AttemptState::Approved => "approved",
        AttemptState::Cancelled => "cancelled",
        AttemptState::WrongAccount { .. } => "wrong_account",
        AttemptState::Failed(_) => "failed",
        AttemptState::Expired => "expired",
        AttemptState::Stopped => "stopped",
    }
}

/// The permissions that are owed back, by app.
///
/// # Errors
/// When the database does not answer.
pub async fn count_owed(db: &impl ConnectionTrait) -> Result<Vec<(NetworkAppId, &'static str, i64)>, StoreError> {
    let question = "SELECT network_app, COUNT(*) AS many FROM revocations GROUP BY network_app";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), question)).await?;
    let rows: Vec<Owed> = rows.iter().map(|row| Owed::from_query_result(row, "")).collect::<Result<_, _>>()?;
    Ok(rows.into_iter().map(|row| (row.network_app, "", row.many)).collect())
}
