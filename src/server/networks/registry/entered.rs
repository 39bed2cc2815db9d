//! Our apps as somebody enters them and takes them away: the network's own, and those at addresses that people type.
//!
//! What changes the database takes the caller's transaction, so that the change and its event are one; who has committed
//! it calls [`Networks::reload`].

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, sea_query::Expr};
use secrecy::ExposeSecret;

use super::{AppsError, Networks, hosts, registers};
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::{
        networks::{
            Definition, NetworkClient,
            instances::{Noted, read},
            kept,
            rows::{Column, Entity, Model},
        },
        settings::AppCredentials,
    },
};

/// Where an app's credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// There are none.
    Nowhere,
    /// The settings file or the environment, which win.
    Settings,
    /// The database, sealed.
    Database,
}

/// Which app of ours: the network's own, or the one at an address that people type.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The network.
    pub network: &'a NetworkId,
    /// The address, as it is known here.
    pub host: Option<&'a str>,
}

impl<'a> At<'a> {
    /// The network's own.
    #[must_use]
    pub fn own(network: &'a NetworkId) -> Self {
        Self { network, host: None }
    }

    /// How the settings call it: `gitlab`, `gitlab@git.example`.
    #[must_use]
    pub fn name(self) -> NetworkId {
        self.host.map_or_else(|| self.network.clone(), |host| hosts::at(self.network, host))
    }
}

impl Networks {
    /// The address that was typed, as it is known here. `None`: it is none of the network's, or apps are not entered for
    /// its addresses one by one. The network's own app is for the address that is meant where nobody types one.
    #[must_use]
    pub fn address(&self, network: &NetworkId, typed: &str, client: &NetworkClient) -> Option<String> {
        let instance = self.definition(network).filter(|definition| has_places(definition))?.instance.as_ref()?;
        let host = read(instance, typed, client.allowed())?.host;
        Some(host).filter(|host| instance.default.as_ref() != Some(host))
    }

    /// Where the credentials of our app at `network` come from.
    #[must_use]
    pub fn whence(&self, network: &NetworkId) -> Whence {
        match self.app_at(network) {
            _ if self.0.settings.contains_key(network) => Whence::Settings,
            Some(_) => Whence::Database,
            None => Whence::Nowhere,
        }
    }

    /// Whether the settings have an app at an address of the network.
    #[must_use]
    pub fn is_set_somewhere(&self, network: &NetworkId) -> bool {
        let begin = hosts::at(network, "").0;
        self.0.settings.keys().any(|name| name.0.starts_with(&begin))
    }

