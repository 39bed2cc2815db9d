//! Links that the terminal shows: whoever can read the terminal may come in. Each works once.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::{
    rows::link,
    sessions::{Begun, begin_session},
};
use crate::{
    domain::{Moment, UserId},
    server::{
        App, Caller, Refusal,
        store::StoreError,
        vault::{hash, random_token},
    },
};

/// A terminal is read within a day or not at all.
const LIFE: Duration = Duration::from_hours(24);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the first owner.
    SetUp,
    /// Signs that person in.
    SignIn(UserId),
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::SignIn(_) => "sign_in",
        }
    }

    fn user(self) -> Option<UserId> {
        match self {
            Self::SetUp => None,
            Self::SignIn(user) => Some(user),
        }
    }
}

/// Makes a link and answers its secret part. Earlier ones for setting up end.
///
/// # Errors
/// When the database does not do it.
pub async fn make_link(app: &App, purpose: Purpose) -> Result<String, StoreError> {
    let token = random_token();
    let db = app.store.read();
    if purpose == Purpose::SetUp {
        link::Entity::delete_many().filter(link::Column::Purpose.eq(purpose.name())).exec(db).await?;
    }
    let row = link::ActiveModel {
        token_hash: Set(hash(&token)),
        purpose: Set(purpose.name().to_owned()),
        user_id: Set(purpose.user()),
        expires_at: Set(app.clock.now() + LIFE),
    };
    link::Entity::insert(row).exec_without_returning(db).await?;
    Ok(token)
}

/// Takes the link; whoever comes second finds nothing.
pub(super) async fn take_link(
    db: &impl ConnectionTrait,
    token: &str,
    purpose: Purpose,
    now: Moment,
) -> Result<Option<link::Model>, DbErr> {
    let taken = link::Entity::delete_many()
        .filter(link::Column::TokenHash.eq(hash(token)))
        .filter(link::Column::Purpose.eq(purpose.name()))
        .filter(link::Column::ExpiresAt.gt(now))
        .exec_with_returning(db)
        .await?;
    Ok(taken.into_iter().next())
}

/// Signs the caller's browser in by a link.
///
/// # Errors
/// [`Refusal::NotFound`] when the link was used or is too old.
pub async fn use_sign_in_link(caller: &Caller, token: &str) -> Result<Begun, Refusal> {
    let app = caller.app();
    let any = Purpose::SignIn(UserId(uuid::Uuid::nil()));
    let taken = take_link(app.store.read(), token, any, app.clock.now()).await?;
    let user = taken.and_then(|link| link.user_id).ok_or(Refusal::NotFound)?;
    begin_session(caller, user).await
}
