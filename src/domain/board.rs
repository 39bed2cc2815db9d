//! What the Pages tab shows, as one value.

use serde::{Deserialize, Serialize};

use super::{Link, LocationId, Moment, NetworkCard, NetworkId, PageId, PastEvent, Returned, Span, Tally, WorkspaceId};

/// The workspace as its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceCard {
    /// Its id.
    pub id: WorkspaceId,
    /// Its part of the address: `/w/{slug}/settings/pages`.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Whether this person owns it.
    pub is_owner: bool,
}

/// A row of the Pages tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationCard {
    /// Its id.
    pub id: LocationId,
    /// "Bondi Beach".
    pub name: String,
}

/// A cell of the Pages tab: a location's page on one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageView {
    /// Its id.
    pub id: PageId,
    /// Whose it is.
    pub location: LocationId,
    /// Where it is.
    pub network: NetworkId,
    /// What is known of it.
    pub link: Link,
}

/// What the Pages tab shows, true as of event number `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Whose it is.
    pub workspace: WorkspaceCard,
    /// Whether this person may connect, disconnect and add.
    pub may_connect: bool,
    /// The columns.
    pub networks: Vec<NetworkCard>,
    /// The rows: [`super::SHOWN_AT_ONCE`] of those that fit the choice.
    pub locations: Vec<LocationCard>,
    /// The cells.
    pub pages: Vec<PageView>,
    /// All pages of the workspace, shown or not.
    pub tally: Tally,
    /// Where the rows are in the list of those that fit.
    pub span: Span,
    /// The number of the last event that is in here; the stream goes on after it.
    pub seq: i64,
    /// The server's time, so that a browser with a wrong clock shows the right icons.
    pub now: Moment,
}

/// What the page's dialog says beyond its [`Link`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageDetails {
    /// When the network last confirmed the permission.
    pub checked_at: Option<Moment>,
    /// The names of the locations whose pages hang on the same permission.
    pub shared_with: Vec<String>,
    /// What disconnecting comes to, as far as it can be known before.
    pub would_be: Returned,
    /// Where in the network's own menus its list of apps is.
    pub manage_hint: Option<String>,
    /// Where it is connected, at a network with many addresses.
    #[serde(default)]
    pub instance: Option<String>,
    /// The list of apps there, where each address has its own.
    #[serde(default)]
    pub manage_url: Option<String>,
    /// Whether the network gives several pages under one permission, and can be made to ask which.
    pub has_pages: bool,
    /// The last things that happened to it, the newest first.
    pub history: Vec<PastEvent>,
}
