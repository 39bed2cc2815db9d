//! Network apps: who we are at each network, and whether the network answers us.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Definition, pace,
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
        check_slot_at: Set(0),
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
    // Of all who hear an answer at once one tells.
    let is_news = row.silent_since.is_some() && ended.rows_affected == 1;
    Ok(if is_news { Silence::Changed(card(app, None)) } else { Silence::AsBefore })
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
    if begins.rows_affected == 0 {
        return Ok(Silence::AsBefore);
    }
    Ok(Silence::Changed(NetworkCard { silent_since: Some(now), ..card(app, None) }))
}
