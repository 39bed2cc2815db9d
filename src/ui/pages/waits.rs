//! The popups that this tab waits for.
//!
//! Everything that happens in the browser is only a reason to ask the server how the attempt stands: it alone knows.
//! Nothing in here ends an attempt but "Stop waiting".

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::desk::{Cell, Desk};
use crate::{
    api,
    browser::{self, Kept, popup},
    domain::{ApiError, AttemptId, AttemptState, AttemptView, PageId, words},
};

/// How often a window is looked at.
const GLANCE: Duration = Duration::from_millis(500);
/// How often the server is asked while the icon says that it waits.
const POLL_MS: i64 = 3_000;
/// And while it does not any more, but a late yes may still come.
const QUIET_POLL_MS: i64 = 10_000;
/// A window that looks closed may have just been finished, and its answer is on the way.
const GRACE_MS: i64 = 3_000;
/// The form may still be on its way to the server, which then knows no such attempt.
const ARRIVAL_MS: i64 = 15_000;
/// Attempts live ten minutes; one more for clocks.
const LIFE_MS: i64 = 11 * 60_000;

/// One attempt, as this tab knows it. Times are this browser's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wait {
    since: i64,
    asked_at: i64,
    closed_at: Option<i64>,
    is_asking: bool,
    /// Something happened while it was being asked.
    ask_again: bool,
}

/// What a look at window and clock calls for.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Nothing,
    Ask,
    /// Show the stored status again; go on asking quietly.
    ShowStored,
    Forget,
}

impl Wait {
    fn new(now: i64) -> Self {
        Self { since: now, asked_at: now, closed_at: None, is_asking: false, ask_again: false }
    }

    /// `is_shown`: whether its icon says that it waits.
    fn glance(&mut self, is_shown: bool, looks_closed: bool, now: i64) -> Call {
        if now - self.since > LIFE_MS {
            return Call::Forget;
        }
        if looks_closed && self.closed_at.is_none() {
            self.closed_at = Some(now);
            return Call::Ask;
        }
        if is_shown && self.closed_at.is_some_and(|closed_at| now - closed_at >= GRACE_MS) {
            return Call::ShowStored;
        }
        let period = if is_shown { POLL_MS } else { QUIET_POLL_MS };
        if now - self.asked_at >= period { Call::Ask } else { Call::Nothing }
    }
}

/// All of them.
#[derive(Clone, Copy)]
pub struct Waits {
    desk: Desk,
    open: StoredValue<Vec<(AttemptId, (Cell, Wait))>>,
    timer: StoredValue<Option<Kept>>,
}

