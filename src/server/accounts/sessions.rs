//! Sessions: a cookie of 256 random bits, of which only the hash is stored.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use tracing::warn;
use uuid::Uuid;

use super::{
    browsers,
    rows::{session, user},
};
use crate::{
    domain::{Moment, SessionCard, SessionId, UserId},
    server::{
        App, Caller, Refusal,
        store::StoreError,
        vault::{hash, random_token},
    },
};

/// Unused for this long, a session ends.
const IDLE: Duration = Duration::from_hours(12);
/// However much it is used, a session ends after this.
const LIFE: Duration = Duration::from_hours(30 * 24);
/// Being seen is written down no more often than this.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// Whoever is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// The person.
    pub user: UserId,
    /// How they are called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
}

/// A session that has just begun; its cookies must reach the browser.
pub struct Begun([HeaderValue; 2]);

impl Begun {
    /// The `Set-Cookie` headers: the session's, and the one by which the browser is known from now on.
    #[must_use]
    pub fn cookies(self) -> [HeaderValue; 2] {
        self.0
    }

    /// Sends the cookies with a server function's answer.
    pub(super) fn into_response_options(self) {
        self.0.into_iter().for_each(set_cookie);
    }
}

fn set_cookie(cookie: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

/// Signs `user` in at the caller's browser. Always a new session, so that none can be planted before.
///
/// # Errors
/// When the database does not do it.
pub async fn begin_session(caller: &Caller, user: UserId) -> Result<Begun, Refusal> {
    let app = caller.app();
    if let Ok(old) = caller.session() {
        session::Entity::delete_by_id(old.id).exec(app.store.read()).await?;
    }
    let (token, now) = (random_token(), app.clock.now());
    let row = session::ActiveModel {
        id: Set(SessionId(Uuid::now_v7())),
        token_hash: Set(hash(&token)),
        user_id: Set(user),
        browser: Set(caller.browser()),
        created_at: Set(now),
        seen_at: Set(now),
    };
    session::Entity::insert(row).exec_without_returning(app.store.read()).await?;
    Ok(Begun([app.cookies.session(&token, LIFE), browsers::remember(caller, user).await?]))
}

/// Removes sessions that are over, and browsers that were long unused.
///
/// # Errors
/// When the database does not do it.
pub async fn sweep(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let over = session::Column::CreatedAt.lt(now - LIFE).or(session::Column::SeenAt.lt(now - IDLE));
    session::Entity::delete_many().filter(over).exec(app.store.read()).await?;
    browsers::sweep(app).await
}

/// The session that the request's cookie names, unless it has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn session_of(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Refusal> {
    let Some(token) = app.cookies.read_session(headers) else { return Ok(None) };
    let (db, now) = (app.store.read(), app.clock.now());
    let found = session::Entity::find().filter(session::Column::TokenHash.eq(hash(&token))).one(db).await?;
    let Some(row) = found.filter(|row| is_alive(row, now)) else { return Ok(None) };
    let Some(person) = user::Entity::find_by_id(row.user_id).one(db).await? else { return Ok(None) };
    is_seen(app, &row, now).await;
    Ok(Some(Session { id: row.id, user: person.id, name: person.name, email: person.email }))
}

async fn is_seen(app: &App, row: &session::Model, now: Moment) {
    if now.since(row.seen_at) <= SEEN_EVERY {
        return;
    }
    let seen = session::ActiveModel { id: Set(row.id), seen_at: Set(now), ..Default::default() };
    // Many: the session may have been ended meanwhile, and that is no error.
    let own = session::Entity::update_many().set(seen).filter(session::Column::Id.eq(row.id));
    // Nor is it worth a refusal when the disk is full: whoever only looks needs no room.
    if let Err(error) = own.exec(app.store.read()).await {
        warn!(%error, "a session's use is not written down");
    }
}

fn is_alive(row: &session::Model, now: Moment) -> bool {
    now.since(row.seen_at) < IDLE && now.since(row.created_at) < LIFE
}

/// Whether the session still lives, for streams that outlive their request.
///
/// # Errors
/// When the database does not answer.
pub async fn follow(app: &App, id: SessionId) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let Some(row) = session::Entity::find_by_id(id).one(app.store.read()).await? else { return Ok(false) };
    // A stream that is read is a session that is used, so only its whole life counts here.
    is_seen(app, &row, now).await;
    Ok(now.since(row.created_at) < LIFE)
}

/// The browsers in which the caller is signed in, the latest first.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn sessions(caller: &Caller) -> Result<Vec<SessionCard>, Refusal> {
    let own = caller.session()?;
    let now = caller.app().clock.now();
    let rows = session::Entity::find()
        .filter(session::Column::UserId.eq(own.user))
        .order_by_desc(session::Column::SeenAt)
        .all(caller.app().store.read())
        .await?;
    let card = |row: session::Model| SessionCard {
        id: row.id,
        browser: row.browser,
        since: row.created_at,
        seen_at: row.seen_at,
        is_this: row.id == own.id,
    };
    Ok(rows.into_iter().filter(|row| is_alive(row, now)).map(card).collect())
}

/// Signs one of the caller's browsers out.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not theirs, or has ended.
pub async fn end_session(caller: &Caller, id: SessionId) -> Result<(), Refusal> {
    let own = caller.session()?;
    let ended = session::Entity::delete_many()
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::UserId.eq(own.user))
        .exec(caller.app().store.read())
        .await?;
    if ended.rows_affected == 0 { Err(Refusal::NotFound) } else { Ok(()) }
}

/// Signs the caller's browser out and sends it to the sign-in page.
///
/// # Errors
/// When the database does not do it.
pub async fn sign_out(caller: &Caller) -> Result<(), Refusal> {
    if let Ok(own) = caller.session() {
        session::Entity::delete_by_id(own.id).exec(caller.app().store.read()).await?;
    }
    set_cookie(clear_cookie(caller.app()));
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// The header that takes the session's cookie from the browser.
#[must_use]
pub fn clear_cookie(app: &App) -> HeaderValue {
    app.cookies.session("", Duration::ZERO)
}
