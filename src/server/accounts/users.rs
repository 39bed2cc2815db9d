//! People.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    browsers,
    links::{Purpose, take_link},
    passwords,
    rows::user,
    sessions::begin_session,
};
use crate::{
    domain::{Field, Me, Role, UserId, WorkspaceCard},
    server::{App, Caller, Refusal, workspaces},
};

/// The first owner and their workspace.
pub struct NewOwner {
    /// The workspace's name.
    pub workspace: String,
    /// How the person is called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// And what proves it.
    pub password: SecretString,
}

/// The signed-in person.
///
/// # Errors
/// [`Refusal::SignedOut`].
pub async fn me(caller: &Caller) -> Result<Me, Refusal> {
    let session = caller.session()?;
    let workspaces = workspaces::of_user(caller.app(), session.user).await?;
    Ok(Me { id: session.user, name: session.name.clone(), email: session.email.clone(), workspaces })
}

/// Signs the caller's browser in and sends it to the first workspace.
///
/// # Errors
/// [`Refusal::WrongPassword`], whichever of the two is wrong; [`Refusal::TooMany`] before anything is looked at.
pub async fn sign_in(caller: &Caller, email: &str, password: SecretString) -> Result<(), Refusal> {
    let (app, email) = (caller.app(), normal(email));
    let known = browsers::known(caller, &email).await?;
    app.limits.sign_in(&email, caller.address(), known.as_deref()).map_err(Refusal::TooMany)?;
    let found = user::Entity::find().filter(user::Column::Email.eq(email)).one(app.store.read()).await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    if !passwords::is_right(password, hash).await {
        return Err(Refusal::WrongPassword);
    }
    let user = found.ok_or(Refusal::WrongPassword)?;
    begin_session(caller, user.id).await?.into_response_options();
    leptos_axum::redirect("/");
    Ok(())
}

/// Makes the first owner and their workspace by the link that the terminal showed.
///
/// # Errors
/// [`Refusal::NotFound`] when the link was used or is too old, [`Refusal::BadInput`] names the field.
pub async fn set_up(caller: &Caller, token: &str, owner: NewOwner) -> Result<(), Refusal> {
    let app = caller.app();
    check(&owner)?;
    let hash = passwords::hash(owner.password.clone()).await;
    let txn = app.store.begin().await?;
    take_link(&txn, token, Purpose::SetUp, app.clock.now()).await?.ok_or(Refusal::NotFound)?;
    let (user, _) = insert(&txn, app, &owner, hash).await?;
    txn.commit().await?;
    begin_session(caller, user).await?.into_response_options();
    leptos_axum::redirect("/");
    Ok(())
}

/// Makes an owner and their workspace, for the demo.
///
/// # Errors
/// As [`set_up`].
pub async fn make_owner(app: &App, owner: NewOwner) -> Result<(UserId, WorkspaceCard), Refusal> {
    check(&owner)?;
    let hash = passwords::hash(owner.password.clone()).await;
    let txn = app.store.begin().await?;
    let made = insert(&txn, app, &owner, hash).await?;
    txn.commit().await?;
    Ok(made)
}

fn check(owner: &NewOwner) -> Result<(), Refusal> {
    workspaces::name_from(&owner.workspace)?;
    workspaces::name_from(&owner.name)?;
    let email = normal(&owner.email);
    let has_shape = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if !has_shape || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::BadInput(Field::Email));
    }
    // Length is what counts (NIST SP 800-63B); the upper bound keeps a body from becoming work.
    if !(12..=200).contains(&owner.password.expose_secret().chars().count()) {
        return Err(Refusal::BadInput(Field::Password));
    }
    Ok(())
}

async fn insert(
    txn: &DatabaseTransaction,
    app: &App,
    owner: &NewOwner,
    password_hash: String,
) -> Result<(UserId, WorkspaceCard), Refusal> {
    let id = UserId(Uuid::now_v7());
    let row = user::ActiveModel {
        id: Set(id),
        email: Set(normal(&owner.email)),
        name: Set(workspaces::name_from(&owner.name)?),
        password_hash: Set(password_hash),
        created_at: Set(app.clock.now()),
    };
    user::Entity::insert(row).exec_without_returning(txn).await?;
    let name = workspaces::name_from(&owner.workspace)?;
    let workspace = workspaces::create(txn, &app.vault, app, &name).await?;
    workspaces::add_member(txn, workspace.id, id, Role::Owner).await?;
    Ok((id, workspace))
}

fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}

/// How the person is called; "somebody" for one who is gone.
///
/// # Errors
/// When the database does not answer.
pub async fn name_of(db: &impl ConnectionTrait, id: UserId) -> Result<String, DbErr> {
    let found = user::Entity::find_by_id(id).one(db).await?;
    Ok(found.map_or_else(|| "somebody".to_owned(), |user| user.name))
}

/// Whether anybody can sign in yet.
///
/// # Errors
/// When the database does not answer.
pub async fn any_user(db: &impl ConnectionTrait) -> Result<Option<UserId>, DbErr> {
    Ok(user::Entity::find().one(db).await?.map(|user| user.id))
}
