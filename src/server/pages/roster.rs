//! The roster: all pages of a workspace in memory, so that a tab, a search and a filter are answered without reading
//! ten thousand rows.
//!
//! It cannot be out of date: before each answer it takes the events that were recorded since, whichever process wrote
//! them, and each event carries its page as it is after it. What it cannot take makes it read everything anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    board::view_of,
    rows::{grant, page},
};
use crate::{
    domain::{
        Ability, CatchUp, Choice, Event, EventKind, GrantId, LocationCard, LocationId, Moment, NetworkCard, NetworkId,
        PageId, PageView, Reason, SHOWN_AT_ONCE, Show, Span, Status, Tally, WorkspaceId,
    },
    server::{
        App, events, networks,
        store::{Json, StoreError},
        workspaces,
    },
};

/// So many workspaces are kept; a page takes about 400 bytes, so that is less than a gigabyte of the largest.
const KEPT_AT_MOST: usize = 100;

type Shared = Arc<tokio::sync::Mutex<Roster>>;

/// The rosters of the workspaces that were asked for lately, the latest last. Clones are the same.
#[derive(Clone, Default)]
pub struct Rosters(Arc<Mutex<Vec<(WorkspaceId, Shared)>>>);

impl Rosters {
    /// Asks the workspace's roster as it is now. Who comes while it is being read waits for it instead of reading too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn ask<T>(
        &self,
        app: &App,
        workspace: WorkspaceId,
        question: impl FnOnce(&Roster, &[NetworkCard]) -> T,
    ) -> Result<(T, Vec<NetworkCard>), StoreError> {
        let shared = self.of(workspace);
        let mut roster = shared.lock().await;
        roster.catch_up(app, workspace).await?;
        // After the events: whether a network answers must be at least as new as the number that is told.
        let networks = networks::cards(app.store.read(), &app.networks).await?;
        Ok((question(&roster, &networks), networks))
    }

    fn of(&self, workspace: WorkspaceId) -> Shared {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(id, _)| *id == workspace);
        let shared = at.map(|at| kept.remove(at).1).unwrap_or_default();
        kept.push((workspace, shared.clone()));
        if kept.len() > KEPT_AT_MOST {
            kept.remove(0);
        }
        shared
    }
}

/// A location and its pages.
struct Line {
    card: LocationCard,
    pages: Vec<PageView>,
}

/// The pages of one workspace.
#[derive(Default)]
pub(super) struct Roster {
    /// The last event that is in it; `None` before it was read.
    seq: Option<i64>,
    /// In the order of the tab.
    lines: Vec<Line>,
    places: HashMap<LocationId, usize>,
}

/// The part of the roster that a board shows.
pub(super) struct Part {
    pub seq: i64,
    pub locations: Vec<LocationCard>,
    pub pages: Vec<PageView>,
    pub tally: Tally,
    pub span: Span,
}

impl Roster {
    async fn catch_up(&mut self, app: &App, workspace: WorkspaceId) -> Result<(), StoreError> {
        if let Some(seq) = self.seq
            && let CatchUp::Events(missed) = events::after_in(&app.store, workspace, seq).await?
        {
            if missed.iter().any(|event| event.kind == EventKind::LocationAdded) {
                self.lay_out(workspaces::locations(app, workspace).await?);
            }
            if missed.into_iter().all(|event| self.takes(event)) {
                return Ok(());
            }
        }
        *self = Self::read(app, workspace).await?;
        Ok(())
    }

    async fn read(app: &App, workspace: WorkspaceId) -> Result<Self, StoreError> {
        let db = app.store.read();
        // The number first: what is read after it is at least as new, and an event that is taken twice does no harm.
        let seq = events::current(db, workspace).await?;
        let grants = grant::Entity::find()
            .select_only()
            .columns([grant::Column::Id, grant::Column::MustActAt])
            .filter(grant::Column::Workspace.eq(workspace))
            .filter(grant::Column::MustActAt.is_not_null())
            .into_tuple()
            .all(db);
        let pages = page::Entity::find()
            .select_only()
            .columns(COLUMNS)
            .filter(page::Column::Workspace.eq(workspace))
            .into_tuple()
            .all(db);
        // At the same time: somebody waits for the first answer after a start.
        let locations = workspaces::locations(app, workspace);
        let (locations, ends, pages) =
            tokio::try_join!(locations, async { Ok(grants.await?) }, async { Ok(pages.await?) })?;
        let (ends, pages): (Vec<(GrantId, Moment)>, Vec<Columns>) = (ends, pages);
        let ends: HashMap<GrantId, Moment> = ends.into_iter().collect();
        let mut roster = Self { seq: Some(seq), ..Self::default() };
        roster.lay_out(locations);
        for columns in pages {
            let row = row_of(workspace, columns);
            let must_act_at = row.grant_id.and_then(|grant| ends.get(&grant).copied());
            roster.put(view_of(must_act_at, row));
        }
        Ok(roster)
    }

    /// A line for each location; those that are known keep their pages.
    fn lay_out(&mut self, locations: Vec<LocationCard>) {
        let mut known: HashMap<_, _> = self.lines.drain(..).map(|line| (line.card.id, line.pages)).collect();
        self.places = locations.iter().enumerate().map(|(at, card)| (card.id, at)).collect();
        let line = |card: LocationCard| Line { pages: known.remove(&card.id).unwrap_or_default(), card };
        self.lines = locations.into_iter().map(line).collect();
    }

