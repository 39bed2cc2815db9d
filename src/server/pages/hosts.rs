//! Where pages are, at networks with many addresses: remembered so that nobody types it twice.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rows::page;
use crate::{
    domain::{PageId, PageView},
    server::store::{StoreError, Writing},
};

/// Remembers where the page was connected; also when it is not any more.
///
/// # Errors
/// When the database does not do it.
pub async fn remember_host(writing: &Writing, page: PageId, host: String) -> Result<(), StoreError> {
    let row = page::ActiveModel { id: Set(page), host: Set(Some(host)), ..Default::default() };
    page::Entity::update(row).exec_without_returning(writing.txn()).await?;
    Ok(())
}

/// The last address of the page, else of its workspace's pages on the network.
///
/// # Errors
/// When the database does not answer.
pub async fn last_host(db: &impl ConnectionTrait, view: &PageView) -> Result<Option<String>, StoreError> {
    let Some(row) = page::Entity::find_by_id(view.id).one(db).await? else { return Ok(None) };
    if row.host.is_some() {
        return Ok(row.host);
    }
    let others = page::Entity::find()
        .filter(page::Column::Workspace.eq(row.workspace))
        .filter(page::Column::Network.eq(row.network))
        .filter(page::Column::Host.is_not_null())
        .order_by_desc(page::Column::Id)
        .limit(1);
    Ok(others.one(db).await?.and_then(|other| other.host))
}
