//! New tokens under a grant: what is written beside the vault's values, for many grants in one statement.

use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, sea_query::OnConflict};

use super::rows::grant::{self, Column, Model as Grant};
use crate::{
    domain::Moment,
    server::store::{Json, StoreError},
};

/// What saving new tokens writes.
const OF_NEW_TOKENS: [Column; 17] = [
    Column::Version,
    Column::IssuedAt,
    Column::ExpiresAt,
    Column::RefreshExpiresAt,
    Column::MustActAt,
    Column::Warned,
    Column::Scopes,
    Column::NextRefreshAt,
    Column::Attempt,
    Column::AttemptAt,
    Column::AttemptOwner,
    Column::AttemptUntil,
    Column::LostAt,
    Column::RefusedAt,
    Column::Failures,
    Column::Failure,
    Column::CopiedAt,
];

/// What a refresh brought, beside the tokens.
#[derive(Clone)]
pub struct Renewed {
    /// When the request was sent.
    pub issued_at: Moment,
    /// When the access token ends.
    pub expires_at: Option<Moment>,
    /// When the refresh token ends.
    pub refresh_expires_at: Option<Moment>,
    /// When a person must act.
    pub must_act_at: Option<Moment>,
    /// When the next refresh is due.
    pub next_refresh_at: Option<Moment>,
    /// What is granted now.
    pub scopes: Vec<String>,
}

/// Saves what refreshes brought for grants that are held ([`super::hold`]) and still have the version that was spent:
/// whoever has the mark by now, these are newer tokens than the stored ones.
///
/// # Errors
/// When the database does not do it.
pub async fn renew_all(
    db: &impl ConnectionTrait,
    held: impl IntoIterator<Item = (Grant, Renewed)>,
) -> Result<(), StoreError> {
    let renewed = held.into_iter().map(|(grant, new)| Grant {
        version: grant.version + 1,
        issued_at: Some(new.issued_at),
        expires_at: new.expires_at,
        refresh_expires_at: new.refresh_expires_at,
        must_act_at: new.must_act_at,
        // A day that did not move was told already.
        warned: grant.warned && !grant.is_put_off_until(new.must_act_at),
        scopes: Json(new.scopes),
        next_refresh_at: new.next_refresh_at,
        attempt: None,
        attempt_at: None,
        attempt_owner: None,
        attempt_until: None,
        lost_at: None,
        refused_at: None,
        failures: 0,
        failure: None,
        copied_at: None,
        ..grant
    });
    rewrite(db, renewed, OF_NEW_TOKENS).await
}

/// Writes these columns of rows that are held, all in one statement: as an insert that finds each row there. One statement
/// for each would cost as much as the network takes to answer.
///
/// # Errors
/// When the database does not do it.
pub(super) async fn rewrite(
    db: &impl ConnectionTrait,
    rows: impl Iterator<Item = Grant>,
    columns: impl IntoIterator<Item = Column>,
) -> Result<(), StoreError> {
    let mut rows = rows.map(IntoActiveModel::into_active_model).peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let over = OnConflict::column(Column::Id).update_columns(columns).to_owned();
    grant::Entity::insert_many(rows).on_conflict(over).exec_without_returning(db).await?;
    Ok(())
}
