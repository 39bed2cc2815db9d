//! How our apps stand with their networks, for operators: all that there ever were, whether they are set up now or not.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::rows::{Entity, Model};
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
    /// Where it is, when that is an address that a person typed.
    pub host: Option<String>,
    /// Who we are there.
    pub client_id: String,
    /// Whether it was put in at run time, and is in use.
    pub is_on: bool,
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
        host: row.host,
        client_id: row.client_id,
        is_on: row.is_on,
        silent_since: row.silent_since,
        paused_until: row.paused_until,
    };
    Ok(Entity::find().all(db).await?.into_iter().map(of).collect())
}
