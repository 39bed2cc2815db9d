use super::*;

const START: Moment = Moment(1_795_305_600_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

const STANDARD: Clocks = Clocks {
    renewal: Renewal::RefreshToken,
    is_single_use: false,
    least_age: Duration::ZERO,
    lives: None,
    refresh_lives: None,
    refresh_slides: true,
    data_access_lives: None,
};

fn known(lives: Option<Duration>, phase: u32) -> Clocked {
    Clocked {
        issued_at: START,
        expires_at: lives.map(|lives| START + lives),
        refresh_expires_at: None,
        data_access_expires_at: None,
        has_refresh: true,
        is_failing: false,
        phase,
    }
}

fn due_after(known: &Clocked, clocks: &Clocks) -> Option<Duration> {
    plan(known, clocks).next_refresh_at.map(|at| at.since(START))
}

#[test]
fn an_extension_comes_at_half_life_and_not_before_the_least_age() {
    let extend = Clocks { renewal: Renewal::ExtendWhileAlive, least_age: DAY, ..STANDARD };
    for phase in [0, u32::MAX / 2, u32::MAX] {
        let due = due_after(&known(Some(60 * DAY), phase), &extend).expect("it is renewed");
        assert!((27 * DAY..=33 * DAY).contains(&due), "{due:?}");
        assert_eq!(due_after(&known(Some(25 * HOUR), phase), &extend), Some(DAY));
    }
}

#[test]
fn a_single_use_token_is_spent_late_and_never_too_late() {
    let single = Clocks { is_single_use: true, ..STANDARD };
    for lives in [Duration::from_secs(4), 10 * Duration::from_mins(1), 2 * HOUR, 30 * DAY] {
        for phase in [0, 7, u32::MAX / 2, u32::MAX] {
            let (late, early) = (
                due_after(&known(Some(lives), phase), &single).expect("it is renewed"),
                due_after(&known(Some(lives), phase), &STANDARD).expect("it is renewed"),
            );
            assert!(late < lives && late >= lives.mul_f64(0.58), "{late:?} of {lives:?}");
            assert!(early < lives.mul_f64(0.83), "{early:?} of {lives:?}");
        }
    }
}

#[test]
fn a_thousand_grants_of_one_minute_are_not_renewed_in_one() {
    let mut minutes = [0_u32; 60];
    for grant in 0..1_000_u32 {
        let due = due_after(&known(Some(HOUR), grant.wrapping_mul(2_654_435_761)), &STANDARD).expect("it is renewed");
        minutes[usize::try_from(due.as_secs() / 60).expect("an hour")] += 1;
    }
    assert!(minutes.iter().all(|count| *count < 150), "{minutes:?}");
    assert!(minutes.iter().filter(|count| **count > 0).count() >= 9, "{minutes:?}");
}

#[test]
fn an_unknown_end_plans_nothing_and_warns_nobody() {
    assert_eq!(plan(&known(None, 1), &STANDARD), Plan { next_refresh_at: None, must_act_at: None });
    let idle = Clocked { refresh_expires_at: Some(START + 180 * DAY), ..known(None, u32::MAX / 2) };
    let due = due_after(&idle, &STANDARD).expect("a token that lives from use to use is used");
    assert!((80 * DAY..100 * DAY).contains(&due), "{due:?}");
}

#[test]
fn a_person_must_act_when_nothing_renews_itself() {
    let day = |known: &Clocked, clocks: &Clocks| plan(known, clocks).must_act_at.map(|at| at.since(START));
    let without = Clocked { has_refresh: false, ..known(Some(60 * DAY), 1) };
    assert_eq!(day(&without, &STANDARD), Some(60 * DAY));
    assert_eq!(day(&known(Some(HOUR), 1), &STANDARD), None, "it refreshes itself");
    let fixed = Clocks { refresh_slides: false, ..STANDARD };
    let year = Clocked { refresh_expires_at: Some(START + 365 * DAY), ..known(Some(60 * DAY), 1) };
    assert_eq!(day(&year, &fixed), Some(365 * DAY));
    assert_eq!(day(&year, &STANDARD), None, "each use begins it anew");
    let data = Clocked { data_access_expires_at: Some(START + 90 * DAY), ..year };
    assert_eq!(day(&data, &fixed), Some(90 * DAY), "the first of all");
    let extend = Clocks { renewal: Renewal::ExtendWhileAlive, ..STANDARD };
    assert_eq!(day(&without, &extend), None);
    assert_eq!(day(&Clocked { is_failing: true, ..without }, &extend), Some(60 * DAY), "it is not extended any more");
}

/// How long an access token lives where neither the definition nor, here, an answer says it.
const UNTOLD: Duration = Duration::from_hours(2);

/// A year with one grant: renewed when it is due, at a network that does what its definition says. How often.
fn a_year(clocks: &Clocks, has_refresh: bool, phase: u32) -> u32 {
    let end_of_year = START + 365 * DAY;
    let lives = clocks.lives.unwrap_or(UNTOLD);
    let mut grant = Clocked {
        issued_at: START,
        expires_at: Some(START + lives),
        refresh_expires_at: clocks.refresh_lives.filter(|_| has_refresh).map(|lives| START + lives),
        data_access_expires_at: clocks.data_access_lives.map(|lives| START + lives),
        has_refresh,
        is_failing: false,
        phase,
    };
    let mut renewed = 0;
    loop {
        let plan = plan(&grant, clocks);
        let person = plan.must_act_at.unwrap_or(Moment(i64::MAX));
        let Some(due) = plan.next_refresh_at.filter(|due| *due < end_of_year && *due < person) else {
            // Nothing renews itself any more: then a person has a day on which to act, and it is not too late.
            let ends = [grant.expires_at.filter(|_| !clocks.can_renew(has_refresh)), grant.refresh_expires_at];
            let first = ends.into_iter().flatten().chain(grant.data_access_expires_at).min();
            if first.is_some_and(|end| end < end_of_year) {
                assert!(plan.must_act_at.is_some_and(|day| Some(day) <= first), "{clocks:?} ends without a word");
            }
            return renewed;
        };
        assert!(due.since(grant.issued_at) >= clocks.least_age, "too young: {clocks:?}");
        assert!(grant.expires_at.is_none_or(|end| due < end), "its token has ended before: {clocks:?}");
        assert!(grant.refresh_expires_at.is_none_or(|end| due < end), "its refresh token has ended before: {clocks:?}");
        grant.issued_at = due;
        grant.expires_at = Some(due + lives);
        if clocks.refresh_slides && has_refresh {
            grant.refresh_expires_at = clocks.refresh_lives.map(|lives| due + lives);
        }
        renewed += 1;
    }
}

#[test]
fn a_year_of_every_networks_life_ends_in_time_or_with_a_warning() {
    let all = crate::server::networks::load(None, Some("http://localhost:1")).expect("built-in definitions are right");
    assert!(all.len() > 4, "the real ones too");
    for definition in all {
        let clocks = definition.clocks();
        for phase in (0..20).map(|step| step * (u32::MAX / 19)) {
            for has_refresh in [true, false] {
                let renewed = a_year(&clocks, has_refresh, phase);
                let most = (365 * DAY).as_secs() / (clocks.lives.unwrap_or(UNTOLD).as_secs() / 2).max(1) + 1;
                assert!(u64::from(renewed) <= most, "{} was renewed {renewed} times", definition.id);
                assert_eq!(renewed > 0, clocks.can_renew(has_refresh), "{}", definition.id);
            }
        }
    }
}

#[test]
fn what_is_looked_at_every_day_is_looked_at_in_time_and_not_in_step() {
    let all: Vec<_> = (0..1_000).map(|_| a_little_before(DAY)).collect();
    assert!(all.iter().all(|span| (DAY.mul_f64(0.9)..=DAY).contains(span)));
    let hours = |from: f64| all.iter().filter(|span| **span < DAY.mul_f64(from)).count();
    assert!((400..600).contains(&hours(0.95)), "{}", hours(0.95));
}
