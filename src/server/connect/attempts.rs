//! Attempts as rows: opened, taken once, ended.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use secrecy::SecretString;

pub use super::rows::attempt::Model as Attempt;
use super::{ConnectError, given::Offered, rows::attempt};
use crate::{
    domain::{AttemptId, AttemptState, Moment, SessionId},
    server::{
        App,
        store::{Json, StoreError},
        vault::{Place, Vault, VaultError, hash},
    },
};

/// An approval that takes longer begins anew; networks' own pages give up earlier.
pub const LIFE: Duration = Duration::from_mins(10);
/// A tab that asks how an attempt stood has asked by then.
pub(super) const KEPT_FOR: Duration = Duration::from_hours(24);
/// A sweep is no reason to hold anybody up.
const SWEPT_AT_ONCE: u64 = 500;
/// More open popups than this in one session would make the request's cookies too long for some servers.
const OPEN_AT_MOST: usize = 20;

/// Under these the vault keeps the answers.
const TABLE: &str = "attempts";
const ANSWER: &str = "answer";

/// The attempt's secrets in the vault.
#[derive(Clone, Copy)]
pub struct Secrets<'a>(pub &'a Attempt);

impl Secrets<'_> {
    /// The PKCE verifier, until the code is sent.
    #[must_use]
    pub fn verifier(self) -> Place {
        self.place("verifier")
    }

    /// The key that the tokens are to be bound to, until the code is sent.
    #[must_use]
    pub fn key(self) -> Place {
        self.place("key")
    }

    /// What the network's page posted, until the person's own browser fetches it.
    #[must_use]
    pub fn posted(self) -> Place {
        self.place("posted")
    }

    /// The network's answer, from its arrival until the page is linked.
    #[must_use]
    pub fn answer(self) -> Place {
        self.place(ANSWER)
    }

    fn place(self, column: &'static str) -> Place {
        Place { workspace: self.0.workspace, table: TABLE, column, row: self.0.id.0 }
    }
}

/// What an attempt keeps for itself until its code is sent.
#[derive(Default)]
pub struct Unsent<'a> {
    /// The PKCE verifier.
    pub verifier: Option<&'a SecretString>,
    /// The key that the tokens are to be bound to.
    pub key: Option<&'a SecretString>,
}

/// Stores a new attempt and its secrets. Of too many open ones of the same session the oldest end; their ids are
/// answered, so that their cookies can be cleared.
///
/// # Errors
/// When the database or the vault does not do it, and when the id is taken.
pub async fn open(app: &App, attempt: &Attempt, unsent: Unsent<'_>) -> Result<Vec<AttemptId>, ConnectError> {
    let txn = app.store.begin().await?;
    let ended = end_oldest(&txn, attempt.session, attempt.created_at).await?;
    for old in &ended {
        forget_unsent(&txn, &app.vault, old).await?;
    }
    attempt::Entity::insert(attempt::ActiveModel::from(attempt.clone())).exec_without_returning(&txn).await?;
    let secrets = Secrets(attempt);
    for (place, secret) in [(secrets.verifier(), unsent.verifier), (secrets.key(), unsent.key)] {
        if let Some(secret) = secret {
            app.vault.put(&txn, place, secret).await?;
        }
    }
    txn.commit().await?;
    Ok(ended.into_iter().map(|old| old.id).collect())
}

async fn end_oldest(db: &impl ConnectionTrait, session: SessionId, now: Moment) -> Result<Vec<Attempt>, DbErr> {
    let open = attempt::Entity::find()
        .filter(attempt::Column::Session.eq(session))
        .filter(attempt::Column::State.eq(Json(AttemptState::Open)))
        .filter(attempt::Column::CreatedAt.gt(now - LIFE))
        .order_by_desc(attempt::Column::CreatedAt)
        .all(db)
        .await?;
    let ended: Vec<_> = open.into_iter().skip(OPEN_AT_MOST - 1).collect();
    for old in &ended {
        end(db, old.id, &AttemptState::Expired).await?;
    }
    Ok(ended)
}

/// Takes the attempt that `state` belongs to, in one statement: whoever comes second finds nothing (SECURITY: O-20).
///
/// # Errors
/// When the database does not do it.
pub async fn take(app: &App, state: &str) -> Result<Option<Attempt>, StoreError> {
    let taken = attempt::Entity::update_many()
        .col_expr(attempt::Column::TakenAt, Expr::value(app.clock.now()))
        .filter(attempt::Column::StateHash.eq(hash(state)))
        .filter(attempt::Column::TakenAt.is_null())
        .exec_with_returning(app.store.read())
        .await?;
    Ok(taken.into_iter().next())
}

/// The attempt of that id.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
    Ok(attempt::Entity::find_by_id(id).one(db).await?)
}

/// Ends the attempt, unless it has ended already; whether it did.
///
/// # Errors
/// When the database does not do it.
pub async fn end(db: &impl ConnectionTrait, id: AttemptId, state: &AttemptState) -> Result<bool, DbErr> {
    end_from(db, id, vec![Json(AttemptState::Open), Json(AttemptState::Choosing)], state).await
}

