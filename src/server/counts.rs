//! What this process has counted since it began, for operators. Names of networks and words of ours only: nobody's ids, so
//! that there are never more figures than networks times outcomes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::domain::NetworkId;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// A refresh ended.
    Refresh,
    /// A check was judged.
    Check,
    /// An event was recorded and committed.
    Event,
}

/// What, at which network (none for an event that is about none), and how it ended.
pub type Figure = (Counted, Option<NetworkId>, &'static str);

/// The figures. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    figures: Arc<Mutex<BTreeMap<Figure, u64>>>,
    streams: Arc<AtomicUsize>,
}

/// An event stream that is open for as long as this lives.
#[derive(Debug)]
pub struct OpenStream(Arc<AtomicUsize>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counts {
    /// One more.
    pub fn add(&self, what: Counted, network: Option<&NetworkId>, outcome: &'static str) {
        *self.figures().entry((what, network.cloned(), outcome)).or_default() += 1;
    }

    /// All figures, in order.
    #[must_use]
    pub fn all(&self) -> Vec<(Figure, u64)> {
        self.figures().iter().map(|(figure, count)| (figure.clone(), *count)).collect()
    }

    /// An event stream opens.
    #[must_use]
    pub fn opens_stream(&self) -> OpenStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(self.streams.clone())
    }

    /// How many event streams are open.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    fn figures(&self) -> std::sync::MutexGuard<'_, BTreeMap<Figure, u64>> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_apart_by_what_where_and_how() {
        let counts = Counts::default();
        let x = NetworkId("x".into());
        counts.add(Counted::Check, Some(&x), "alive");
        counts.clone().add(Counted::Check, Some(&x), "alive");
        counts.add(Counted::Check, Some(&x), "dead");
        counts.add(Counted::Event, None, "location_added");
        let all: Vec<_> = counts.all().into_iter().map(|((_, _, outcome), count)| (outcome, count)).collect();
        assert_eq!(all, [("alive", 2), ("dead", 1), ("location_added", 1)]);
    }

    #[test]
    fn a_stream_counts_while_it_is_open() {
        let counts = Counts::default();
        let other = counts.clone();
        let (one, two) = (counts.opens_stream(), other.opens_stream());
        assert_eq!(counts.open_streams(), 2);
        drop((one, other));
        assert_eq!(counts.open_streams(), 1);
        drop(two);
        assert_eq!(counts.open_streams(), 0);
    }
}
