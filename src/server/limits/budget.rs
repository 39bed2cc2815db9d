//! A budget: so many at once, then one more in each span of time, for each key by itself.
//!
//! Keys are folded into a fixed number of slots by a hash that nobody outside can compute, so that a million of them
//! take no more memory than the slots, and nothing must be thrown away to make room: whoever comes with a million
//! addresses finds his slots as empty as he left them. That two keys share a slot makes their limit tighter, never
//! wider.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    ops::Add,
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{self, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::keyed::HashMapStateStore,
};

use super::Clock;

/// About 2 MB for each budget at most.
pub(super) const SLOTS: u64 = 1 << 16;

/// How long to wait for the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// In whole seconds, as `Retry-After` has it; at least one.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
    }
}

/// A budget.
pub(super) struct Budget {
    limiter: RateLimiter<u64, HashMapStateStore<u64>, Ticks, NoOpMiddleware<Tick>>,
    clock: Ticks,
    secret: RandomState,
}

impl Budget {
    /// `at_once`, then one more `every` span.
    pub(super) fn new(clock: &Clock, at_once: u32, every: Duration) -> Self {
        let at_once = NonZeroU32::new(at_once).expect("budgets are written in one place, and none is nothing");
        let quota = Quota::with_period(every).expect("nor is any span").allow_burst(at_once);
        let clock = Ticks(clock.clone());
        Self { limiter: RateLimiter::hashmap_with_clock(quota, clock.clone()), clock, secret: RandomState::new() }
    }

    /// Takes one from what `key` has left.
    pub(super) fn spend(&self, key: &[u8]) -> Result<(), Wait> {
        let slot = self.secret.hash_one(key) % SLOTS;
        let now = clock::Clock::now(&self.clock);
        self.limiter.check_key(&slot).map_err(|until| Wait(until.wait_time_from(now)))
    }

    /// How many slots are in use.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.limiter.len()
    }
}

/// Our clock, as the limiter reads it.
#[derive(Clone)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Tick;

    fn now(&self) -> Tick {
        Tick(u64::try_from(self.0.running().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// Nanoseconds since the clock began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(u64);

impl Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, more: Nanos) -> Self {
        Self(self.0.saturating_add(more.as_u64()))
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, less: Nanos) -> Self {
        Self(self.0.saturating_sub(less.into()))
    }
}
