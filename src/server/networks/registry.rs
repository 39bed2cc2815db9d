//! Which networks there are, and who we are there: what the settings say, and what was put in at run time.
//!
//! Whoever asks gets a snapshot, so that asking costs nothing. What this process changes is in the next one at once;
//! what another process on the same database changes is there after [`Networks::reload`], which happens every few
//! seconds, and [`Networks::find`] does it for an id that nobody knows.

mod entered;
mod error;
pub(super) mod hosts;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use secrecy::SecretString;
use tracing::warn;

pub use self::{
    entered::{At, Whence, has_places},
    error::AppsError,
};
use super::{
    Definition, NetworkApp, documents,
    instances::read,
    kept,
    rows::{Column, Entity, Model},
};
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::{settings::AppCredentials, store::Store, vault::Vault},
};

/// All networks, and our apps at those that can be used. Cheap to clone.
#[derive(Clone)]
pub struct Networks(Arc<Parts>);

struct Parts {
    store: Store,
    vault: Vault,
    definitions: Vec<Definition>,
    settings: HashMap<NetworkId, (NetworkAppId, AppCredentials)>,
    /// Those of the settings where apps register themselves.
    switched_on: Vec<NetworkId>,
    origin: String,
    known: RwLock<Arc<Known>>,
    /// One reader at a time, so that none puts back what an earlier one read.
    turn: tokio::sync::Mutex<()>,
    registering: tokio::sync::Mutex<()>,
}

/// What the settings say of networks.
#[derive(Clone, Default)]
pub struct Set {
    /// Our apps: by the network's id, or `id@host` where it has many addresses.
    pub apps: HashMap<NetworkId, AppCredentials>,
    /// Networks that are in use though nobody has entered an app: it registers itself.
    pub switched_on: Vec<NetworkId>,
    /// Where this instance is: some networks know us by an address of ours.
    pub origin: String,
}

/// What is known at one moment.
#[derive(Default)]
struct Known {
    apps: Vec<Arc<NetworkApp>>,
    /// The rows that they were made of, in which version, and in which version their network's own was.
    versions: HashMap<NetworkAppId, (i64, i64)>,
    /// Networks that are switched on, where apps register themselves.
    on: HashSet<NetworkId>,
    /// Networks that have an app at an address at which nobody has looked yet.
    entered: HashSet<NetworkId>,
}

impl Networks {
    /// Joins definitions and credentials; an app keeps its id over restarts.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn open(store: &Store, vault: &Vault, definitions: Vec<Definition>, set: Set) -> Result<Self, AppsError> {
        let mut settings = HashMap::new();
        for (network, own) in set.apps {
            let id = match network.0.split_once('@') {
                Some((network, host)) => kept::id_at(store.read(), &NetworkId(network.to_owned()), host, &own).await?,
                None => kept::id_of(store, &network, &own.client_id).await?,
            };
            settings.insert(network, (id, own));
        }
        let networks = Self(Arc::new(Parts {
            store: store.clone(),
            vault: vault.clone(),
            definitions,
            settings,
            switched_on: set.switched_on,
            origin: set.origin,
            known: RwLock::default(),
            turn: <_>::default(),
            registering: <_>::default(),
        }));
        Box::pin(networks.reload()).await?;
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

    /// The networks that can be used: those with an app, and those that are switched on.
    #[must_use]
    pub fn in_use(&self) -> Vec<&Definition> {
        let known = self.known();
        let has_app = |id: &NetworkId| known.apps.iter().any(|app| app.definition.id == *id);
        let is_on = |id: &NetworkId| known.on.contains(id) || known.entered.contains(id) || has_app(id);
        self.0.definitions.iter().filter(|definition| is_on(&definition.id)).collect()
    }

    /// Whether the network is switched on, where apps register themselves.
    #[must_use]
    pub fn is_on(&self, network: &NetworkId) -> bool {
        self.known().on.contains(network)
    }

