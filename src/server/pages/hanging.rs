//! How many pages would be left without an app.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::rows::page;
use crate::{domain::NetworkId, server::store::StoreError};

/// The pages on `network` that a permission stands behind, in all workspaces.
///
/// # Errors
/// When the database does not answer.
pub async fn hanging_on(db: &impl ConnectionTrait, network: &NetworkId) -> Result<u64, StoreError> {
    let linked = page::Column::Link.ne(page::UNLINKED);
    Ok(page::Entity::find().filter(page::Column::Network.eq(network.clone())).filter(linked).count(db).await?)
}