    /// The addresses of the network for which the settings or an owner say that an app is entered by hand, in the order of
    /// their names, each with its app's id and where its credentials are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn places(&self, network: &NetworkId) -> Result<Vec<(String, NetworkAppId, Whence)>, AppsError> {
        let there = Column::Network.eq(network.clone()).and(Column::Host.is_not_null());
        let rows = Entity::find().filter(Column::Workspace.is_null()).filter(there).order_by_asc(Column::Host);
        let rows = rows.all(self.0.store.read()).await?;
        Ok(rows.into_iter().filter_map(|row| self.place(row)).collect())
    }

    fn place(&self, row: Model) -> Option<(String, NetworkAppId, Whence)> {
        let Noted { registered, is_by_hand, .. } = hosts::noted(&row);
        let whence = match self.set(&row) {
            Some(_) => Whence::Settings,
            None if row.is_on && registered.is_none() => Whence::Database,
            None if is_by_hand => Whence::Nowhere,
            None => return None,
        };
        Some((row.host?, row.id, whence))
    }

    /// The id of our app there, which its redirect address carries: it is there before the network has given credentials,
    /// since it wants to hear the address first, and stays when they change.
    ///
    /// # Errors
    /// When there is no such network, or the database does not do it.
    pub async fn app_id(&self, at: At<'_>) -> Result<NetworkAppId, AppsError> {
        self.definition(at.network).ok_or_else(|| AppsError::NoSuchNetwork(at.network.clone()))?;
        if let Some((id, _)) = self.0.settings.get(&at.name()) {
            return Ok(*id);
        }
        let db = self.0.store.read();
        match at.host {
            Some(host) => Ok(hosts::row_at(db, at.network, host).await?.id),
            None => Ok(kept::current_id(db, at.network).await?),
        }
    }

    /// As [`Networks::app_id`], of an app that may be changed at run time.
    ///
    /// # Errors
    /// [`AppsError::InSettings`] where the settings have it, and as there.
    pub async fn changeable(&self, at: At<'_>) -> Result<NetworkAppId, AppsError> {
        if self.0.settings.contains_key(&at.name()) {
            return Err(AppsError::InSettings(at.name()));
        }
        self.app_id(at).await
    }

    /// Notes that an app is entered by hand at that address.
    ///
    /// # Errors
    /// When the settings have it, or the database does not do it.
    pub async fn add_place(&self, at: At<'_>) -> Result<(), AppsError> {
        let id = self.changeable(at).await?;
        let (_, noted) = self.noted(id).await?;
        self.note_of(self.0.store.read(), id, &Noted { is_by_hand: true, ..noted }).await
    }

    /// Seals the credentials of a [`Networks::changeable`] app, over those that were there. A hook secret that is not said
    /// stays.
    ///
    /// # Errors
    /// When something is empty, or the database or the vault does not do it.
    pub async fn seal(
        &self,
        db: &impl ConnectionTrait,
        (at, id): (At<'_>, NetworkAppId),
        own: &AppCredentials,
    ) -> Result<(), AppsError> {
        let has_a_name = self.definition(at.network).is_some_and(|definition| definition.client_document);
        if (own.client_id.trim().is_empty() && !has_a_name) || own.client_secret.expose_secret().trim().is_empty() {
            return Err(AppsError::Incomplete);
        }
        if at.host.is_some() {
            // It does not register itself over what was entered.
            self.renote(db, id, true).await?;
        }
        kept::put(db, &self.0.vault, id, own).await
    }

    /// Forgets the credentials of a [`Networks::changeable`] app. Its pages stay as they are, and are not looked after
    /// until there are some again. An app that could register itself does so when somebody connects a page there.
    ///
    /// # Errors
    /// When the database or the vault does not do it.
    pub async fn forget(&self, db: &impl ConnectionTrait, (at, id): (At<'_>, NetworkAppId)) -> Result<(), AppsError> {
        if at.host.is_some() {
            self.renote(db, id, false).await?;
        }
        kept::forget(db, &self.0.vault, id).await
    }

    async fn renote(&self, db: &impl ConnectionTrait, id: NetworkAppId, is_by_hand: bool) -> Result<(), AppsError> {
        let row = Entity::find_by_id(id).one(db).await?;
        let noted = row.as_ref().map(hosts::noted).unwrap_or_default();
        self.note_of(db, id, &Noted { registered: None, is_by_hand, ..noted }).await
    }

    async fn note_of(&self, db: &impl ConnectionTrait, id: NetworkAppId, noted: &Noted) -> Result<(), AppsError> {
        let change = Entity::update_many().col_expr(Column::Found, Expr::value(hosts::text(noted)));
        hosts::bumped(change).filter(Column::Id.eq(id)).exec(db).await?;
        Ok(())
    }

    /// The id by which a network is put into the table, or taken out, where apps register themselves.
    ///
    /// # Errors
    /// When apps do not, the settings have it on, or the database does not do it.
    pub async fn switchable(&self, network: &NetworkId) -> Result<NetworkAppId, AppsError> {
        let definition = self.definition(network).ok_or_else(|| AppsError::NoSuchNetwork(network.clone()))?;
        if !registers(definition) {
            return Err(AppsError::NotByItself(network.clone()));
        }
        if self.0.switched_on.contains(network) {
            return Err(AppsError::InSettings(network.clone()));
        }
        Ok(kept::current_id(self.0.store.read(), network).await?)
    }

    /// Puts the network of a [`Networks::switchable`] id into the table, or takes it out. What is connected there stays.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn switch(&self, db: &impl ConnectionTrait, id: NetworkAppId, on: bool) -> Result<(), AppsError> {
        Ok(kept::switch(db, id, on).await?)
    }
}

/// Whether apps of ours may be entered for its addresses, one by one.
#[must_use]
pub fn has_places(definition: &Definition) -> bool {
    definition.instance.as_ref().is_some_and(|instance| !instance.shares_app)
}
