//! Who is signed in.

use serde::{Deserialize, Serialize};

use super::{Moment, SessionId, UserId, WorkspaceCard};

/// The signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who they are.
    pub id: UserId,
    /// How they are called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// The workspaces they belong to, the first one first.
    pub workspaces: Vec<WorkspaceCard>,
}

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCard {
    /// Its id; it signs nobody in.
    pub id: SessionId,
    /// What the browser calls itself.
    pub browser: String,
    /// When it signed in.
    pub since: Moment,
    /// When it was last seen.
    pub seen_at: Moment,
    /// Whether it is the one that asks.
    pub is_this: bool,
}
