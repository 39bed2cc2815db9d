//! Time as this browser counts it. Only differences are used: the moment itself comes from the server.

use std::time::Duration;

use gloo_timers::callback::{Interval, Timeout};

use super::Kept;

/// Milliseconds of the wall clock, which goes on while the computer sleeps; `performance.now()` does not everywhere.
#[must_use]
pub fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the fraction of a millisecond is not missed")]
    let now = js_sys::Date::now() as i64;
    now
}

/// Calls `then` again and again.
#[must_use]
pub fn every(period: Duration, then: impl FnMut() + 'static) -> Kept {
    Kept::keep(Interval::new(in_ms(period), then))
}

/// Calls `then` once, after `delay`.
pub fn soon(delay: Duration, then: impl FnOnce() + 'static) {
    Timeout::new(in_ms(delay), then).forget();
}

pub(super) fn in_ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
