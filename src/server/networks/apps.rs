//! Network apps: who we are at each network, and whether the network answers us.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Definition, Networks,
    definition::ClientAuth,
    outside::Door,
    pace,
    rows::{ActiveModel, Entity, Model},
};
use crate::{
    domain::{Moment, NetworkAppId, NetworkCard},
    server::{settings::AppCredentials, store::StoreError},
};

/// A single miss happens on any day; two in a row are worth a word.
const MISSES_TO_SILENCE: i64 = 2;

/// An OAuth application at a network.
pub struct NetworkApp {
    /// Its id.
    pub id: NetworkAppId,
    /// The app whose address people come back to: itself, or the network's own where all addresses share one.
    pub callback: NetworkAppId,
    /// Where it is, when that is an address that a person typed.
    pub host: Option<String>,
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

    /// The app of that id, at an address that stands in its definition.
    #[must_use]
    pub fn new(id: NetworkAppId, definition: Definition, own: AppCredentials) -> Self {
        let AppCredentials { client_id, client_secret, hook_secret } = own;
        Self { id, callback: id, host: None, definition, client_id, client_secret, hook_secret }
    }

    /// Who we are there.
    #[must_use]
    pub fn credentials(&self) -> AppCredentials {
        AppCredentials {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            hook_secret: self.hook_secret.clone(),
        }
    }

    /// Who chose the hosts that it asks.
    #[must_use]
    pub fn door(&self) -> Door {
        if self.host.is_some() { Door::Outside } else { Door::Known }
    }

    /// The network's id of somebody, told apart from the same id at another address of the network.
    #[must_use]
    pub fn qualified(&self, id: &str) -> String {
        self.host.as_ref().map_or_else(|| id.to_owned(), |host| format!("{id}@{host}"))
    }

    /// An id as the network itself has it.
    #[must_use]
    pub fn unqualified<'a>(&self, id: &'a str) -> &'a str {
        let end = self.host.as_ref().map(|host| format!("@{host}"));
        end.and_then(|end| id.strip_suffix(&end)).unwrap_or(id)
    }
}

/// The networks as people see them, in the order of their names.
///
/// # Errors
/// When the database does not answer.
pub async fn cards(db: &impl ConnectionTrait, networks: &Networks) -> Result<Vec<NetworkCard>, StoreError> {
    let rows: HashMap<_, _> = Entity::find().all(db).await?.into_iter().map(|row| (row.id, row)).collect();
    let row = |definition: &Definition| rows.get(&networks.app_at(&definition.id)?.id);
    let mut cards: Vec<_> = networks.in_use().into_iter().map(|definition| card(definition, row(definition))).collect();
    cards.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cards)
}

fn card(definition: &Definition, row: Option<&Model>) -> NetworkCard {
    // Where people type an address, each has a list of its own.
    let has_one_list = definition.instance.is_none();
    NetworkCard {
        id: definition.id.clone(),
        name: definition.name.clone(),
        manage_url: definition.manage_url.clone().filter(|_| has_one_list),
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
    let card = card(&app.definition, None);
    Ok(if row.silent_since.is_some() && app.host.is_none() { Silence::Changed(card) } else { Silence::AsBefore })
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
    // One of many addresses is not the network.
    if !begins || app.host.is_some() {
        return Ok(Silence::AsBefore);
    }
    Ok(Silence::Changed(NetworkCard { silent_since, ..card(&app.definition, None) }))
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
