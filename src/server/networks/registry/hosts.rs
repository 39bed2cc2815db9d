//! Apps at addresses that people type: a row for each network and host, with what the server there says of itself.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{AppsError, Networks};
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::{
        networks::{
            NetworkApp,
            definition::Found,
            instances::Noted,
            kept,
            rows::{ActiveModel, Column, Entity, Model},
        },
        settings::AppCredentials,
    },
};
use std::sync::Arc;

impl Networks {
    /// The app at that address, if it can be used.
    #[must_use]
    pub fn instance(&self, network: &NetworkId, host: &str) -> Option<Arc<NetworkApp>> {
        let is_it = |app: &&Arc<NetworkApp>| app.definition.id == *network && app.host.as_deref() == Some(host);
        self.known().apps.iter().find(is_it).cloned()
    }

    /// Whether somebody has entered an app for that address.
    pub(in crate::server::networks) async fn is_entered(
        &self,
        network: &NetworkId,
        host: &str,
    ) -> Result<bool, AppsError> {
        if self.0.settings.contains_key(&at(network, host)) {
            return Ok(true);
        }
        let row = find(self.0.store.read(), network, host).await?;
        Ok(row.is_some_and(|row| row.is_on && noted(&row).registered.is_none()))
    }

    /// Keeps what the server at that address says of itself; the app's id.
    pub(in crate::server::networks) async fn note(
        &self,
        network: &NetworkId,
        host: &str,
        found: &Found,
    ) -> Result<NetworkAppId, AppsError> {
        let row = row_at(self.0.store.read(), network, host).await?;
        let before = noted(&row);
        if before.found != *found {
            let now = Noted { found: found.clone(), ..before };
            let change = Entity::update_many().col_expr(Column::Found, Expr::value(text(&now)));
            bumped(change).filter(Column::Id.eq(row.id)).exec(self.0.store.read()).await?;
        }
        self.reload().await?;
        Ok(row.id)
    }

    /// What is noted of the app, and which version of it that is.
    pub(in crate::server::networks) async fn noted(&self, id: NetworkAppId) -> Result<(i64, Noted), AppsError> {
        let row = Entity::find_by_id(id).one(self.0.store.read()).await?;
        Ok(row.map_or_else(<_>::default, |row| (row.version, noted(&row))))
    }

    /// Seals what an app was given that has registered itself, unless somebody else has changed it since that version.
    pub(in crate::server::networks) async fn put_registered(
        &self,
        (id, version): (NetworkAppId, i64),
        own: &AppCredentials,
        now: &Noted,
    ) -> Result<(), AppsError> {
        let txn = self.0.store.begin().await?;
        let change = Entity::update_many()
            .col_expr(Column::Found, Expr::value(text(now)))
            .col_expr(Column::IsOn, Expr::value(true))
            .col_expr(Column::ClientId, Expr::value(own.client_id.clone()));
        let unchanged = Column::Id.eq(id).and(Column::Version.eq(version));
        if bumped(change).filter(unchanged).exec(&txn).await?.rows_affected == 1 {
            self.0.vault.need_own_key(&txn).await?;
            self.0.vault.put(&txn, kept::secret(id), &own.client_secret).await?;
            txn.commit().await?;
        }
        self.reload().await
    }

    /// Held while an app registers itself.
    pub(in crate::server::networks) async fn registering(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.registering.lock().await
    }
}

/// How the settings call an app at an address: `gitlab@git.example`.
pub(super) fn at(network: &NetworkId, host: &str) -> NetworkId {
    NetworkId(format!("{network}@{host}"))
}

/// What is noted of a row's server; nothing, where it cannot be read.
pub(super) fn noted(row: &Model) -> Noted {
    row.found.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

pub(super) fn text(noted: &Noted) -> String {
    serde_json::to_string(noted).expect("texts are always JSON")
}

pub(in crate::server::networks) fn bumped(change: sea_orm::UpdateMany<Entity>) -> sea_orm::UpdateMany<Entity> {
    change.col_expr(Column::Version, Expr::col(Column::Version).add(1))
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    network: &NetworkId,
    host: &str,
) -> Result<Option<Model>, sea_orm::DbErr> {
    let there = Column::Network.eq(network.clone()).and(Column::Host.eq(host));
    Entity::find().filter(Column::Workspace.is_null()).filter(there).one(db).await
}

/// The row of that address; a new one where there is none, made once by however many.
pub(in crate::server::networks) async fn row_at(
    db: &impl ConnectionTrait,
    network: &NetworkId,
    host: &str,
) -> Result<Model, sea_orm::DbErr> {
    if let Some(known) = find(db, network, host).await? {
        return Ok(known);
    }
    let row = ActiveModel { host: Set(Some(host.to_owned())), ..ActiveModel::from(kept::new(network, "")) };
    let keep = OnConflict::columns([Column::Network, Column::Host]).do_nothing().to_owned();
    Entity::insert(row).on_conflict(keep).exec_without_returning(db).await?;
    let made = find(db, network, host).await?;
    made.ok_or_else(|| sea_orm::DbErr::RecordNotFound("a network app".to_owned()))
}
