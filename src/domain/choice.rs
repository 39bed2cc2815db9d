//! What a person wants to see of a workspace's pages, and how many there are of which kind.

use serde::{Deserialize, Serialize};

use super::{Status, words};

/// So many locations are shown at once. More are neither read nor drawn, however many the workspace has.
pub const SHOWN_AT_ONCE: usize = 50;

/// Which pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    /// All.
    All,
    /// Those that wait for a person now.
    NeedsYou,
    /// Those that will within days.
    Expiring,
    /// Those that work.
    Connected,
}

impl Show {
    /// In the order of the chips.
    pub const EACH: [Self; 4] = [Self::All, Self::NeedsYou, Self::Expiring, Self::Connected];

    /// Its name in an address.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NeedsYou => "needs-you",
            Self::Expiring => "expiring",
            Self::Connected => "connected",
        }
    }

    /// What its chip says.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::All => words::ALL,
            Self::NeedsYou => words::NEEDS_YOU,
            Self::Expiring => words::EXPIRING,
            Self::Connected => words::CONNECTED,
        }
    }

    /// Whether a page of this status is meant. A page that cannot do all it should is not counted as connected.
    #[must_use]
    pub fn fits(self, status: &Status) -> bool {
        match self {
            Self::All => true,
            Self::NeedsYou => status.needs_you(),
            Self::Expiring => matches!(status, Status::Expiring { .. }),
            Self::Connected => status.is_connected() && !status.needs_you(),
        }
    }
}

/// The search, the chip, and the place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is searched for.
    pub search: String,
    /// The pressed chip.
    pub show: Show,
    /// How many of the locations that fit come before the first that is shown.
    pub from: usize,
}

/// How many pages each chip means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All.
    pub all: usize,
    /// Those that wait for a person now.
    pub needs_you: usize,
    /// Those that will within days.
    pub expiring: usize,
    /// Those that work, the expiring ones included.
    pub connected: usize,
    /// Those that work in part: they need somebody, but are not red.
    pub partly: usize,
}

impl Tally {
    /// Counts these pages.
    #[must_use]
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Self {
        let mut tally = Self::default();
        for status in statuses {
            let one = |show: Show| usize::from(show.fits(&status));
            tally.all += 1;
            tally.needs_you += one(Show::NeedsYou);
            tally.expiring += one(Show::Expiring);
            tally.connected += one(Show::Connected);
            tally.partly += usize::from(matches!(status, Status::Partly(_)));
        }
        tally
    }

    /// What a chip says.
    #[must_use]
    pub fn count(&self, show: Show) -> usize {
        match show {
            Show::All => self.all,
            Show::NeedsYou => self.needs_you,
            Show::Expiring => self.expiring,
            Show::Connected => self.connected,
        }
    }
}

/// The part of the list that a board shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// How many locations come before it.
    pub from: usize,
    /// How many locations fit in all.
    pub all: usize,
}
