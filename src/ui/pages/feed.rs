//! Keeps the desk true: the stream, what was missed, and the time.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{
    desk::{Desk, Live},
    waits::Waits,
};
use crate::{
    api,
    browser::{
        self,
        stream::{self, News, Which},
    },
    domain::{ApiError, CatchUp, Choice, Event, EventKind, Returned},
};

/// How often relative times move on.
const TICK: Duration = Duration::from_secs(30);
/// Counts and the rows that fit follow a change at once; a burst of changes is counted no more often than this.
const RECOUNT: Duration = Duration::from_millis(400);
/// How long to wait before asking again for what was missed.
const RETRY: Duration = Duration::from_secs(2);

/// The feed of a tab.
#[derive(Clone, Copy)]
pub struct Feed {
    desk: Desk,
    waits: Waits,
    /// Moves on with each event about the page of the open dialog.
    pub news: RwSignal<u32>,
    is_asking: StoredValue<bool>,
    /// While it rests after a recount: whether something changed meanwhile.
    rests: StoredValue<Option<bool>>,
    /// The newest event that this tab has heard of, and whether only a new board will do.
    wanted: StoredValue<(i64, bool)>,
}

impl Feed {
    /// A feed that nobody follows yet.
    #[must_use]
    pub fn new(desk: Desk, waits: Waits) -> Self {
        Self {
            desk,
            waits,
            news: RwSignal::new(0),
            is_asking: StoredValue::new(false),
            rests: StoredValue::new(None),
            wanted: StoredValue::new((0, false)),
        }
    }

    /// Follows stream, popups, wake-ups and time until the tab is left. In the browser only.
    pub fn start(self) {
        let Self { desk, waits, .. } = self;
        let which = Which { slug: desk.slug(), person: desk.me.with_value(|me| me.id) };
        let after = move || desk.seq.try_get_value().unwrap_or_default();
        let stream = stream::follow(&which, after, move |news| self.hear(news));
        let over = browser::popup::on_over(move |attempt| waits.ask(attempt));
        let clock = follow_time(desk);
        let wake = browser::on_wake(move || waits.ask_all());
        on_cleanup(move || {
            for kept in [Some(stream), over, Some(clock), Some(wake)].into_iter().flatten() {
                kept.release();
            }
            waits.leave();
        });
    }

    /// Takes a new board.
    pub fn refresh(self) {
        self.wanted.update_value(|wanted| wanted.1 = true);
        self.ask();
    }

    /// The person wants to see something else.
    pub fn choose(self, change: impl FnOnce(&mut Choice)) {
        self.desk.choice.update(change);
        self.refresh();
    }

    /// Something changed that may count, or fit, though its cell is not shown.
    fn recount(self) {
        if self.rests.get_value().is_some() {
            return self.rests.set_value(Some(true));
        }
        self.rests.set_value(Some(false));
        self.refresh();
        browser::soon(RECOUNT, move || {
            if self.rests.try_update_value(Option::take).flatten() == Some(true) {
                self.recount();
            }
        });
    }

    fn hear(self, news: News) {
        if self.desk.is_gone() {
            return;
        }
        match news {
            News::Up { seq } => {
                set_if_new(self.desk.live, Live::Up);
                self.want(seq);
            }
            News::Down => set_if_new(self.desk.live, Live::Reconnecting),
            News::Change(event) => {
                set_if_new(self.desk.live, Live::Up);
                self.take(*event);
            }
            News::Snapshot => self.refresh(),
            News::SignedOut => self.desk.is_signed_out.set(true),
        }
    }

    fn want(self, seq: i64) {
        self.wanted.update_value(|wanted| wanted.0 = wanted.0.max(seq));
        if seq > self.desk.seq.get_value() {
            self.ask();
        }
    }

