//! What the tab knows: a signal for each thing that changes by itself.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use leptos::prelude::*;

use super::{dialog::Asked, notes::Notes};
use crate::domain::{
    AttemptId, Board, Choice, LocationCard, LocationId, Me, Moment, NetworkCard, NetworkId, PageId, PageView, Span,
    Status, Tally, words,
};

/// A location's place on one network, whether or not there is a page. Clones are the same cell.
///
/// Reference-counted signals, because cells come and go with boards and belong to no component.
#[derive(Clone)]
pub struct Cell {
    /// The row.
    pub location: LocationId,
    /// The row's name.
    pub location_name: Arc<str>,
    /// The column.
    pub network: ArcRwSignal<NetworkCard>,
    /// The page, if there is one.
    pub page: ArcRwSignal<Option<PageView>>,
    /// The attempt whose popup this tab waits for.
    pub waiting: ArcRwSignal<Option<AttemptId>>,
    changes: Arc<AtomicU32>,
}

impl Cell {
    /// A cell that nothing waits for.
    #[must_use]
    pub fn new(location: LocationId, name: &str, network: ArcRwSignal<NetworkCard>, page: Option<PageView>) -> Self {
        Self {
            location,
            location_name: name.into(),
            network,
            page: ArcRwSignal::new(page),
            waiting: ArcRwSignal::new(None),
            changes: Arc::default(),
        }
    }

    /// What is seen; `None` where there is no page.
    #[must_use]
    pub fn status(&self, now: Moment) -> Option<Status> {
        self.status_if(self.waiting.get().is_some(), now)
    }

    /// What everybody else sees. Counts and filters go by it, so that a click does not move rows about.
    #[must_use]
    pub fn stored(&self, now: Moment) -> Option<Status> {
        self.status_if(false, now)
    }

    fn status_if(&self, waiting: bool, now: Moment) -> Option<Status> {
        let silent_since = self.network.with(|network| network.silent_since);
        self.page.with(|page| page.as_ref().map(|page| Status::of(&page.link, silent_since, waiting, now)))
    }

    /// "Bondi Beach on Facebook".
    #[must_use]
    pub fn name(&self) -> String {
        words::page_name(&self.location_name, &self.network_name())
    }

    /// "Facebook".
    #[must_use]
    pub fn network_name(&self) -> String {
        self.network.with_untracked(|network| network.name.clone())
    }

    /// How often the page was set, so that an answer that was asked for before the last change is not taken for news.
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.changes.load(Ordering::Relaxed)
    }
}

/// A location and its cells, in the order of the columns.
#[derive(Clone)]
pub struct Row {
    /// Its id.
    pub id: LocationId,
    /// Its name.
    pub name: Arc<str>,
    /// Its cells.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Its cell on a network.
    #[must_use]
    pub fn cell_on(&self, network: &NetworkId) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.network.with_untracked(|here| here.id == *network))
    }
}

/// How the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Nobody has asked yet: on the server, and without JavaScript, for ever.
    Unknown,
    /// What is shown is true.
    Up,
    /// It may be old.
    Reconnecting,
}

/// What the tab knows.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Who looks.
    pub me: StoredValue<Me>,
    /// Whether they may connect, disconnect and add.
    pub may_connect: RwSignal<bool>,
    /// The columns.
    pub networks: RwSignal<Vec<ArcRwSignal<NetworkCard>>>,
    /// The rows that are shown.
    pub rows: RwSignal<Vec<Row>>,
    /// All pages, shown or not, and where the rows are in the list of those that fit: counted by the server.
    pub counts: RwSignal<(Tally, Span)>,
    /// The server's time, carried on by this browser.
    pub now: RwSignal<Moment>,
    /// The last event that is in all this.
    pub seq: StoredValue<i64>,
    /// How the stream is.
    pub live: RwSignal<Live>,
    /// Set when the server knows nobody here any more.
    pub is_signed_out: RwSignal<bool>,
    /// What is said aloud.
    pub notes: Notes,
    /// What the person wants to see.
    pub choice: RwSignal<Choice>,
    /// The open dialog.
    pub asked: RwSignal<Option<Asked>>,
    aside: StoredValue<Aside>,
}

