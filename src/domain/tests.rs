//! The laws of a link and its icon, over changes in any order.

use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

use super::{Ability, Account, Change, Connection, Link, Moment, Reason, Status};

fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        Just(Reason::Removed),
        Just(Reason::PasswordChanged),
        Just(Reason::Expired),
        Just(Reason::Refused),
        Just(Reason::PageLost),
        Just(Reason::SomebodyElse),
        any::<i32>().prop_map(|at| Reason::AnswerLost { at: Moment(i64::from(at)) }),
        any::<i32>().prop_map(|at| Reason::Outdated { at: Moment(i64::from(at)) }),
    ]
}

fn missing() -> impl Strategy<Value = Vec<Ability>> {
    prop_oneof![Just(vec![]), Just(vec![Ability::Publish]), Just(vec![Ability::Read, Ability::Reply])]
}

fn connection() -> impl Strategy<Value = Connection> {
    let must_act_at = proptest::option::of(any::<i32>().prop_map(|ms| Moment(i64::from(ms))));
    let account = prop_oneof![Just(None), Just(Some("ada")), Just(Some("ben"))];
    (account, missing(), must_act_at, any::<bool>()).prop_map(|(account, missing, must_act_at, must_log_in)| {
        Connection {
            account: account.map(|id| Account { id: id.into(), name: "A name".into() }),
            linked_by: "Ada".into(),
            linked_at: Moment(0),
            missing,
            must_act_at,
            must_log_in,
        }
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        connection().prop_map(Change::Approved),
        Just(Change::Disconnected),
        reason().prop_map(Change::Died),
        missing().prop_map(|missing| Change::AbilitiesFound { missing }),
        any::<bool>().prop_map(|wanted| Change::LogIn { wanted }),
        Just(Change::Expiring),
    ]
}

/// Each step of a page that begins unlinked; what is impossible leaves it as it is.
fn steps(changes: Vec<Change>) -> Vec<(Link, Change, Link)> {
    let mut link = Link::Unlinked;
    let mut step = |change: Change| {
        let before = link.clone();
        link = link.clone().after(change.clone()).unwrap_or(before.clone());
        (before, change, link.clone())
    };
    changes.into_iter().map(&mut step).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn only_an_approval_makes_a_page_green(changes in vec(change(), 0..12)) {
        for (before, change, after) in steps(changes) {
            let was_green = matches!(before, Link::Linked(_));
            let is_green = matches!(after, Link::Linked(_));
            prop_assert!(!is_green || was_green || matches!(change, Change::Approved(_)), "{before:?} {change:?}");
        }
    }

    #[test]
    fn a_page_changes_its_account_only_over_a_disconnection(changes in vec(change(), 0..12)) {
        for (before, change, after) in steps(changes) {
            if let (Some(old), Some(new)) = (before.pinned_to(), after.pinned_to()) {
                prop_assert_eq!(&old.id, &new.id, "{:?}", change);
            }
            let unpins = before.pinned_to().is_some() && after.pinned_to().is_none();
            prop_assert!(!unpins || change == Change::Disconnected, "{before:?} {change:?}");
        }
    }

    #[test]
    fn the_icon_is_green_for_a_linked_page_only(changes in vec(change(), 1..6), silent: bool, now: i32) {
        let (_, _, link) = steps(changes).pop().expect("one change at least");
        let now = Moment(i64::from(now));
        let status = Status::of(&link, silent.then_some(now), false, now);
        prop_assert_eq!(status.is_connected(), matches!(link, Link::Linked(_)), "{:?}", status);
        prop_assert!(!status.needs_you() || status.opens_popup(), "{:?} needs a person and offers nothing", status);
        // The network's silence hides nothing that a person must know.
        let loud = Status::of(&link, None, false, now);
        prop_assert!(loud == Status::Connected || loud == status, "{:?} became {:?}", loud, status);
        prop_assert_eq!(Status::of(&link, silent.then_some(now), true, now), Status::Connecting);
    }
}
