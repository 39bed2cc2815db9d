//! Network apps: who we are at each network, and whether the network answers us.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    Definition,
    definition::ClientAuth,
    pace,
    rows::{ActiveModel, Column, Entity, Model},
};
use crate::{
    domain::{Moment, NetworkAppId, NetworkCard, NetworkId},
    server::{settings::AppCredentials, store::StoreError},
};

/// A single miss happens on any day; two in a row are worth a word.
const MISSES_TO_SILENCE: i64 = 2;

/// An OAuth application at a network.
pub struct NetworkApp {
    /// Its id, which callbacks carry.
    pub id: NetworkAppId,
    /// Its network.
    pub definition: Definition,
    /// Who we are there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// What the network signs its own messages by, where that is another secret.
    pub hook_secret: Option<SecretString>,
}

impl NetworkApp {
    /// The secret, where it is one that the network may hear. A key signs, and is never said.
    #[must_use]
    pub(super) fn said_secret(&self) -> &str {
        match self.definition.token.auth {
            ClientAuth::Basic | ClientAuth::Body => self.client_secret.expose_secret(),
            ClientAuth::PrivateKeyJwt | ClientAuth::None => "",
        }
    }
}

/// The networks that this instance can use: those with a definition and an app.
#[derive(Clone, Default)]
pub struct Networks {
    apps: Arc<Vec<Arc<NetworkApp>>>,
}

impl Networks {
    /// Joins definitions and credentials; an app keeps its id over restarts.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn register(
        db: &impl ConnectionTrait,
        definitions: Vec<Definition>,
        mut credentials: HashMap<NetworkId, AppCredentials>,
    ) -> Result<Self, StoreError> {
        let mut apps = Vec::new();
        for definition in definitions {
            let Some(own) = credentials.remove(&definition.id) else { continue };
            let id = id_of(db, &definition.id, &own.client_id).await?;
            let AppCredentials { client_id, client_secret, hook_secret } = own;
            apps.push(Arc::new(NetworkApp { id, definition, client_id, client_secret, hook_secret }));
        }
        Ok(Self { apps: Arc::new(apps) })
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &NetworkApp> {
        self.apps.iter().map(AsRef::as_ref)
    }

    /// The app of that id.
    #[must_use]
    pub fn app(&self, id: NetworkAppId) -> Option<Arc<NetworkApp>> {
        self.apps.iter().find(|app| app.id == id).cloned()
    }

    /// The app that a new attempt at `network` uses.
    #[must_use]
    pub fn app_at(&self, network: &NetworkId) -> Option<Arc<NetworkApp>> {
        self.apps.iter().find(|app| app.definition.id == *network).cloned()
    }
}

async fn id_of(db: &impl ConnectionTrait, network: &NetworkId, client_id: &str) -> Result<NetworkAppId, StoreError> {
    let ours = Column::Network.eq(network.clone()).and(Column::ClientId.eq(client_id));
    let known = Entity::find().filter(Column::Workspace.is_null()).filter(ours).one(db).await?;
    if let Some(row) = known {
        return Ok(row.id);
    }
    let id = NetworkAppId(Uuid::now_v7());
    let row = ActiveModel {
        id: Set(id),
        workspace: Set(None),
        network: Set(network.clone()),
        client_id: Set(client_id.to_owned()),
        misses: Set(0),
        silent_since: Set(None),
        slot_at: Set(0),
        paused_until: Set(None),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(id)
}

/// The networks as people see them, in the order of their names.
///
/// # Errors
/// When the database does not answer.
pub async fn cards(db: &impl ConnectionTrait, networks: &Networks) -> Result<Vec<NetworkCard>, StoreError> {
    let rows: HashMap<_, _> = Entity::find().all(db).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut cards: Vec<_> = networks.apps.iter().map(|app| card(app, rows.get(&app.id))).collect();
    cards.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cards)
}

fn card(app: &NetworkApp, row: Option<&Model>) -> NetworkCard {
    NetworkCard {
        id: app.definition.id.clone(),
        name: app.definition.name.clone(),
        manage_url: app.definition.manage_url.clone(),
        silent_since: row.and_then(|row| row.silent_since),
    }
}

/// What a visit changed about whether the network answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing that people see.
    AsBefore,
    /// It began or ended: this is the network now.
    Changed(NetworkCard),
}

/// A visit got an answer.
///
/// # Errors
/// When the database does not do it.
pub async fn answered(db: &impl ConnectionTrait, app: &NetworkApp) -> Result<Silence, StoreError> {
    let Some(row) = Entity::find_by_id(app.id).one(db).await? else { return Ok(Silence::AsBefore) };
    if row.misses == 0 && row.paused_until.is_none() {
        return Ok(Silence::AsBefore);
    }
    save(db, app, 0, (None, None)).await?;
    let card = card(app, None);
    Ok(if row.silent_since.is_some() { Silence::Changed(card) } else { Silence::AsBefore })
}

/// A visit got no answer.
///
/// # Errors
/// When the database does not do it.
pub async fn missed(db: &impl ConnectionTrait, app: &NetworkApp, now: Moment) -> Result<Silence, StoreError> {
    let Some(row) = Entity::find_by_id(app.id).one(db).await? else { return Ok(Silence::AsBefore) };
    let misses = row.misses + 1;
    let begins = misses >= MISSES_TO_SILENCE && row.silent_since.is_none();
    let silent_since = if begins { Some(now) } else { row.silent_since };
    save(db, app, misses, (silent_since, pace::paused_after(misses, now).or(row.paused_until))).await?;
    if !begins {
        return Ok(Silence::AsBefore);
    }
    Ok(Silence::Changed(NetworkCard { silent_since, ..card(app, None) }))
}

async fn save(
    db: &impl ConnectionTrait,
    app: &NetworkApp,
    misses: i64,
    (silent_since, paused_until): (Option<Moment>, Option<Moment>),
) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: Set(app.id),
        misses: Set(misses),
        silent_since: Set(silent_since),
        paused_until: Set(paused_until),
        ..Default::default()
    };
    Entity::update(row).exec_without_returning(db).await?;
    Ok(())
}