    /// Takes the event if it is the next one. An older one is known; for a later one, what is between is missing.
    fn take(self, event: Event) {
        let last = self.desk.seq.get_value();
        if event.seq > last + 1 {
            return self.want(event.seq);
        }
        if event.seq <= last {
            return;
        }
        self.desk.seq.set_value(event.seq);
        if let Some(network) = event.network {
            self.desk.put_network(network);
        }
        if let Some(page) = event.page {
            let id = page.id;
            if let EventKind::PermissionReturned { outcome: outcome @ (Returned::ByHand | Returned::Failed) } =
                event.kind
                && let Some(cell) = self.desk.place_of(&page)
            {
                self.desk.notes.show_returned(&cell, id, outcome);
            }
            self.desk.put(page);
            self.waits.ask_about(id);
            if self.desk.asked.with_untracked(|asked| asked.as_ref().is_some_and(|asked| asked.is_about(id))) {
                self.news.update(|count| *count = count.wrapping_add(1));
            }
        }
        self.recount();
    }

    /// Asks for what is missing, once at a time, until nothing is.
    fn ask(self) {
        if self.is_asking.get_value() {
            return;
        }
        let (newest, needs_board) = self.wanted.get_value();
        let last = self.desk.seq.get_value();
        if !needs_board && newest <= last {
            return;
        }
        self.is_asking.set_value(true);
        spawn_local(async move {
            let answer = if needs_board { self.fetch_board().await } else { self.fetch_missed(last).await };
            if self.desk.is_gone() {
                return;
            }
            self.is_asking.set_value(false);
            match answer {
                Ok(()) => self.ask(),
                Err(ApiError::SignedOut) => self.desk.is_signed_out.set(true),
                Err(_) => browser::soon(RETRY, move || {
                    if !self.desk.is_gone() {
                        self.ask();
                    }
                }),
            }
        });
    }

    async fn fetch_board(self) -> Result<(), ApiError> {
        // The board is as new as anything heard of so far; what is heard of from here on is a wish of its own.
        self.wanted.set_value((0, false));
        let choice = self.desk.choice.get_untracked();
        let shown = self.desk.before_board(&choice);
        let slug = self.desk.slug();
        let answer = api::pages::board(slug, choice.search.clone(), choice.show, choice.from, shown).await;
        let board = answer.inspect_err(|_| self.want_board())?;
        // One by one and in order: a board that is ahead would tell two changes of a page as one, or as none.
        if !self.desk.is_gone() && board.seq > self.desk.seq.get_value() {
            self.take_missed().await.inspect_err(|_| self.want_board())?;
        }
        if !self.desk.is_gone() && !self.desk.take(board, choice) {
            self.want_board();
        }
        Ok(())
    }

    async fn fetch_missed(self, last: i64) -> Result<(), ApiError> {
        let is_whole = self.take_missed().await?;
        if self.desk.is_gone() {
            return Ok(());
        }
        // A number that was told but cannot be had is not asked for again and again.
        let got = self.desk.seq.get_value();
        self.wanted.update_value(|wanted| wanted.1 |= !is_whole || (got < wanted.0 && got == last));
        Ok(())
    }

    /// Takes the events after the last one that is known; `false` when there are too many, or none to be had.
    async fn take_missed(self) -> Result<bool, ApiError> {
        let missed = api::pages::events_after(self.desk.slug(), self.desk.seq.get_value()).await?;
        let CatchUp::Events(events) = missed else { return Ok(false) };
        for event in events {
            if !self.desk.is_gone() {
                self.take(event);
            }
        }
        Ok(true)
    }

    fn want_board(self) {
        let _ = self.wanted.try_update_value(|wanted| wanted.1 = true);
    }
}

/// The server's time goes on by as much as this browser's does.
fn follow_time(desk: Desk) -> browser::Kept {
    let mut last = browser::now_ms();
    browser::every(TICK, move || {
        let passed = browser::now_ms() - last;
        last += passed;
        let passed = Duration::from_millis(u64::try_from(passed).unwrap_or(0));
        let _ = desk.now.try_update(|now| *now = *now + passed);
    })
}

fn set_if_new(live: RwSignal<Live>, to: Live) {
    if live.get_untracked() != to {
        live.set(to);
    }
}