    /// Whether the event could be taken.
    fn takes(&mut self, event: Event) -> bool {
        self.seq = Some(event.seq);
        event.page.is_none_or(|page| self.put(page))
    }

    fn put(&mut self, page: PageView) -> bool {
        let Some(line) = self.places.get(&page.location).and_then(|at| self.lines.get_mut(*at)) else { return false };
        match line.pages.iter_mut().find(|here| here.id == page.id) {
            Some(here) => *here = page,
            None => line.pages.push(page),
        }
        true
    }

    /// What is to be seen under `choice`. `shown` are locations or pages that must stay in it, so that nobody loses
    /// the row that they work in because it does not fit any more: only choosing anew takes it away.
    pub(super) fn part(&self, choice: &Choice, shown: &[Uuid], networks: &[NetworkCard], now: Moment) -> Part {
        let judge = Judge { search: in_small(choice.search.trim()), show: choice.show, networks, now };
        let is_shown =
            |line: &&Line| shown.contains(&line.card.id.0) || line.pages.iter().any(|page| shown.contains(&page.id.0));
        let fitting: Vec<&Line> =
            self.lines.iter().filter(|line| judge.fits(line) || (!shown.is_empty() && is_shown(line))).collect();
        let stays = |line: &&Line| !shown.is_empty() && is_shown(line);
        let (first, last) = (fitting.iter().position(stays), fitting.iter().rposition(stays));
        let (from, to) = stretch(choice.from, fitting.len(), first.zip(last));
        let seen = fitting.get(from..to).unwrap_or_default();
        Part {
            seq: self.seq.unwrap_or_default(),
            locations: seen.iter().map(|line| line.card.clone()).collect(),
            pages: seen.iter().flat_map(|line| line.pages.iter().cloned()).collect(),
            tally: Tally::of(self.lines.iter().flat_map(|line| line.pages.iter().map(|page| judge.status(page)))),
            span: Span { from, all: fitting.len() },
        }
    }
}

/// In the order of [`COLUMNS`]. By their places: looking ten thousand rows' columns up by name takes as long as reading.
type Columns = (
    PageId,
    LocationId,
    NetworkId,
    String,
    Option<GrantId>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Moment>,
    Json<Vec<Ability>>,
    Option<Json<Reason>>,
    bool,
);

const COLUMNS: [page::Column; 12] = [
    page::Column::Id,
    page::Column::Location,
    page::Column::Network,
    page::Column::Link,
    page::Column::GrantId,
    page::Column::AccountId,
    page::Column::AccountName,
    page::Column::LinkedBy,
    page::Column::LinkedAt,
    page::Column::Missing,
    page::Column::Reason,
    page::Column::MustLogIn,
];

fn row_of(workspace: WorkspaceId, columns: Columns) -> page::Model {
    let (id, location, network, link, grant_id, account_id, account_name, linked_by, linked_at, ..) = columns;
    let (.., missing, reason, must_log_in) = columns;
    page::Model {
        id,
        workspace,
        location,
        network,
        link,
        grant_id,
        account_id,
        account_name,
        linked_by,
        linked_at,
        missing,
        reason,
        must_log_in,
        // Nobody asks a list where its pages are.
        host: None,
    }
}

/// From where to where the list of `all` is shown: as asked, unless what must stay lies elsewhere.
fn stretch(asked: usize, all: usize, must_stay: Option<(usize, usize)>) -> (usize, usize) {
    let last_start = all.saturating_sub(1) / SHOWN_AT_ONCE * SHOWN_AT_ONCE;
    let from = asked.min(last_start);
    let fits = |(first, last): (usize, usize)| from <= first && last < from + SHOWN_AT_ONCE;
    let (from, to) = match must_stay {
        Some(stay) if !fits(stay) => (stay.0, stay.1 + 1),
        _ => (from, 0),
    };
    (from, to.max(from + SHOWN_AT_ONCE).min(all))
}

/// Says which lines fit a choice.
struct Judge<'a> {
    search: String,
    show: Show,
    networks: &'a [NetworkCard],
    now: Moment,
}

impl Judge<'_> {
    fn network(&self, page: &PageView) -> Option<&NetworkCard> {
        self.networks.iter().find(|network| network.id == page.network)
    }

    fn status(&self, page: &PageView) -> Status {
        let silent_since = self.network(page).and_then(|network| network.silent_since);
        Status::of(&page.link, silent_since, false, self.now)
    }

    fn fits(&self, line: &Line) -> bool {
        let is_named = in_small(&line.card.name).contains(&self.search);
        // A location without pages is found by its name.
        (is_named && self.show == Show::All)
            || line.pages.iter().any(|page| self.show.fits(&self.status(page)) && (is_named || self.is_called(page)))
    }

    fn is_called(&self, page: &PageView) -> bool {
        let has = |name: &str| in_small(name).contains(&self.search);
        self.network(page).is_some_and(|network| has(&network.name))
            || page.link.pinned_to().is_some_and(|account| has(&account.name))
    }
}

/// In small letters, one by one: `str::to_lowercase` knows where a Greek word ends, which a search must not.
pub(super) fn in_small(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
