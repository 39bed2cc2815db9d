//! What a person may do in a workspace.

use serde::{Deserialize, Serialize};

/// A membership's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, the workspace itself included.
    Owner,
    /// Connects and disconnects pages.
    Member,
    /// Looks.
    Viewer,
}

impl Role {
    /// Whether this role may connect, disconnect and add pages.
    #[must_use]
    pub fn may_connect(self) -> bool {
        matches!(self, Self::Owner | Self::Member)
    }
}
