//! The record of what happened: what the live icons, and later webhooks, mails and the audit trail, all read.

use serde::{Deserialize, Serialize};

use super::{Moment, NetworkCard, PageView, Reason, Returned};

/// What happened. The page's facts after it stand beside it in [`Event::page`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum EventKind {
    /// A person approved at the network, or chose the page of what was approved before.
    Connected,
    /// A person approved at the network and has not chosen the page yet.
    Unchosen,
    /// A person gave the permission back here.
    Disconnected,
    /// The network definitely refuses the permission.
    Broken {
        /// Why.
        reason: Reason,
    },
    /// The granted abilities are others than before.
    AbilitiesChanged,
    /// The network wants a person to log in there.
    LogInWanted,
    /// The network no longer does.
    LoggedIn,
    /// The day on which a person must act is near.
    Expiring,
    /// That day has moved away: it renews itself again.
    Renewed,
    /// A permission that was given back reached, or did not reach, the network.
    PermissionReturned {
        /// How it ended.
        outcome: Returned,
    },
    /// The network stopped answering, or answers again; see [`Event::network`].
    NetworkAnswering,
    /// A location has a page on one more network.
    PageAdded,
    /// The workspace has one more location.
    LocationAdded,
    /// An owner entered our app at a network.
    AppEntered {
        /// The address, where it is for one that people type.
        host: Option<String>,
    },
    /// An owner took it out.
    AppRemoved {
        /// As above.
        host: Option<String>,
    },
    /// An owner put a network where apps register themselves into the table, or took it out.
    Switched {
        /// Which of the two.
        on: bool,
    },
}

impl EventKind {
    /// Its name where figures and logs name it: as it is stored.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Unchosen => "unchosen",
            Self::Disconnected => "disconnected",
            Self::Broken { .. } => "broken",
            Self::AbilitiesChanged => "abilities_changed",
            Self::LogInWanted => "log_in_wanted",
            Self::LoggedIn => "logged_in",
            Self::Expiring => "expiring",
            Self::Renewed => "renewed",
            Self::PermissionReturned { .. } => "permission_returned",
            Self::NetworkAnswering => "network_answering",
            Self::PageAdded => "page_added",
            Self::LocationAdded => "location_added",
            Self::AppEntered { .. } => "app_entered",
            Self::AppRemoved { .. } => "app_removed",
            Self::Switched { .. } => "switched",
        }
    }
}

/// Who made it happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, by name.
    Person(String),
    /// The keeper found it.
    Keeper,
}

/// One numbered event of a workspace. Numbers have no gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in its workspace, from 1.
    pub seq: i64,
    /// When it was committed.
    pub at: Moment,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Who made it happen.
    pub actor: Actor,
    /// The page as it is after it.
    pub page: Option<PageView>,
    /// The network as it is after it.
    pub network: Option<NetworkCard>,
}

/// What a tab missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// These events, in order; maybe none.
    Events(Vec<Event>),
    /// Too much, or a number that this workspace never gave: take a new board.
    Snapshot,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_as_it_is_stored() {
        for kind in [
            EventKind::Connected,
            EventKind::Broken { reason: Reason::Removed },
            EventKind::AbilitiesChanged,
            EventKind::LogInWanted,
            EventKind::LoggedIn,
            EventKind::PermissionReturned { outcome: Returned::ByHand },
            EventKind::NetworkAnswering,
            EventKind::LocationAdded,
            EventKind::AppEntered { host: Some("git.example".into()) },
            EventKind::AppRemoved { host: None },
            EventKind::Switched { on: true },
        ] {
            let stored = serde_json::to_value(&kind).expect("it is JSON");
            assert_eq!(stored["kind"], kind.key());
        }
    }
}