impl Waits {
    /// None yet.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self { desk, open: StoredValue::new(Vec::new()), timer: StoredValue::new(None) }
    }

    /// A popup was opened for this cell. An older one of it may still succeed.
    pub fn begin(self, cell: &Cell, attempt: AttemptId) {
        self.open.update_value(|open| open.push((attempt, (cell.clone(), Wait::new(browser::now_ms())))));
        self.desk.hold(cell);
        cell.waiting.set(Some(attempt));
        if let Some(page) = page_id(cell) {
            self.desk.notes.outdate(page);
        }
        if self.timer.get_value().is_none() {
            self.timer.set_value(Some(browser::every(GLANCE, move || self.glance())));
        }
    }

    /// Something woke the tab: asks for every attempt.
    pub fn ask_all(self) {
        for attempt in self.attempts() {
            self.ask(attempt);
        }
    }

    /// Something happened to this page: asks for its attempts.
    pub fn ask_about(self, page: PageId) {
        let is_it = |(_, (cell, _)): &&(AttemptId, (Cell, Wait))| page_id(cell) == Some(page);
        let attempts: Vec<_> = self.open.with_value(|open| open.iter().filter(is_it).map(|(id, _)| *id).collect());
        for attempt in attempts {
            self.ask(attempt);
        }
    }

    /// Asks the server how it stands; once at a time for each attempt.
    pub fn ask(self, attempt: AttemptId) {
        let changes = self.with(attempt, |cell, wait| {
            if wait.is_asking {
                wait.ask_again = true;
                return None;
            }
            wait.is_asking = true;
            wait.asked_at = browser::now_ms();
            Some(cell.changes())
        });
        let Some(changes) = changes.flatten() else { return };
        spawn_local(async move {
            let answer = api::attempts::look(attempt).await;
            if !self.desk.is_gone() {
                self.hear(attempt, answer, changes);
            }
        });
    }

    /// The person gives it up.
    pub fn stop(self, attempt: AttemptId) {
        popup::close(attempt);
        let changes = self.with(attempt, |cell, _| cell.changes()).unwrap_or_default();
        spawn_local(async move {
            let answer = api::attempts::stop(attempt).await;
            if self.desk.is_gone() {
                return;
            }
            match answer {
                // It never reached the server, so there is nothing to stop.
                Err(ApiError::NotFound) => drop(self.forget(attempt)),
                Err(error) => self.desk.notes.show(words::error(error).into()),
                Ok(view) => self.hear(attempt, Ok(view), changes),
            }
        });
    }

    /// Lets everything go, when the person leaves the tab.
    pub fn leave(self) {
        if let Some(timer) = self.timer.get_value() {
            timer.release();
        }
        for attempt in self.attempts() {
            popup::forget(attempt);
        }
    }

    fn attempts(self) -> Vec<AttemptId> {
        self.open.with_value(|open| open.iter().map(|(id, _)| *id).collect())
    }

    fn with<T>(self, attempt: AttemptId, then: impl FnOnce(&Cell, &mut Wait) -> T) -> Option<T> {
        self.open
            .try_update_value(|open| {
                let (_, (cell, wait)) = open.iter_mut().find(|(id, _)| *id == attempt)?;
                Some(then(cell, wait))
            })
            .flatten()
    }

    fn glance(self) {
        let now = browser::now_ms();
        for attempt in self.attempts() {
            let glance =
                |cell: &Cell, wait: &mut Wait| wait.glance(is_shown(cell, attempt), popup::looks_closed(attempt), now);
            match self.with(attempt, glance) {
                Some(Call::Ask) => self.ask(attempt),
                Some(Call::ShowStored) => self.show_stored(attempt),
                Some(Call::Forget) => drop(self.forget(attempt)),
                Some(Call::Nothing) | None => {}
            }
        }
    }

    fn hear(self, attempt: AttemptId, answer: Result<AttemptView, ApiError>, changes: u32) {
        let Some(again) = self.with(attempt, |_, wait| {
            wait.is_asking = false;
            std::mem::take(&mut wait.ask_again)
        }) else {
            return;
        };
        match answer {
            Ok(view) if !view.state.is_open() => self.end(attempt, view, changes),
            Err(ApiError::NotFound) => self.never_began(attempt),
            Err(ApiError::SignedOut) => self.desk.is_signed_out.set(true),
            // Not reached, or still open: asked again by the clock.
            Ok(_) | Err(_) if again => self.ask(attempt),
            Ok(_) | Err(_) => {}
        }
    }

    fn end(self, attempt: AttemptId, view: AttemptView, changes: u32) {
        let Some((cell, was_shown)) = self.forget(attempt) else { return };
        let page = view.page.id;
        if cell.changes() == changes {
            self.desk.put(view.page);
        }
        // A yes that comes late is told by the icon; a no that comes late interests nobody.
        if !was_shown && view.state != AttemptState::Approved {
            return;
        }
        if let Some(text) = words::attempt_ended(&cell.name(), &cell.network_name(), &view.state) {
            // Who stopped knows; everything else is something to act on.
            match view.state {
                AttemptState::Stopped => self.desk.notes.say(text),
                _ => self.desk.notes.show_about(page, text),
            }
        }
    }

    fn never_began(self, attempt: AttemptId) {
        let is_late = self.with(attempt, |_, wait| browser::now_ms() - wait.since > ARRIVAL_MS);
        if is_late != Some(true) {
            return;
        }
        if let Some((cell, true)) = self.forget(attempt) {
            self.desk.notes.show(words::never_began(&cell.name()));
        }
    }

    fn show_stored(self, attempt: AttemptId) {
        let Some(cell) = self.with(attempt, |cell, _| cell.clone()) else { return };
        cell.waiting.set(None);
        self.desk.notes.say(words::window_closed(&cell.name()));
    }

    /// Its cell, and whether the icon said until now that it waits.
    fn forget(self, attempt: AttemptId) -> Option<(Cell, bool)> {
        popup::forget(attempt);
        let gone = self.open.try_update_value(|open| {
            let at = open.iter().position(|(id, _)| *id == attempt)?;
            let (_, (cell, _)) = open.swap_remove(at);
            let was_shown = is_shown(&cell, attempt);
            Some((cell, was_shown))
        });
        let gone = gone.flatten();
        if let Some((cell, was_shown)) = &gone {
            if *was_shown {
                cell.waiting.set(None);
            }
            if !self.open.with_value(|open| open.iter().any(|(_, (other, _))| page_id(other) == page_id(cell))) {
                self.desk.let_go(cell);
            }
        }
        if self.open.with_value(Vec::is_empty)
            && let Some(timer) = self.timer.try_update_value(Option::take).flatten()
        {
            // Not from within the timer's own call.
            browser::soon(Duration::ZERO, move || timer.release());
        }
        gone
    }
}

fn page_id(cell: &Cell) -> Option<PageId> {
    cell.page.with_untracked(|page| page.as_ref().map(|page| page.id))
}

/// Not any more where a newer popup took its place, its window looked closed, or the page has turned green.
fn is_shown(cell: &Cell, attempt: AttemptId) -> bool {
    cell.waiting.get_untracked() == Some(attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_looks_closed_shows_the_stored_status_after_a_grace_and_is_still_asked_for() {
        let mut wait = Wait::new(0);
        assert_eq!(wait.glance(true, false, 500), Call::Nothing);
        assert_eq!(wait.glance(true, true, 1_000), Call::Ask);
        wait.asked_at = 1_000;
        assert_eq!(wait.glance(true, true, 1_500), Call::Nothing);
        assert_eq!(wait.glance(true, true, 4_000), Call::ShowStored);
        assert_eq!(wait.glance(false, true, 5_000), Call::Nothing);
        assert_eq!(wait.glance(false, true, 11_000), Call::Ask);
    }

    #[test]
    fn an_open_window_is_asked_for_slowly_until_its_attempt_is_over() {
        let mut wait = Wait::new(0);
        assert_eq!(wait.glance(true, false, 3_000), Call::Ask);
        assert_eq!(wait.glance(true, false, LIFE_MS + 1), Call::Forget);
    }
}
