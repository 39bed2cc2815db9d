use std::net::Ipv6Addr;

use super::*;

fn address(text: &str) -> Address {
    Address(text.parse().expect("an address"))
}

#[test]
fn a_million_keys_take_no_more_than_the_slots() {
    let budget = Budget::new(&Clock::still(), 3, Duration::from_mins(1));
    for key in 0..1_000_000_u32 {
        let _ = budget.spend(&key.to_be_bytes());
    }
    assert!(u64::try_from(budget.len()).expect("a number") <= budget::SLOTS, "{}", budget.len());
    // Nothing was thrown away for them either: who had nothing left has nothing left.
    assert!(budget.spend(&7_u32.to_be_bytes()).is_err());
}

#[test]
fn a_budget_fills_up_again_by_our_clock() {
    let clock = Clock::still();
    let budget = Budget::new(&clock, 2, Duration::from_mins(5));
    assert_eq!((budget.spend(b"a"), budget.spend(b"a")), (Ok(()), Ok(())));
    let wait = budget.spend(b"a").expect_err("it is empty").seconds();
    assert_eq!(wait, 300);
    assert_eq!(budget.spend(b"b"), Ok(()), "others have their own");
    clock.advance(Duration::from_secs(wait));
    assert_eq!(budget.spend(b"a"), Ok(()));
    assert!(budget.spend(b"a").is_err(), "one more, and not the whole");
}

#[test]
fn an_address_is_one_household() {
    let same = |one: &str, other: &str| address(one).key() == address(other).key();
    assert!(same("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::"));
    assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
    assert!(!same("192.0.2.1", "192.0.2.2"));
}

#[test]
fn no_cookie_buys_a_second_budget() {
    let limits = Limits::new(&Clock::still());
    let here = address("192.0.2.1");
    let asked = (0..5_000)
        .filter(|number: &u32| limits.request(Kind::Connect, here, Some(&format!("cookie {number}"))).is_ok());
    assert_eq!(asked.count(), 600, "a new cookie each time, and still one address");
    let anywhere = |number: u32| Address(Ipv6Addr::from(u128::from(number) << 64).into());
    let asked = (0..5_000).filter(|number| limits.request(Kind::Connect, anywhere(*number), Some("one")).is_ok());
    assert_eq!(asked.count(), 300, "a new address each time, and still one session");
}

#[test]
fn whoever_guesses_from_everywhere_leaves_the_known_browser_its_own() {
    let limits = Limits::new(&Clock::still());
    let anywhere = |number: u32| Address(Ipv6Addr::from(u128::from(number) << 64).into());
    let tried = (0..10_000).filter(|number| limits.sign_in("ada@example.org", anywhere(*number), None).is_ok());
    assert_eq!(tried.count(), 10);
    assert!(limits.sign_in("ada@example.org", address("192.0.2.1"), Some(b"her own")).is_ok());
    assert!(limits.sign_in("ben@example.org", address("192.0.2.1"), None).is_ok(), "others sign in");
}

#[test]
fn an_address_that_is_out_of_tries_uses_up_nobodys_account() {
    let limits = Limits::new(&Clock::still());
    for number in 0..1_000 {
        let _ = limits.sign_in(&format!("{number}@example.org"), address("192.0.2.1"), None);
    }
    for _ in 0..1_000 {
        assert!(limits.sign_in("ada@example.org", address("192.0.2.1"), None).is_err());
    }
    assert!(limits.sign_in("ada@example.org", address("192.0.2.2"), None).is_ok());
}
