//! Reading the record back, a bounded part at a time.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rows::{Column, Entity};
use crate::{
    domain::{Event, LocationId, NetworkId, PageId, WorkspaceId},
    server::store::{Store, StoreError},
};

/// What of the record is asked for. Each has an index that ends in the number, so that what is not asked for costs
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// All of it.
    Everything,
    /// One page.
    Page(PageId),
    /// A location, and all of its pages.
    Location(LocationId),
    /// A network, and all pages there.
    Network(NetworkId),
}

/// Which part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The newest.
    End,
    /// What came just before this number.
    Before(i64),
    /// What came just after it.
    After(i64),
}

/// An event, and where it happened.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// Whose it is about, where it is about a location at all.
    pub location: Option<LocationId>,
}

/// At most so many events about that, nearest to the place, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn history(
    store: &Store,
    workspace: WorkspaceId,
    about: &About,
    place: Place,
    at_most: u64,
) -> Result<Vec<Recorded>, StoreError> {
    let all = Entity::find().filter(Column::Workspace.eq(workspace));
    let narrowed = match about {
        About::Everything => all,
        About::Page(page) => all.filter(Column::Page.eq(*page)),
        About::Location(location) => all.filter(Column::Location.eq(*location)),
        About::Network(network) => all.filter(Column::Network.eq(network.clone())),
    };
    let ordered = match place {
        Place::End => narrowed.order_by_desc(Column::Seq),
        Place::Before(seq) => narrowed.filter(Column::Seq.lt(seq)).order_by_desc(Column::Seq),
        Place::After(seq) => narrowed.filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq),
    };
    let rows = ordered.limit(at_most).all(store.read()).await?;
    let mut found: Vec<_> =
        rows.into_iter().map(|row| Recorded { event: row.data.0, location: row.location }).collect();
    found.sort_unstable_by_key(|recorded| std::cmp::Reverse(recorded.event.seq));
    Ok(found)
}
