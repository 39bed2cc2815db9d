//! What networks told, so that what is told again is not acted on again.

use std::time::Duration;

use ring::digest::{SHA256, digest};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::rows::heard;
use crate::{
    domain::{Moment, NetworkAppId},
    server::store::StoreError,
};

/// Much longer than a network goes on telling.
const KEPT_FOR: Duration = Duration::from_hours(24 * 30);

/// Whether that app's message `id` was heard; if not, it is from now on.
///
/// # Errors
/// When the database does not do it.
pub async fn heard_before(
    db: &impl ConnectionTrait,
    network_app: NetworkAppId,
    id: &str,
    at: Moment,
) -> Result<bool, StoreError> {
    // As long as it likes, it takes as much room as any.
    let id_hash = digest(&SHA256, id.as_bytes()).as_ref().to_vec();
    let row = heard::ActiveModel { network_app: Set(network_app), id_hash: Set(id_hash), at: Set(at) };
    let once = OnConflict::columns([heard::Column::NetworkApp, heard::Column::IdHash]).do_nothing().to_owned();
    Ok(heard::Entity::insert(row).on_conflict(once).exec_without_returning(db).await? == 0)
}

/// Forgets what nobody tells any more.
///
/// # Errors
/// When the database does not do it.
pub async fn sweep(db: &impl ConnectionTrait, now: Moment) -> Result<(), StoreError> {
    heard::Entity::delete_many().filter(heard::Column::At.lt(now - KEPT_FOR)).exec(db).await?;
    Ok(())
}