/// Ends the attempt, if it still waits for what the network says; whether it did.
///
/// # Errors
/// When the database does not do it.
pub async fn fail(db: &impl ConnectionTrait, id: AttemptId, state: &AttemptState) -> Result<bool, DbErr> {
    end_from(db, id, vec![Json(AttemptState::Open)], state).await
}

async fn end_from(
    db: &impl ConnectionTrait,
    id: AttemptId,
    from: Vec<Json<AttemptState>>,
    state: &AttemptState,
) -> Result<bool, DbErr> {
    let ended = attempt::Entity::update_many()
        .col_expr(attempt::Column::State, Expr::value(Json(state.clone())))
        .filter(attempt::Column::Id.eq(id))
        .filter(attempt::Column::State.is_in(from))
        .exec(db)
        .await?;
    Ok(ended.rows_affected == 1)
}

/// Lets the person choose between `pages`.
///
/// # Errors
/// When the database does not do it.
pub async fn offer(db: &impl ConnectionTrait, id: AttemptId, pages: &[Offered]) -> Result<bool, DbErr> {
    let offered = attempt::Entity::update_many()
        .set(attempt::ActiveModel {
            state: Set(Json(AttemptState::Choosing)),
            choice: Set(Json(pages.to_vec())),
            ..Default::default()
        })
        .filter(attempt::Column::Id.eq(id))
        .filter(attempt::Column::State.eq(Json(AttemptState::Open)))
        .exec(db)
        .await?;
    Ok(offered.rows_affected == 1)
}

/// Keeps what was given where none of it can be chosen, so that the popup can say why.
///
/// # Errors
/// When the database does not do it.
pub async fn keep_given(db: &impl ConnectionTrait, id: AttemptId, pages: &[Offered]) -> Result<(), DbErr> {
    let given = attempt::ActiveModel { id: Set(id), choice: Set(Json(pages.to_vec())), ..Default::default() };
    attempt::Entity::update(given).exec_without_returning(db).await?;
    Ok(())
}

/// The attempt that waits for an answer with this `state`. Unlike [`take`] it spends nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(app: &App, state: &str) -> Result<Option<Attempt>, StoreError> {
    let waiting = attempt::Entity::find()
        .filter(attempt::Column::StateHash.eq(hash(state)))
        .filter(attempt::Column::TakenAt.is_null())
        .filter(attempt::Column::State.eq(Json(AttemptState::Open)))
        .filter(attempt::Column::CreatedAt.gt(app.clock.now() - LIFE));
    Ok(waiting.one(app.store.read()).await?)
}

/// Forgets what could still make a token of the attempt: without its verifier a code that comes later is worth nothing.
///
/// # Errors
/// When the database does not do it.
pub async fn forget_unsent(db: &impl ConnectionTrait, vault: &Vault, attempt: &Attempt) -> Result<(), VaultError> {
    vault.forget(db, Secrets(attempt).verifier()).await?;
    vault.forget(db, Secrets(attempt).key()).await?;
    vault.forget(db, Secrets(attempt).posted()).await
}

/// Forgets what the attempt kept.
///
/// # Errors
/// When the database does not do it.
pub async fn forget(db: &impl ConnectionTrait, vault: &Vault, attempt: &Attempt) -> Result<(), VaultError> {
    forget_unsent(db, vault, attempt).await?;
    vault.forget(db, Secrets(attempt).answer()).await
}

/// Removes attempts that ended long ago, and what they kept; but for those with an answer that nobody has seen to yet.
///
/// # Errors
/// When the database does not do it.
pub async fn sweep(app: &App) -> Result<(), ConnectError> {
    let db = app.store.read();
    let answered = app.vault.rows_with(db, TABLE, ANSWER).await?;
    let old = attempt::Entity::find()
        .filter(attempt::Column::CreatedAt.lt(app.clock.now() - KEPT_FOR))
        .filter(attempt::Column::Id.is_not_in(answered));
    for attempt in old.limit(SWEPT_AT_ONCE).all(db).await? {
        forget(db, &app.vault, &attempt).await?;
        attempt::Entity::delete_by_id(attempt.id).exec(db).await?;
    }
    Ok(())
}

/// Attempts whose callback came before `then`, and that somebody must bring to an end: those that are open still, and
/// those that hold an answer, which is linked or owed back, however they ended.
///
/// # Errors
/// When the database does not answer.
pub async fn unsettled(app: &App, then: Moment) -> Result<Vec<Attempt>, ConnectError> {
    let db = app.store.read();
    let answered = app.vault.rows_with(db, TABLE, ANSWER).await?;
    let is_open = attempt::Column::State.eq(Json(AttemptState::Open));
    let unsettled = attempt::Entity::find()
        .filter(attempt::Column::TakenAt.lte(then))
        .filter(is_open.or(attempt::Column::Id.is_in(answered)));
    Ok(unsettled.all(db).await?)
}
