//! How our apps stand with their networks, for operators: all that there ever were, whether they are set up now or not.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};

use super::rows::{Column, Entity, Model};
use crate::{
    domain::{Moment, NetworkAppId, NetworkId},
    server::store::StoreError,
};

/// How an app stands.
pub struct Standing {
    /// Its id.
    pub id: NetworkAppId,
    /// Its network.
    pub network: NetworkId,
    /// Since when the network does not answer it.
    pub silent_since: Option<Moment>,
    /// Until when nothing is asked.
    pub paused_until: Option<Moment>,
}

/// All apps.
///
/// # Errors
/// When the database does not answer.
pub async fn standing(db: &impl ConnectionTrait) -> Result<Vec<Standing>, StoreError> {
    let of = |row: Model| Standing {
        id: row.id,
        network: row.network,
        silent_since: row.silent_since,
        paused_until: row.paused_until,
    };
    Ok(Entity::find().all(db).await?.into_iter().map(of).collect())
}

/// The id that the app has had since its first start; `None` before that.
///
/// # Errors
/// When the database does not answer.
pub async fn known_id(
    db: &impl ConnectionTrait,
    network: &NetworkId,
    client_id: &str,
) -> Result<Option<NetworkAppId>, StoreError> {
    let ours = Column::Network.eq(network.clone()).and(Column::ClientId.eq(client_id));
    let known = Entity::find().filter(Column::Workspace.is_null()).filter(ours).one(db).await?;
    Ok(known.map(|row| row.id))
}
