//! Network apps: who we are at each network, and whether the network answers us.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use secrecy::SecretString;

use super::{
    Definition, Networks, pace,
    rows::{ActiveModel, Entity, Model},
};
use crate::{
    domain::{Moment, NetworkAppId, NetworkCard},
    server::store::StoreError,
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

/// The networks as people see them, in the order of their names.
///
/// # Errors
/// When the database does not answer.
pub async fn cards(db: &impl ConnectionTrait, networks: &Networks) -> Result<Vec<NetworkCard>, StoreError> {
    let rows: HashMap<_, _> = Entity::find().all(db).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut cards: Vec<_> = networks.in_use().map(|app| card(&app, rows.get(&app.id))).collect();
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
