//! Browsers in which a person has signed in before. They have a budget of their own for sign-ins, so that whoever
//! guesses from everywhere cannot keep the owner out of the browser on their own desk (OWASP's "device cookie").

use std::time::Duration;

use axum::http::HeaderValue;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

use super::rows::known_browser;
use crate::{
    domain::UserId,
    server::{
        App, Caller, Refusal,
        store::StoreError,
        vault::{hash, random_token},
    },
};

/// A browser in which nobody signs in for a year is forgotten.
const LIFE: Duration = Duration::from_hours(365 * 24);
/// More browsers than this nobody uses; the oldest goes.
const AT_MOST: u64 = 50;

/// The caller's browser, if whoever has that e-mail has signed in there.
pub(super) async fn known(caller: &Caller, email: &str) -> Result<Option<Vec<u8>>, Refusal> {
    let app = caller.app();
    let Some(token) = app.cookies.read_known_browser(caller.headers()) else { return Ok(None) };
    let owner = Query::select().column("id").from("users").and_where(Expr::col("email").eq(email)).to_owned();
    let found = known_browser::Entity::find()
        .filter(known_browser::Column::TokenHash.eq(hash(&token)))
        .filter(known_browser::Column::UserId.in_subquery(owner))
        .filter(known_browser::Column::SeenAt.gt(app.clock.now() - LIFE))
        .one(app.store.read())
        .await?;
    Ok(found.map(|row| row.token_hash))
}

/// Makes the caller's browser known for `user`, by a new token: one that somebody planted there is worth nothing.
pub(super) async fn remember(caller: &Caller, user: UserId) -> Result<HeaderValue, Refusal> {
    let (app, token) = (caller.app(), random_token());
    let txn = app.store.begin().await?;
    if let Some(old) = app.cookies.read_known_browser(caller.headers()) {
        // Other people who use this browser stay known in it.
        known_browser::Entity::update_many()
            .col_expr(known_browser::Column::TokenHash, Expr::value(hash(&token)))
            .filter(known_browser::Column::TokenHash.eq(hash(&old)))
            .exec(&txn)
            .await?;
    }
    known_browser::Entity::delete_by_id((hash(&token), user)).exec(&txn).await?;
    let row =
        known_browser::ActiveModel { token_hash: Set(hash(&token)), user_id: Set(user), seen_at: Set(app.clock.now()) };
    known_browser::Entity::insert(row).exec_without_returning(&txn).await?;
    let own = known_browser::Entity::find().filter(known_browser::Column::UserId.eq(user));
    let many = own.order_by_desc(known_browser::Column::SeenAt).offset(AT_MOST).limit(AT_MOST).all(&txn).await?;
    for old in many {
        known_browser::Entity::delete_by_id((old.token_hash, user)).exec(&txn).await?;
    }
    txn.commit().await.map_err(StoreError::from)?;
    Ok(app.cookies.known_browser(&token, LIFE))
}

/// Forgets browsers in which nobody has signed in for long.
pub(super) async fn sweep(app: &App) -> Result<(), StoreError> {
    let over = known_browser::Column::SeenAt.lt(app.clock.now() - LIFE);
    known_browser::Entity::delete_many().filter(over).exec(app.store.read()).await?;
    Ok(())
}
