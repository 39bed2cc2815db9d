//! Attempts as rows: opened, taken once, ended.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tracing::warn;

pub use super::rows::attempt::Model as Attempt;
use super::{ConnectError, given::Offered, later, rows::attempt, second::KeptSecond};
use crate::{
    domain::{AttemptId, AttemptState, Moment, SessionId},
    server::{
        App,
        networks::{Second, Tokens},
        store::{Backend, Json, StoreError},
        vault::{Place, Vault, VaultError, hash},
    },
};

/// An approval that takes longer begins anew; networks' own pages give up earlier.
pub const LIFE: Duration = Duration::from_mins(10);
/// A tab that asks how an attempt stood has asked by then.
pub(super) const KEPT_FOR: Duration = Duration::from_hours(24);
/// An exchange takes a minute at most, so by then whoever is alive has brought its attempt to an end.
pub const IN_FLIGHT: Duration = Duration::from_secs(65);
/// A sweep is no reason to hold anybody up.
const SWEPT_AT_ONCE: u64 = 500;
/// More open popups than this in one session would make the request's cookies too long for some servers.
const OPEN_AT_MOST: usize = 20;

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
        self.place("answer")
    }

    fn place(self, column: &'static str) -> Place {
        Place { workspace: self.0.workspace, table: "attempts", column, row: self.0.id.0 }
    }
}

/// A network's token answer as it is sealed under its attempt. Not `Debug`: it holds tokens.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    access: String,
    refresh: Option<String>,
    #[serde(default)]
    key: Option<String>,
    /// When the access token ends, if that is known.
    pub expires_at: Option<Moment>,
    /// When the refresh token ends, if the answer said so.
    #[serde(default)]
    pub refresh_expires_at: Option<Moment>,
    /// What was granted, if the answer said so.
    pub scopes: Option<Vec<String>>,
    #[serde(default)]
    id_token: Option<String>,
    /// When the answer came.
    #[serde(default)]
    pub came_at: Option<Moment>,
    /// What else the definition keeps of the answer. Nothing secret.
    #[serde(default)]
    pub named: BTreeMap<String, String>,
    #[serde(default)]
    second: Option<KeptSecond>,
}

impl Kept {
    /// The access token.
    pub fn access(&self) -> SecretString {
        self.access.clone().into()
    }

    /// The network's signed words about the person, if it has some.
    pub fn id_token(&self) -> Option<SecretString> {
        self.id_token.clone().map(Into::into)
    }

    /// The refresh token, if there is one.
    pub fn refresh(&self) -> Option<SecretString> {
        self.refresh.clone().map(Into::into)
    }

    /// The permission that came with it, if one did.
    pub fn second(&self) -> Option<Second> {
        self.second.as_ref().map(KeptSecond::read)
    }

    /// The key that they are bound to, if they are.
    pub fn key(&self) -> Option<SecretString> {
        self.key.clone().map(Into::into)
    }
}

/// Seals the network's answer under the attempt: from here on a crash loses nothing.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn keep(
    db: &impl ConnectionTrait,
    vault: &Vault,
    attempt: &Attempt,
    tokens: &Tokens,
    at: Moment,
) -> Result<(), VaultError> {
    let kept = Kept {
        access: tokens.access.expose_secret().to_owned(),
        refresh: tokens.refresh.as_ref().map(|token| token.expose_secret().to_owned()),
        key: tokens.key.as_ref().map(|key| key.expose_secret().to_owned()),
        expires_at: tokens.lives.map(|lives| at + lives),
        refresh_expires_at: tokens.refresh_lives.map(|lives| at + lives),
        scopes: tokens.scopes.clone(),
        id_token: tokens.id_token.as_ref().map(|token| token.expose_secret().to_owned()),
        came_at: Some(at),
        named: tokens.kept.clone(),
        second: tokens.second.as_ref().map(KeptSecond::from),
    };
    let text = SecretString::from(serde_json::to_string(&kept).expect("text and numbers are always JSON"));
    vault.put(db, Secrets(attempt).answer(), &text).await
}

/// Opens the network's answer again.
///
/// # Errors
/// When there is none, or it does not open.
pub async fn kept(db: &impl ConnectionTrait, vault: &Vault, attempt: &Attempt) -> Result<Kept, ConnectError> {
    let text = vault.get(db, Secrets(attempt).answer()).await?;
    serde_json::from_str(text.expose_secret()).ok().ok_or(ConnectError::Unreadable)
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
    let open = [Json(AttemptState::Open), Json(AttemptState::Choosing)];
    let ended = attempt::Entity::update_many()
        .col_expr(attempt::Column::State, Expr::value(Json(state.clone())))
        .filter(attempt::Column::Id.eq(id))
        .filter(attempt::Column::State.is_in(open))
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

/// Removes attempts that ended long ago, and what they kept.
///
/// # Errors
/// When the database does not do it.
pub async fn sweep(app: &App) -> Result<(), ConnectError> {
    let db = app.store.read();
    let old = attempt::Column::CreatedAt.lt(app.clock.now() - KEPT_FOR);
    for attempt in attempt::Entity::find().filter(old).limit(SWEPT_AT_ONCE).all(db).await? {
        forget(db, &app.vault, &attempt).await?;
        attempt::Entity::delete_by_id(attempt.id).exec(db).await?;
    }
    Ok(())
}

/// Goes on with attempts that a process left when it ended. On a shared database another process may still be at work
/// on those that were taken a moment ago; they are for a later call, after [`IN_FLIGHT`].
///
/// # Errors
/// When the database does not answer. An attempt that cannot go on now is tried again, and keeps no process from starting.
pub async fn recover(app: &App) -> Result<(), ConnectError> {
    let grace = if app.store.backend() == Backend::Postgres { IN_FLIGHT } else { Duration::ZERO };
    let interrupted = attempt::Entity::find()
        .filter(attempt::Column::TakenAt.lte(app.clock.now() - grace))
        .filter(attempt::Column::State.eq(Json(AttemptState::Open)))
        .all(app.store.read())
        .await?;
    for attempt in interrupted {
        let id = attempt.id;
        if let Err(error) = later::go_on_at_last(app, attempt).await {
            warn!(attempt = %id, %error, "an interrupted attempt cannot go on yet");
        }
    }
    Ok(())
}
