//! What people know of a network: its name, what a page there can do, and where it keeps its own list of apps.

use serde::{Deserialize, Serialize};

use super::{Moment, NetworkId};

/// Something a page's connection can do. A network's scopes are grouped into these by its definition, because people
/// miss abilities, not scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// See the page and what is on it.
    Read,
    /// Post to the page.
    Publish,
    /// Answer comments and messages.
    Reply,
    /// Read how posts did.
    Statistics,
}

impl Ability {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Read, Self::Publish, Self::Reply, Self::Statistics];
}

/// A column of the Pages tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkCard {
    /// The definition's name.
    pub id: NetworkId,
    /// The name that people use.
    pub name: String,
    /// The network's own list of apps, where a person can remove the permission.
    pub manage_url: Option<String>,
    /// Since when the network has not answered; `None` while it does.
    pub silent_since: Option<Moment>,
}
