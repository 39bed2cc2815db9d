//! Which networks there are, and who we are there: what the settings say, and what was put in at run time.
//!
//! Whoever asks gets a snapshot, so that asking costs nothing. What this process changes is in the next one at once;
//! what another process on the same database changes is there after [`Networks::reload`], which the keeper does every
//! few seconds, and [`Networks::find`] does for an id that nobody knows.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use secrecy::SecretString;
use tracing::warn;

use super::{
    Definition, NetworkApp, kept,
    rows::{Column, Entity, Model},
};
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::{
        settings::AppCredentials,
        store::{Store, StoreError},
        vault::{Vault, VaultError},
    },
};

/// Why our apps cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AppsError {
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault did not do it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is no network of that name.
    #[error("there is no network definition {0}")]
    NoSuchNetwork(NetworkId),
    /// The settings have it, and they win.
    #[error("the app at {0} is set in the settings or the environment; change it there")]
    InSettings(NetworkId),
    /// An id or a secret is empty.
    #[error("an app needs an id and a secret")]
    Incomplete,
}

impl From<sea_orm::DbErr> for AppsError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

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

/// All networks, and our apps at those that can be used. Cheap to clone.
#[derive(Clone)]
pub struct Networks(Arc<Parts>);

struct Parts {
    store: Store,
    vault: Vault,
    definitions: Vec<Definition>,
    settings: HashMap<NetworkId, (NetworkAppId, AppCredentials)>,
    known: RwLock<Arc<Known>>,
    /// One reader at a time, so that none puts back what an earlier one read.
    turn: tokio::sync::Mutex<()>,
}

/// What is known at one moment.
#[derive(Default)]
struct Known {
    apps: Vec<Arc<NetworkApp>>,
    /// The rows that they were made of, and in which version.
    versions: HashMap<NetworkAppId, i64>,
}

