//! How a workspace's pages on one network stand: what a consent is compared with.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{rows::page, transition::link_of};
use crate::{
    domain::{GrantId, Link, LocationId, NetworkId, PageId, WorkspaceId},
    server::{store::StoreError, vault::Place},
};

/// One page as it is, without the day that its grant knows.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub page: PageId,
    /// Whose it is.
    pub location: LocationId,
    /// Its link.
    pub link: Link,
    /// What it hangs on.
    pub grant: Option<GrantId>,
}

impl Standing {
    /// Whether nobody has chosen an account for it.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.link.pinned_to().is_none()
    }
}

/// All pages of the workspace on the network.
///
/// # Errors
/// When the database does not answer.
pub async fn standing(
    db: &impl ConnectionTrait,
    workspace: WorkspaceId,
    network: &NetworkId,
) -> Result<Vec<Standing>, StoreError> {
    let rows = page::Entity::find()
        .filter(page::Column::Workspace.eq(workspace))
        .filter(page::Column::Network.eq(network.clone()))
        .order_by_asc(page::Column::Id)
        .all(db)
        .await?;
    Ok(rows.iter().map(of).collect())
}

/// All pages that hang on the grant.
///
/// # Errors
/// When the database does not answer.
pub async fn standing_on(db: &impl ConnectionTrait, grant: GrantId) -> Result<Vec<Standing>, StoreError> {
    let hangs = page::Column::GrantId.eq(grant);
    let rows = page::Entity::find().filter(hangs).order_by_asc(page::Column::Id).all(db).await?;
    Ok(rows.iter().map(of).collect())
}

fn of(row: &page::Model) -> Standing {
    Standing { page: row.id, location: row.location, link: link_of(row, None), grant: row.grant_id }
}

/// Where the page's own token is sealed, at networks that give one for each page.
#[must_use]
pub fn token_of(workspace: WorkspaceId, page: PageId) -> Place {
    Place { workspace, table: "pages", column: "access", row: page.0 }
}