    /// Whether the settings have it on, which win.
    #[must_use]
    pub fn is_on_by_settings(&self, network: &NetworkId) -> bool {
        self.0.switched_on.contains(network)
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

    /// The network's own app: what a new attempt uses, unless people type an address of the network.
    #[must_use]
    pub fn app_at(&self, network: &NetworkId) -> Option<Arc<NetworkApp>> {
        self.known().apps.iter().find(|app| app.definition.id == *network && app.host.is_none()).cloned()
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
        let mut now = Known { on: self.0.switched_on.iter().cloned().collect(), ..Known::default() };
        // A network's own row first: others may share its app.
        let (own, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.host.is_none());
        let mut mains = HashMap::new();
        for row in own.into_iter().chain(others) {
            match &row.host {
                None if row.is_on && self.definition(&row.network).is_some_and(registers) => {
                    now.on.insert(row.network.clone());
                }
                Some(_) if row.is_on || self.set(&row).is_some() => drop(now.entered.insert(row.network.clone())),
                _ => {}
            }
            let main: Option<&Arc<NetworkApp>> = mains.get(&row.network);
            let main_version = main.and_then(|main| now.versions.get(&main.id)).map_or(0, |(version, _)| *version);
            let version = (row.version, main_version);
            let unchanged = before.versions.get(&row.id) == Some(&version);
            let app = match before.apps.iter().find(|app| app.id == row.id).filter(|_| unchanged) {
                Some(app) => Some(app.clone()),
                None => self.made(&row, main.map(AsRef::as_ref)).await?.map(Arc::new),
            };
            let Some(app) = app else { continue };
            if row.host.is_none() {
                mains.insert(row.network.clone(), app.clone());
            }
            now.versions.insert(row.id, version);
            now.apps.push(app);
        }
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
        Ok(())
    }

    fn known(&self) -> Arc<Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The app of a row, if it is one that can be used. `main` is the network's own.
    async fn made(&self, row: &Model, main: Option<&NetworkApp>) -> Result<Option<NetworkApp>, AppsError> {
        let Some(definition) = self.definition(&row.network) else { return Ok(None) };
        let Some(here) = here(definition, row) else { return Ok(None) };
        let shares = definition.instance.as_ref().is_some_and(|instance| instance.shares_app) && row.host.is_some();
        let own = match (self.set(row), main) {
            (_, Some(main)) if shares => main.credentials(),
            (_, None) if shares => return Ok(None),
            (Some((id, own)), _) if *id == row.id => own.clone(),
            (None, _) if row.is_on && (definition.client_document || !row.client_id.is_empty()) => {
                match self.kept(row).await {
                    Err(AppsError::Vault(error)) if error.is_lost() => {
                        // One that must be entered again takes no other with it.
                        warn!(network = %row.network, %error, "the credentials of an app do not open; enter them again");
                        return Ok(None);
                    }
                    kept => kept?,
                }
            }
            _ => return Ok(None),
        };
        let callback = main.filter(|_| shares).map_or(row.id, |main| main.id);
        let (here, own) = documents::dressed(here, own, &self.0.origin, callback);
        Ok(Some(NetworkApp { callback, host: row.host.clone(), ..NetworkApp::new(row.id, here, own) }))
    }

    /// What the settings say of a row's place.
    fn set(&self, row: &Model) -> Option<&(NetworkAppId, AppCredentials)> {
        match &row.host {
            Some(host) => self.0.settings.get(&hosts::at(&row.network, host)),
            None => self.0.settings.get(&row.network),
        }
    }

    async fn kept(&self, row: &Model) -> Result<AppCredentials, AppsError> {
        let (db, vault) = (self.0.store.read(), &self.0.vault);
        let client_secret: SecretString = vault.get(db, kept::secret(row.id)).await?;
        let hook_secret = vault.find(db, kept::hook_secret(row.id)).await?;
        Ok(AppCredentials { client_id: row.client_id.clone(), client_secret, hook_secret })
    }
}

fn registers(definition: &Definition) -> bool {
    definition.instance.as_ref().is_some_and(|instance| instance.register.is_some())
}

/// The definition as it is at a row's address. `None`: nobody has looked there yet, or what is known makes none.
fn here(definition: &Definition, row: &Model) -> Option<Definition> {
    let Some(instance) = &definition.instance else { return Some(definition.clone()) };
    match (&row.host, &instance.default) {
        (Some(_), _) => {
            let found = Some(hosts::noted(row).found).filter(|found| !found.origin.is_empty())?;
            definition.at(&found).ok()
        }
        (None, Some(default)) => definition.at(&read(instance, default, &[])?.found()).ok(),
        // It stands for all of them, and is asked for nothing itself.
        (None, None) => Some(definition.clone()).filter(|_| instance.shares_app),
    }
}