impl Networks {
    /// Joins definitions and credentials; an app keeps its id over restarts.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn open(
        store: &Store,
        vault: &Vault,
        definitions: Vec<Definition>,
        credentials: HashMap<NetworkId, AppCredentials>,
    ) -> Result<Self, AppsError> {
        let mut settings = HashMap::new();
        for (network, own) in credentials {
            let id = kept::id_of(store.read(), &network, &own.client_id).await?;
            settings.insert(network, (id, own));
        }
        let (store, vault) = (store.clone(), vault.clone());
        let parts = Parts { store, vault, definitions, settings, known: RwLock::default(), turn: <_>::default() };
        let networks = Self(Arc::new(parts));
        networks.reload().await?;
        Ok(networks)
    }

    /// Every network that has a definition, with or without an app.
    #[must_use]
    pub fn definitions(&self) -> &[Definition] {
        &self.0.definitions
    }

    /// The definition of that name.
    #[must_use]
    pub fn definition(&self, network: &NetworkId) -> Option<&Definition> {
        self.0.definitions.iter().find(|definition| definition.id == *network)
    }

    /// All apps.
    pub fn all(&self) -> impl Iterator<Item = Arc<NetworkApp>> {
        self.known().apps.clone().into_iter()
    }

    /// Of each network that can be used the app that stands for it.
    pub fn in_use(&self) -> impl Iterator<Item = Arc<NetworkApp>> {
        self.0.definitions.iter().filter_map(|definition| self.app_at(&definition.id))
    }

    /// The app of that id.
    #[must_use]
    pub fn app(&self, id: NetworkAppId) -> Option<Arc<NetworkApp>> {
        self.known().apps.iter().find(|app| app.id == id).cloned()
    }

    /// As [`Networks::app`]; one that is not known may be another process's, so the database is asked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&self, id: NetworkAppId) -> Result<Option<Arc<NetworkApp>>, AppsError> {
        if let Some(known) = self.app(id) {
            return Ok(Some(known));
        }
        self.reload().await?;
        Ok(self.app(id))
    }

    /// The app that a new attempt at `network` uses.
    #[must_use]
    pub fn app_at(&self, network: &NetworkId) -> Option<Arc<NetworkApp>> {
        self.known().apps.iter().find(|app| app.definition.id == *network).cloned()
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

    /// The id of our app at `network`, which its redirect address carries: it is there before the network has given
    /// credentials, since it wants to hear the address first, and stays when they change.
    ///
    /// # Errors
    /// When there is no such network, or the database does not do it.
    pub async fn app_id(&self, network: &NetworkId) -> Result<NetworkAppId, AppsError> {
        self.definition(network).ok_or_else(|| AppsError::NoSuchNetwork(network.clone()))?;
        if let Some((id, _)) = self.0.settings.get(network) {
            return Ok(*id);
        }
        Ok(kept::current_id(self.0.store.read(), network).await?)
    }

    /// Seals the credentials of our app at `network`, over those that were there. A hook secret that is not said stays.
    ///
    /// # Errors
    /// When the settings have the app, something is empty, or the database or the vault does not do it.
    pub async fn put_credentials(&self, network: &NetworkId, own: &AppCredentials) -> Result<(), AppsError> {
        let id = self.changeable(network).await?;
        kept::put(&self.0.store, &self.0.vault, id, own).await?;
        self.reload().await
    }

    /// Forgets the credentials of our app at `network`. Its pages stay as they are, and are not looked after until there
    /// are some again.
    ///
    /// # Errors
    /// When the settings have the app, or the database does not do it.
    pub async fn forget_credentials(&self, network: &NetworkId) -> Result<(), AppsError> {
        let id = self.changeable(network).await?;
        kept::forget(&self.0.store, &self.0.vault, id).await?;
        self.reload().await
    }

    async fn changeable(&self, network: &NetworkId) -> Result<NetworkAppId, AppsError> {
        match self.whence(network) {
            Whence::Settings => Err(AppsError::InSettings(network.clone())),
            _ => self.app_id(network).await,
        }
    }

    /// Reads what was put in or taken away since, by whichever process.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reload(&self) -> Result<(), AppsError> {
        let _turn = self.0.turn.lock().await;
        let rows = Entity::find()
            .filter(Column::Workspace.is_null())
            .order_by_asc(Column::Id)
            .all(self.0.store.read())
            .await?;
        let before = self.known();
        let mut now = Known::default();
        for row in rows {
            let unchanged = before.versions.get(&row.id) == Some(&row.version);
            let app = match before.apps.iter().find(|app| app.id == row.id).filter(|_| unchanged) {
                Some(app) => Some(app.clone()),
                None => self.made(&row).await?.map(Arc::new),
            };
            if let Some(app) = app {
                now.versions.insert(row.id, row.version);
                now.apps.push(app);
            }
        }
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
        Ok(())
    }

    fn known(&self) -> Arc<Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The app of a row, if it is one that can be used.
    async fn made(&self, row: &Model) -> Result<Option<NetworkApp>, AppsError> {
        let Some(definition) = self.definition(&row.network) else { return Ok(None) };
        let own = match self.0.settings.get(&row.network) {
            Some((id, own)) if *id == row.id => own.clone(),
            Some(_) => return Ok(None),
            None if row.is_on && !row.client_id.is_empty() => match self.kept(row).await {
                Err(AppsError::Vault(error)) if error.is_lost() => {
                    // One that must be entered again takes no other with it.
                    warn!(network = %row.network, %error, "the credentials of an app do not open; enter them again");
                    return Ok(None);
                }
                kept => kept?,
            },
            None => return Ok(None),
        };
        let AppCredentials { client_id, client_secret, hook_secret } = own;
        Ok(Some(NetworkApp { id: row.id, definition: definition.clone(), client_id, client_secret, hook_secret }))
    }

    async fn kept(&self, row: &Model) -> Result<AppCredentials, AppsError> {
        let (db, vault) = (self.0.store.read(), &self.0.vault);
        let client_secret: SecretString = vault.get(db, kept::secret(row.id)).await?;
        let hook_secret = vault.find(db, kept::hook_secret(row.id)).await?;
        Ok(AppCredentials { client_id: row.client_id.clone(), client_secret, hook_secret })
    }
}
