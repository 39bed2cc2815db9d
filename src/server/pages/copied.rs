//! A backup's grants: the tokens in it grow old while the server that it was made of goes on and renews its own.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::rows::grant::{self, Column};
use crate::{domain::Moment, server::store::StoreError};

/// Says in a copy that it is one, made `at`. What was under way is the original's to end.
///
/// # Errors
/// When the copy does not take it.
pub async fn are_copied(copy: &impl ConnectionTrait, at: Moment) -> Result<(), StoreError> {
    let never = || Expr::value(None::<Moment>);
    let all = grant::Entity::update_many()
        .col_expr(Column::Attempt, Expr::value(None::<Uuid>))
        .col_expr(Column::AttemptOwner, Expr::value(None::<Uuid>))
        .col_expr(Column::AttemptAt, never())
        .col_expr(Column::AttemptUntil, never())
        .col_expr(Column::LostAt, never())
        .col_expr(Column::LeaseUntil, never());
    all.exec(copy).await?;
    // A copy of a copy is as old as the first one.
    let first = grant::Entity::update_many().col_expr(Column::CopiedAt, Expr::value(Some(at)));
    first.filter(Column::CopiedAt.is_null()).exec(copy).await?;
    Ok(())
}

/// How many grants come from a backup and were not renewed since, and when it was made.
///
/// # Errors
/// When the database does not answer.
pub async fn copied(db: &impl ConnectionTrait) -> Result<Option<(usize, Moment)>, StoreError> {
    let left = grant::Entity::find().filter(Column::CopiedAt.is_not_null()).all(db).await?;
    let since = left.iter().filter_map(|grant| grant.copied_at).min();
    Ok(since.map(|since| (left.len(), since)))
}