/// What the tab knows and nobody looks at.
struct Aside {
    /// The workspace's part of the address.
    slug: String,
    /// The choice that the rows are of.
    drawn: Choice,
    /// Cells whose popups are waited for, shown or not.
    held: Vec<Cell>,
    /// While a board is being asked for: the number that was known before, and the pages that were heard of since.
    late: Option<(i64, Vec<PageView>)>,
}

impl Desk {
    /// A desk for this board.
    #[must_use]
    pub fn new(me: Me, board: Board, choice: Choice) -> Self {
        let aside = Aside { slug: board.workspace.slug.clone(), drawn: choice.clone(), held: vec![], late: None };
        let desk = Self {
            me: StoredValue::new(me),
            may_connect: RwSignal::new(board.may_connect),
            networks: RwSignal::new(Vec::new()),
            rows: RwSignal::new(Vec::new()),
            counts: RwSignal::new((board.tally, board.span)),
            now: RwSignal::new(board.now),
            seq: StoredValue::new(board.seq),
            live: RwSignal::new(Live::Unknown),
            is_signed_out: RwSignal::new(false),
            notes: Notes::new(),
            choice: RwSignal::new(choice),
            asked: RwSignal::new(None),
            aside: StoredValue::new(aside),
        };
        desk.lay_out(board);
        desk
    }

    /// Whether the person has left the tab, which an answer that comes late must ask first.
    #[must_use]
    pub fn is_gone(self) -> bool {
        self.now.is_disposed()
    }

    /// The workspace's part of the address.
    #[must_use]
    pub fn slug(self) -> String {
        self.aside.with_value(|aside| aside.slug.clone())
    }

    /// The cell of a page.
    #[must_use]
    pub fn cell_of(self, page: PageId) -> Option<Cell> {
        let is_it = |cell: &&Cell| cell.page.with_untracked(|here| here.as_ref().is_some_and(|here| here.id == page));
        self.rows.with_untracked(|rows| rows.iter().flat_map(|row| &row.cells).find(is_it).cloned())
    }

    /// Takes a page as it is now, and says so where its status changed. `false` when there is no place for it.
    pub fn put(self, page: PageView) -> bool {
        self.aside.update_value(|aside| {
            if let Some((_, pages)) = &mut aside.late {
                pages.retain(|other| other.id != page.id);
                pages.push(page.clone());
            }
        });
        let Some(cell) = self.place_of(&page) else { return false };
        let now = self.now.get_untracked();
        let before = untrack(|| cell.stored(now));
        cell.changes.fetch_add(1, Ordering::Relaxed);
        if cell.page.with_untracked(|old| old.as_ref() == Some(&page)) {
            return true;
        }
        self.notes.outdate(page.id);
        cell.page.set(Some(page));
        let after = untrack(|| cell.stored(now));
        // What is green waits for no popup, whichever made it so.
        if after == Some(Status::Connected) {
            cell.waiting.set(None);
        }
        if let Some(status) = after.filter(|after| before.is_some_and(|before| before.key() != after.key())) {
            self.notes.say(words::became(&cell.name(), &cell.network_name(), &status));
        }
        true
    }

    /// Takes a network as it is now.
    pub fn put_network(self, card: NetworkCard) {
        let is_it = |network: &&ArcRwSignal<NetworkCard>| network.with_untracked(|here| here.id == card.id);
        let network = self.networks.with_untracked(|networks| networks.iter().find(is_it).cloned());
        if let Some(network) = network.filter(|network| network.with_untracked(|old| *old != card)) {
            network.set(card);
        }
    }

    /// A board of this choice is about to be asked for. Answers the rows that must stay in it: those that are shown,
    /// as long as nobody chose anew.
    pub fn before_board(self, choice: &Choice) -> String {
        let seq = self.seq.get_value();
        self.aside.update_value(|aside| aside.late = Some((seq, Vec::new())));
        if self.aside.with_value(|aside| aside.drawn != *choice) {
            return String::new();
        }
        let ids = |rows: &Vec<Row>| rows.iter().map(|row| row.id.to_string()).collect::<Vec<_>>().join(",");
        self.rows.with_untracked(ids)
    }

