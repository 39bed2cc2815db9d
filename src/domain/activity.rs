//! What people read of the record: the Activity tab, and a page's own history.

use serde::{Deserialize, Serialize};

use super::{Event, Moment, NetworkId, WorkspaceCard, words::Said};

/// So many events are shown at once.
pub const EVENTS_AT_ONCE: usize = 50;
/// So many a page's dialog shows.
pub const EVENTS_OF_A_PAGE: usize = 5;

/// What the Activity tab shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Whose it is.
    pub workspace: WorkspaceCard,
    /// The events, the newest first.
    pub told: Vec<Told>,
    /// The networks to choose from: their ids and names.
    pub networks: Vec<(NetworkId, String)>,
    /// The page that it is about, where it is about one: "Bondi Beach on Facebook".
    pub page: Option<String>,
    /// Whether more locations fit the search than are looked at.
    pub is_cut: bool,
    /// Whether there are newer ones than these.
    pub has_newer: bool,
    /// Whether there are older ones.
    pub has_older: bool,
    /// The server's time.
    pub now: Moment,
}

/// An event and its sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The event.
    pub event: Event,
    /// What happened.
    pub said: Said,
}

/// What a page's dialog tells of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastEvent {
    /// When it was.
    pub at: Moment,
    /// What happened.
    pub text: String,
}
