//! Whether our clock, the database's and the networks' agree.

use std::time::Duration;

use super::{Finding, Known, unread};
use crate::{domain::Moment, server::clock::Clock};

const ABOUT: &str = "clock";
/// A network's date has no fractions and was on the way, so less than this is nothing.
const NOTHING: Duration = Duration::from_secs(10);
/// Signed messages of networks are refused when they seem to be older than this.
const TOO_MUCH: Duration = Duration::from_mins(5);

/// What a clock said, and what ours said then.
pub(super) struct Told {
    /// Whose it is.
    pub whose: String,
    /// What it said.
    pub theirs: Moment,
    /// What ours said.
    pub ours: Moment,
}

pub(super) async fn look(store: Known<'_>, clock: &Clock, told: &[Told]) -> Vec<Finding> {
    let mut found = vec![];
    if let Some(store) = store {
        found.push(match store.now().await {
            Ok(theirs) => judged("the database", theirs, clock.now()),
            Err(error) => unread(ABOUT, &error),
        });
    }
    // One network may be wrong by itself; the one in the middle is the one to believe.
    let mut told: Vec<_> = told.iter().collect();
    told.sort_by_key(|told| told.theirs.0 - told.ours.0);
    found.extend(told.get(told.len() / 2).map(|told| judged(&told.whose, told.theirs, told.ours)));
    found
}

fn judged(whose: &str, theirs: Moment, ours: Moment) -> Finding {
    let (skew, way) = if ours >= theirs { (ours.since(theirs), "ahead of") } else { (theirs.since(ours), "behind") };
    let seconds = skew.as_secs();
    let cure = "let the machine keep its time (timedatectl set-ntp true)";
    match skew {
        skew if skew < NOTHING => {
            Finding::ok(ABOUT, format!("this machine agrees with {whose} within {} s", seconds + 1))
        }
        skew if skew < TOO_MUCH => {
            Finding::warning(ABOUT, format!("this machine is {seconds} s {way} {whose}; {cure}"))
        }
        _ => Finding::problem(
            ABOUT,
            format!(
                "this machine is {seconds} s {way} {whose}, so permissions are renewed at wrong times and signed messages are refused; {cure}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::doctor::Level;

    #[test]
    fn a_skew_is_told_with_its_way_and_its_weight() {
        let of = |theirs: i64, ours: i64| judged("x", Moment(theirs), Moment(ours));
        assert_eq!(of(1_000, 9_000).level, Level::Ok);
        let ahead = of(0, 60_000);
        assert_eq!(ahead.level, Level::Warning);
        assert!(ahead.text.contains("60 s ahead of x"), "{ahead}");
        let behind = of(600_000, 0);
        assert_eq!(behind.level, Level::Problem);
        assert!(behind.text.contains("600 s behind x"), "{behind}");
    }

    #[tokio::test]
    async fn one_network_with_a_wrong_clock_is_not_believed() {
        let told = |skew: i64| Told { whose: format!("{skew}"), theirs: Moment(skew), ours: Moment(0) };
        let found = look(None, &Clock::default(), &[told(9_000_000), told(500), told(0)]).await;
        assert_eq!(found.iter().map(|found| found.level).collect::<Vec<_>>(), [Level::Ok]);
    }
}
