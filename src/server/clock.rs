//! The only place that reads a clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::domain::Moment;

/// Tells the time. Tests hold one that they can move.
#[derive(Clone, Debug)]
pub struct Clock {
    /// `None`: it stands still.
    started: Option<Instant>,
    ahead_ms: Arc<AtomicI64>,
    /// How far the time of day was set back; the running time knows nothing of it.
    back_ms: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let started = Instant::now();
        Self { started: Some(started), ahead_ms: Arc::default(), back_ms: Arc::default() }
    }
}

impl Clock {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let moved = self.ahead_ms.load(Ordering::Relaxed) - self.back_ms.load(Ordering::Relaxed);
        Moment(i64::try_from(now.as_millis()).unwrap_or(i64::MAX) + moved)
    }

    /// How long it runs. Never goes back, whatever happens to the time of day.
    #[must_use]
    pub fn running(&self) -> Duration {
        let ahead = u64::try_from(self.ahead_ms.load(Ordering::Relaxed)).unwrap_or_default();
        self.started.map(|started| started.elapsed()).unwrap_or_default() + Duration::from_millis(ahead)
    }

    /// One whose running time is only what it was moved by, so that a slow machine changes no figure.
    #[cfg(test)]
    pub fn still() -> Self {
        Self { started: None, ahead_ms: Arc::default(), back_ms: Arc::default() }
    }

    /// Sets the time of day back, as a machine does whose clock was wrong.
    #[cfg(test)]
    pub fn goes_back(&self, by: Duration) {
        self.back_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Moves this clock, and every clone of it, ahead.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
