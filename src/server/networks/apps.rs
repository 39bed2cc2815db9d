//! Network apps: who we are at each network, and whether the network answers us.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::Expr};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Definition, Networks,
    definition::ClientAuth,
    outside::Door,
    pace,
    rows::{Column, Entity, Model},
};
use crate::{
    domain::{Moment, NetworkAppId, NetworkCard},
    server::{
        settings::AppCredentials,
        store::{StoreError, padded},
    },
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

/// As [`cards`], of one network, whether or not it can be used.
///
/// # Errors
/// When the database does not answer.
pub async fn card_of(
    db: &impl ConnectionTrait,
    definition: &Definition,
    networks: &Networks,
) -> Result<NetworkCard, StoreError> {
    let row = match networks.app_at(&definition.id) {
        Some(app) => Entity::find_by_id(app.id).one(db).await?,
        None => None,
    };
    Ok(card(definition, row.as_ref()))
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

/// Of these apps those whose last request got no answer.
///
/// # Errors
/// When the database does not answer.
pub async fn silent_of(
    db: &impl ConnectionTrait,
    apps: impl Iterator<Item = NetworkAppId>,
) -> Result<HashSet<NetworkAppId>, StoreError> {
    let apps: HashSet<_> = apps.collect();
    let silent = Entity::find().filter(Column::Id.is_in(padded(apps))).filter(Column::Misses.gt(0));
    Ok(silent.select_only().column(Column::Id).into_tuple().all(db).await?.into_iter().collect())
}

/// A request got an answer. It ends an outage; a pause that the network asked for goes on.
///
/// # Errors
/// When the database does not do it.
pub async fn answered(db: &impl ConnectionTrait, app: &NetworkApp, now: Moment) -> Result<Silence, StoreError> {
    let Some(row) = Entity::find_by_id(app.id).one(db).await? else { return Ok(Silence::AsBefore) };
    if row.misses == 0 {
        return Ok(Silence::AsBefore);
    }
    let paused = if pace::is_outage(row.misses) { pace::asked_for(row.paused_until, now) } else { row.paused_until };
    let none = Expr::value(Option::<Moment>::None);
    let ended = Entity::update_many()
        .col_expr(Column::Misses, Expr::value(0))
        .col_expr(Column::SilentSince, none)
        .col_expr(Column::PausedUntil, Expr::value(paused))
        .filter(Column::Id.eq(app.id))
        .filter(Column::Misses.gt(0))
        .exec(db)
        .await?;
    // Of all who hear an answer at once one tells; and one of many addresses is not the network.
    let is_news = row.silent_since.is_some() && ended.rows_affected == 1 && app.host.is_none();
    Ok(if is_news { Silence::Changed(card(&app.definition, None)) } else { Silence::AsBefore })
}

/// A request got no answer.
///
/// # Errors
/// When the database does not do it.
pub async fn missed(db: &impl ConnectionTrait, app: &NetworkApp, now: Moment) -> Result<Silence, StoreError> {
    let one_more = Entity::update_many()
        .col_expr(Column::Misses, Expr::col(Column::Misses).add(1))
        .filter(Column::Id.eq(app.id))
        .exec_with_returning(db)
        .await?;
    let Some(row) = one_more.into_iter().next() else { return Ok(Silence::AsBefore) };
    let paused = pace::paused_after(row.misses, now, row.paused_until);
    if paused != row.paused_until {
        let pause = Entity::update_many().col_expr(Column::PausedUntil, Expr::value(paused));
        pause.filter(Column::Id.eq(app.id)).exec(db).await?;
    }
    if row.misses < MISSES_TO_SILENCE || row.silent_since.is_some() {
        return Ok(Silence::AsBefore);
    }
    let silent = Entity::update_many().col_expr(Column::SilentSince, Expr::value(Some(now)));
    let begins = silent.filter(Column::Id.eq(app.id)).filter(Column::SilentSince.is_null()).exec(db).await?;
    // One of many addresses is not the network.
    if begins.rows_affected == 0 || app.host.is_some() {
        return Ok(Silence::AsBefore);
    }
    Ok(Silence::Changed(NetworkCard { silent_since: Some(now), ..card(&app.definition, None) }))
}
