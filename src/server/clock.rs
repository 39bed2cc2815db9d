//! The only place that reads a clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::domain::Moment;

/// Tells the time. Tests hold one that they can move.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment(i64::try_from(now.as_millis()).unwrap_or(i64::MAX) + self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock, and every clone of it, ahead.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
