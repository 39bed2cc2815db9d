//! Our apps as rows: one id for each, which stays whatever the credentials are; secrets sealed by the instance's own key.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    AppsError,
    registry::hosts,
    rows::{ActiveModel, Column, Entity, Model},
};
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::{
        settings::AppCredentials,
        store::{Backend, Store, StoreError},
        vault::{INSTANCE, Place, Vault},
    },
};

/// Where an app's secret is sealed.
pub(super) fn secret(app: NetworkAppId) -> Place {
    Place { workspace: INSTANCE, table: "network_apps", column: "client_secret", row: app.0 }
}

/// Where that is sealed which the network signs its own messages by.
pub(super) fn hook_secret(app: NetworkAppId) -> Place {
    Place { workspace: INSTANCE, table: "network_apps", column: "hook_secret", row: app.0 }
}

/// The id of the app that the settings name: the one of that client, or one that had none yet, or a new one. Of any number
/// of processes that start at once, one makes it.
pub(super) async fn id_of(store: &Store, network: &NetworkId, client_id: &str) -> Result<NetworkAppId, StoreError> {
    let txn = alone(store).await?;
    for known in [client_id, ""] {
        let oldest = of(network).filter(Column::ClientId.eq(known)).order_by_asc(Column::Id);
        if let Some(row) = oldest.one(&txn).await? {
            let named = ActiveModel { id: Set(row.id), client_id: Set(client_id.to_owned()), ..Default::default() };
            Entity::update(named).exec_without_returning(&txn).await?;
            txn.commit().await?;
            return Ok(row.id);
        }
    }
    let id = insert(&txn, network, client_id).await?;
    txn.commit().await?;
    Ok(id)
}

/// A transaction in which no other process makes an app. An index could not keep them apart: an app that is put in at run
/// time may be the one that the settings once named.
async fn alone(store: &Store) -> Result<DatabaseTransaction, StoreError> {
    let txn = store.begin().await?;
    if store.backend() == Backend::Postgres {
        txn.execute_unprepared("LOCK TABLE network_apps IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    Ok(txn)
}

/// The id of the app that is put in at run time: the one that is in use, or the newest, or a new one.
pub(super) async fn current_id(db: &impl ConnectionTrait, network: &NetworkId) -> Result<NetworkAppId, StoreError> {
    let rows = of(network).order_by_desc(Column::Id).all(db).await?;
    match rows.iter().find(|row| row.is_on).or(rows.first()) {
        Some(row) => Ok(row.id),
        None => insert(db, network, "").await,
    }
}

/// As [`id_of`], of an app at an address of the network.
pub(super) async fn id_at(
    db: &impl ConnectionTrait,
    network: &NetworkId,
    host: &str,
    own: &AppCredentials,
) -> Result<NetworkAppId, StoreError> {
    let id = hosts::row_at(db, network, host).await?.id;
    let named = ActiveModel { id: Set(id), client_id: Set(own.client_id.clone()), ..Default::default() };
    Entity::update(named).exec_without_returning(db).await?;
    Ok(id)
}

/// Turns a network on or off where apps register themselves.
pub(super) async fn switch(db: &impl ConnectionTrait, app: NetworkAppId, on: bool) -> Result<(), DbErr> {
    change(db, app, on, None).await
}

fn of(network: &NetworkId) -> sea_orm::Select<Entity> {
    let own = Column::Network.eq(network.clone()).and(Column::Host.is_null());
    Entity::find().filter(Column::Workspace.is_null()).filter(own)
}

async fn insert(db: &impl ConnectionTrait, network: &NetworkId, client_id: &str) -> Result<NetworkAppId, StoreError> {
    let row = new(network, client_id);
    Entity::insert(ActiveModel::from(row.clone())).exec_without_returning(db).await?;
    Ok(row.id)
}

pub(super) fn new(network: &NetworkId, client_id: &str) -> Model {
    Model {
        id: NetworkAppId(Uuid::now_v7()),
        workspace: None,
        network: network.clone(),
        client_id: client_id.to_owned(),
        misses: 0,
        silent_since: None,
        slot_at: 0,
        check_slot_at: 0,
        paused_until: None,
        host: None,
        is_on: false,
        version: 0,
        found: None,
    }
}

/// Seals the credentials, and turns the app on.
pub(super) async fn put(
    db: &impl ConnectionTrait,
    vault: &Vault,
    app: NetworkAppId,
    own: &AppCredentials,
) -> Result<(), AppsError> {
    vault.need_own_key(db).await?;
    vault.put(db, secret(app), &own.client_secret).await?;
    if let Some(hook) = &own.hook_secret {
        vault.put(db, hook_secret(app), hook).await?;
    }
    Ok(change(db, app, true, Some(&own.client_id)).await?)
}

/// Forgets the credentials, and turns the app off.
pub(super) async fn forget(db: &impl ConnectionTrait, vault: &Vault, app: NetworkAppId) -> Result<(), AppsError> {
    vault.forget(db, secret(app)).await?;
    vault.forget(db, hook_secret(app)).await?;
    Ok(change(db, app, false, None).await?)
}

/// On or off, and with that client; other processes see it by the version.
async fn change(db: &impl ConnectionTrait, app: NetworkAppId, on: bool, client_id: Option<&str>) -> Result<(), DbErr> {
    let mut change = hosts::bumped(Entity::update_many()).col_expr(Column::IsOn, Expr::value(on));
    if let Some(client_id) = client_id {
        change = change.col_expr(Column::ClientId, Expr::value(client_id));
    }
    change.filter(Column::Id.eq(app)).exec(db).await?;
    Ok(())
}
