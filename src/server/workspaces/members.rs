//! Who may see what: every question names the person, and answers nothing for other people's.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, Query, SelectStatement},
};
use uuid::Uuid;

use super::rows::{location, membership, workspace};
use crate::{
    domain::{LocationCard, LocationId, PageId, Role, UserId, WorkspaceCard, WorkspaceId},
    server::{
        App,
        store::{Json, StoreError},
        vault::{Vault, VaultError},
    },
};

/// The workspace at `/w/{slug}` and the person's role in it, if they belong to it.
///
/// # Errors
/// When the database does not answer.
pub async fn of_member(app: &App, user: UserId, slug: &str) -> Result<Option<(WorkspaceCard, Role)>, StoreError> {
    found(app, user, workspace::Column::Slug.eq(slug)).await
}

/// The same, for the workspace that a page belongs to.
///
/// # Errors
/// When the database does not answer.
pub async fn of_member_at(app: &App, user: UserId, page: PageId) -> Result<Option<(WorkspaceCard, Role)>, StoreError> {
    found(app, user, owner_of("pages", page)).await
}

/// The same, for the workspace that a location belongs to.
///
/// # Errors
/// When the database does not answer.
pub async fn of_member_of(
    app: &App,
    user: UserId,
    location: LocationId,
) -> Result<Option<(WorkspaceCard, Role)>, StoreError> {
    found(app, user, owner_of("locations", location)).await
}

fn owner_of(table: &'static str, id: impl Into<sea_orm::Value>) -> sea_orm::sea_query::SimpleExpr {
    let owner: SelectStatement =
        Query::select().column("workspace").from(table).and_where(Expr::col("id").eq(id.into())).to_owned();
    workspace::Column::Id.in_subquery(owner)
}

async fn found(
    app: &App,
    user: UserId,
    which: sea_orm::sea_query::SimpleExpr,
) -> Result<Option<(WorkspaceCard, Role)>, StoreError> {
    let db = app.store.read();
    let Some(row) = workspace::Entity::find().filter(which).one(db).await? else { return Ok(None) };
    let own = membership::Entity::find_by_id((row.id, user)).one(db).await?;
    Ok(own.map(|own| (card(row, own.role.0), own.role.0)))
}

fn card(row: workspace::Model, role: Role) -> WorkspaceCard {
    WorkspaceCard { id: row.id, slug: row.slug, name: row.name, is_owner: role == Role::Owner }
}

/// The workspaces that the person belongs to, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_user(app: &App, user: UserId) -> Result<Vec<WorkspaceCard>, StoreError> {
    let db = app.store.read();
    let own = membership::Entity::find().filter(membership::Column::UserId.eq(user)).all(db).await?;
    let roles: HashMap<_, _> = own.into_iter().map(|row| (row.workspace, row.role.0)).collect();
    let rows = workspace::Entity::find()
        .filter(workspace::Column::Id.is_in(roles.keys().copied()))
        .order_by_asc(workspace::Column::CreatedAt)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((*roles.get(&row.id)?, row)))
        .map(|(role, row)| card(row, role))
        .collect())
}

/// The workspace's locations, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn locations(app: &App, workspace: WorkspaceId) -> Result<Vec<LocationCard>, StoreError> {
    let rows = location::Entity::find()
        .filter(location::Column::Workspace.eq(workspace))
        .order_by_asc(location::Column::CreatedAt)
        .order_by_asc(location::Column::Id)
        .all(app.store.read())
        .await?;
    Ok(rows.into_iter().map(|row| LocationCard { id: row.id, name: row.name }).collect())
}

/// What these locations of the workspace are called.
///
/// # Errors
/// When the database does not answer.
pub async fn names(
    app: &App,
    workspace: WorkspaceId,
    ids: impl IntoIterator<Item = LocationId>,
) -> Result<HashMap<LocationId, String>, StoreError> {
    let rows = location::Entity::find()
        .filter(location::Column::Workspace.eq(workspace))
        .filter(location::Column::Id.is_in(ids))
        .all(app.store.read())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Makes a workspace and its data key.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn create(
    txn: &DatabaseTransaction,
    vault: &Vault,
    app: &App,
    name: &str,
) -> Result<WorkspaceCard, VaultError> {
    let id = WorkspaceId(Uuid::now_v7());
    let slug = first_slug(txn, name).await?;
    let row = workspace::ActiveModel {
        id: Set(id),
        slug: Set(slug.clone()),
        name: Set(name.to_owned()),
        event_seq: Set(0),
        created_at: Set(app.clock.now()),
    };
    workspace::Entity::insert(row).exec_without_returning(txn).await?;
    vault.make_key(txn, id).await?;
    Ok(WorkspaceCard { id, slug, name: name.to_owned(), is_owner: true })
}

/// Lets `user` into the workspace.
///
/// # Errors
/// When the database does not do it.
pub async fn add_member(
    txn: &DatabaseTransaction,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
) -> Result<(), DbErr> {
    let row = membership::ActiveModel { workspace: Set(workspace), user_id: Set(user), role: Set(Json(role)) };
    membership::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// The first free address for a workspace of that name: `harbour-coffee`, then `harbour-coffee-2`.
///
/// # Errors
/// When the database does not answer.
pub async fn first_slug(db: &impl ConnectionTrait, name: &str) -> Result<String, DbErr> {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<_> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let base = if words.is_empty() { "workspace".to_owned() } else { words.join("-") };
    for number in 1.. {
        let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        if workspace::Entity::find().filter(workspace::Column::Slug.eq(slug.clone())).one(db).await?.is_none() {
            return Ok(slug);
        }
    }
    unreachable!("numbers do not end")
}