    /// Takes a board of this choice, unless it is older than what was known when it was asked for. What was heard of
    /// since goes before what it says. Cells that stay keep their signals, and with them the focus.
    pub fn take(self, mut board: Board, mut choice: Choice) -> bool {
        let (known, late) = self.aside.try_update_value(|aside| aside.late.take()).flatten().unwrap_or_default();
        if board.seq < known {
            return false;
        }
        let is_late = |page: &PageView| late.iter().any(|newer| newer.id == page.id);
        board.pages.retain(|page| !is_late(page));
        board.pages.extend(late);
        self.seq.update_value(|seq| *seq = board.seq.max(*seq));
        // Every cell hangs on these two. The time goes on by itself; a clock that is wrong by a minute is set anew.
        if self.may_connect.get_untracked() != board.may_connect {
            self.may_connect.set(board.may_connect);
        }
        if board.now.0.abs_diff(self.now.get_untracked().0) > 60_000 {
            self.now.set(board.now);
        }
        self.counts.set((board.tally, board.span));
        if self.choice.with_untracked(|now| *now == choice) {
            // A place beyond the end became the last one.
            choice.from = board.span.from;
            self.choice.update_untracked(|now| now.from = board.span.from);
        }
        self.aside.update_value(|aside| aside.drawn = choice);
        self.lay_out(board);
        true
    }

    /// A popup of this cell is waited for: the cell stays the same when its row goes and comes back.
    pub fn hold(self, cell: &Cell) {
        self.let_go(cell);
        self.aside.update_value(|aside| aside.held.push(cell.clone()));
    }

    /// Nothing waits for the cell any more.
    pub fn let_go(self, cell: &Cell) {
        let is_other = |other: &Cell| !Arc::ptr_eq(&other.changes, &cell.changes);
        self.aside.try_update_value(|aside| aside.held.retain(is_other));
    }

    fn held(self, location: LocationId, network: &NetworkId) -> Option<Cell> {
        let is_it = |cell: &&Cell| cell.location == location && cell.network.with_untracked(|here| here.id == *network);
        self.aside.with_value(|aside| aside.held.iter().find(is_it).cloned())
    }

    /// The cell of that page, if it is shown or held.
    pub fn place_of(self, page: &PageView) -> Option<Cell> {
        let shown = self.rows.with_untracked(|rows| {
            let row = rows.iter().find(|row| row.id == page.location)?;
            row.cell_on(&page.network).cloned()
        });
        shown.or_else(|| self.held(page.location, &page.network))
    }

    fn lay_out(self, board: Board) {
        let Board { networks, locations, pages, .. } = board;
        for card in &networks {
            self.put_network(card.clone());
        }
        let networks = self.columns(networks);
        let mut old = self.rows.get_untracked();
        old.sort_unstable_by_key(|row| row.id);
        let row = |location: &LocationCard| {
            let old = old.binary_search_by_key(&location.id, |row| row.id).ok().and_then(|at| old.get(at));
            let cell = |network: &ArcRwSignal<NetworkCard>| {
                let id = network.with_untracked(|network| network.id.clone());
                let same = old.and_then(|row| row.cell_on(&id)).cloned().or_else(|| self.held(location.id, &id));
                same.unwrap_or_else(|| Cell::new(location.id, &location.name, network.clone(), None))
            };
            Row { id: location.id, name: location.name.as_str().into(), cells: networks.iter().map(cell).collect() }
        };
        let rows = locations.iter().map(row).collect();
        self.networks.set(networks);
        self.rows.set(rows);
        self.clear_all_but(&pages);
        for page in pages {
            self.put(page);
        }
    }

    /// The columns' signals, the old ones where there are.
    fn columns(self, cards: Vec<NetworkCard>) -> Vec<ArcRwSignal<NetworkCard>> {
        let old = self.networks.get_untracked();
        let column = |card: NetworkCard| {
            let same = old.iter().find(|network| network.with_untracked(|old| old.id == card.id)).cloned();
            same.unwrap_or_else(|| ArcRwSignal::new(card))
        };
        cards.into_iter().map(column).collect()
    }

    fn clear_all_but(self, pages: &[PageView]) {
        let mut kept: Vec<PageId> = pages.iter().map(|page| page.id).collect();
        kept.sort_unstable();
        let cells: Vec<_> = self.rows.with_untracked(|rows| rows.iter().flat_map(|row| row.cells.clone()).collect());
        for cell in cells {
            if cell.page.with_untracked(|page| page.as_ref().is_some_and(|page| kept.binary_search(&page.id).is_err()))
            {
                cell.page.set(None);
            }
        }
    }
}
