//! What the person wants to see, and what that leaves.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::desk::{Cell, Desk, Row};
use crate::domain::{LocationId, Moment, Status, words};

/// Which pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The search and the chip.
#[derive(Clone, Copy)]
pub struct Choice {
    /// What is searched for.
    pub search: RwSignal<String>,
    /// The pressed chip.
    pub show: RwSignal<Show>,
}

impl Choice {
    /// As the address says, so that it works without JavaScript.
    #[must_use]
    pub fn from_query(query: &ParamsMap) -> Self {
        let asked = query.get("show").unwrap_or_default();
        let show = Show::EACH.into_iter().find(|show| show.key() == asked).unwrap_or(Show::All);
        Self { search: RwSignal::new(query.get("q").unwrap_or_default()), show: RwSignal::new(show) }
    }
}

/// How many pages each chip means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Counts these cells; tracks them.
    #[must_use]
    pub fn of<'a>(cells: impl IntoIterator<Item = &'a Cell>, now: Moment) -> Self {
        cells.into_iter().filter_map(|cell| cell.stored(now)).fold(Self::default(), |tally, status| {
            let one = |show: Show| usize::from(show.fits(&status));
            Self {
                all: tally.all + 1,
                needs_you: tally.needs_you + one(Show::NeedsYou),
                expiring: tally.expiring + one(Show::Expiring),
                connected: tally.connected + one(Show::Connected),
                partly: tally.partly + usize::from(matches!(status, Status::Partly(_))),
            }
        })
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

/// The rows to be seen under a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    search: String,
    show: Show,
    /// In order.
    rows: Vec<LocationId>,
}

impl Seen {
    /// Under the desk's choice. A live update may add a row but takes none away: only choosing does, so that nobody
    /// loses the row that they work in.
    #[must_use]
    pub fn on(desk: Desk, before: Option<&Self>) -> Self {
        let (search, show) = (in_small(desk.choice.search.get().trim()), desk.choice.show.get());
        let now = desk.now.get();
        let before = before.filter(|before| before.search == search && before.show == show);
        let stays = |row: &Row| before.is_some_and(|before| before.has(row.id)) || fits(row, &search, show, now);
        let mut rows: Vec<_> = desk.rows.with(|rows| rows.iter().filter(|row| stays(row)).map(|row| row.id).collect());
        rows.sort_unstable();
        Self { search, show, rows }
    }

    /// Whether the row is to be seen.
    #[must_use]
    pub fn has(&self, row: LocationId) -> bool {
        self.rows.binary_search(&row).is_ok()
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn fits(row: &Row, search: &str, show: Show, now: Moment) -> bool {
    let is_named = in_small(&row.name).contains(search);
    // A location without pages is found by its name.
    (is_named && show == Show::All)
        || row.cells.iter().any(|cell| {
            cell.stored(now).is_some_and(|status| show.fits(&status)) && (is_named || is_called(cell, search))
        })
}

fn is_called(cell: &Cell, search: &str) -> bool {
    cell.network.with(|network| in_small(&network.name).contains(search))
        || cell.page.with(|page| {
            let account = page.as_ref().and_then(|page| page.link.pinned_to());
            account.is_some_and(|account| in_small(&account.name).contains(search))
        })
}

/// In small letters, one by one: `str::to_lowercase` knows where a Greek word ends, which a search must not.
fn in_small(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
