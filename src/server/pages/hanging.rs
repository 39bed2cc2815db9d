//! How many pages would be left without an app.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait};

use super::rows::{grant, page};
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::store::StoreError,
};

/// The pages on `network` that a permission stands behind, in all workspaces; of one app of ours there, or of all.
///
/// # Errors
/// When the database does not answer.
pub async fn hanging_on(
    db: &impl ConnectionTrait,
    network: &NetworkId,
    app: Option<NetworkAppId>,
) -> Result<u64, StoreError> {
    let linked = page::Column::Link.ne(page::UNLINKED);
    let mut pages = page::Entity::find().filter(page::Column::Network.eq(network.clone())).filter(linked);
    if let Some(app) = app {
        let grants = grant::Entity::find().select_only().column(grant::Column::Id);
        let grants = grants.filter(grant::Column::NetworkApp.eq(app)).into_query();
        pages = pages.filter(page::Column::GrantId.in_subquery(grants));
    }
    Ok(pages.count(db).await?)
}
