use uuid::Uuid;

use super::*;
use crate::domain::{Connection, Moment, Reason};

fn account(id: &str) -> Account {
    Account { id: id.into(), name: format!("Harbour Coffee – {id}") }
}

fn page(id: &str) -> RemotePage {
    RemotePage { account: account(id), handle: None, usable: Ok(()), token: None }
}

fn connection(pin: Option<&str>) -> Connection {
    Connection {
        account: pin.map(account),
        linked_by: "Ada".into(),
        linked_at: Moment(0),
        missing: vec![],
        must_act_at: None,
        must_log_in: false,
    }
}

fn grant(number: u128) -> GrantId {
    GrantId(Uuid::from_u128(number))
}

fn standing(link: Link, hangs_on: Option<u128>) -> Standing {
    let (page, location) = (PageId(Uuid::from_u128(7)), LocationId(Uuid::from_u128(8)));
    Standing { page, location, link, grant: hangs_on.map(grant) }
}

#[test]
fn a_consent_makes_of_each_page_what_it_must() {
    let given = [page("a"), RemotePage { usable: Err(Unusable::LacksRole), ..page("b") }];
    let linked = |pin: &str| Link::Linked(connection(Some(pin)));
    let broken = |pin: &str| Link::Broken(connection(Some(pin)), Reason::Removed);
    for (link, hangs_on, becomes_what) in [
        (linked("a"), Some(1), "Healed"),
        (broken("a"), Some(1), "Healed"),
        (broken("a"), Some(2), "Healed"),
        (linked("a"), Some(2), "AsItIs"),
        (linked("b"), Some(1), "Lost"),
        (linked("c"), Some(1), "Lost"),
        (linked("c"), Some(2), "AsItIs"),
        (broken("c"), Some(1), "AsItIs"),
        (Link::Linked(connection(None)), Some(1), "StillUnchosen"),
        (Link::Linked(connection(None)), Some(2), "AsItIs"),
        (Link::Unlinked, None, "AsItIs"),
    ] {
        let found = format!("{:?}", becomes(&standing(link.clone(), hangs_on), grant(1), (&given, true)));
        assert!(found.starts_with(becomes_what), "{link:?} on {hangs_on:?}: {found}");
        let cut = format!("{:?}", becomes(&standing(link.clone(), hangs_on), grant(1), (&given, false)));
        assert_eq!(cut.replace("AsItIs", "Lost"), found.replace("AsItIs", "Lost"), "but for what is not in the list");
        assert_ne!(cut, "Lost", "{link:?} on {hangs_on:?}: nobody knows what is left out");
    }
}

#[test]
fn a_page_takes_its_own_account_or_the_only_free_one_or_asks() {
    let ada = account("ada");
    let says = |own: &Standing, others: &[Standing], given: &[RemotePage], known: Option<u128>| match which(
        own,
        others,
        given,
        By { person: &ada, known: known.map(grant) },
    ) {
        Which::This(page) => page.account.id,
        Which::Several => "several".into(),
        Which::Lost => "lost".into(),
        Which::None(AttemptState::WrongAccount { got, .. }) => format!("not {}", got.id),
        Which::None(_) => "none".into(),
    };
    let (free, pinned) = (standing(Link::Unlinked, None), standing(Link::Linked(connection(Some("a"))), Some(1)));
    let (a, b) = (page("a"), page("b"));
    let unusable = RemotePage { usable: Err(Unusable::LacksRole), ..page("a") };
    let both = [a.clone(), b.clone()];
    assert_eq!(says(&free, &[], &both, None), "several");
    assert_eq!(says(&free, std::slice::from_ref(&pinned), &both, None), "b", "the other location has a");
    assert_eq!(says(&free, std::slice::from_ref(&pinned), &[a], None), "a", "there is no other");
    assert_eq!(says(&free, &[], &[unusable.clone(), b.clone()], None), "b");
    assert_eq!(says(&free, &[], std::slice::from_ref(&unusable), None), "none");
    assert_eq!(says(&free, &[], &[], None), "none");
    assert_eq!(says(&pinned, &[], &both, Some(2)), "a");
    assert_eq!(says(&pinned, &[], std::slice::from_ref(&b), Some(1)), "lost");
    assert_eq!(says(&pinned, &[], &[b], Some(2)), "not b");
    assert_eq!(says(&pinned, &[], &[], None), "not ada");
    assert_eq!(says(&pinned, &[], &[unusable], None), "none");
}

#[test]
fn what_can_be_chosen_comes_first_and_what_cannot_says_why() {
    let offer = |id: &str, unusable| Offered { account: account(id), handle: None, unusable };
    let offered = [offer("c", Some(Unusable::LacksRole)), offer("a", None), offer("b", None)];
    let taken = standing(Link::Linked(connection(Some("a"))), Some(1));
    let all = sorted(&offered, std::slice::from_ref(&taken));
    let ids: Vec<_> = all.iter().map(|(page, _)| page.account.id.as_str()).collect();
    assert_eq!(ids, ["b", "a", "c"]);
    let whys: Vec<_> = all.into_iter().map(|(_, why)| why).collect();
    assert_eq!(whys, [None, Some(WhyNot::TakenBy(taken.location)), Some(WhyNot::Unusable(Unusable::LacksRole))]);
}

#[test]
fn names_fit_by_the_words_that_tell_them_apart() {
    let id = |number| PageId(Uuid::from_u128(number));
    let accounts = ["Bondi", "Manly", "Surry Hills"].map(account);
    let accounts: Vec<_> = accounts.iter().collect();
    let fits = |pages: &[(PageId, &str)]| -> Vec<(u128, String)> {
        fitting(pages, &accounts).into_iter().map(|(page, account)| (page.0.as_u128(), account.id.clone())).collect()
    };
    let named = [(id(1), "Bondi Beach"), (id(2), "manly wharf"), (id(3), "Harbour East"), (id(4), "Coogee")];
    assert_eq!(fits(&named), [(1, "Bondi".to_owned()), (2, "Manly".to_owned())]);
    // Two locations that fit one account equally well: neither is taken for it.
    assert_eq!(fits(&[(id(1), "Bondi North"), (id(2), "Bondi South")]), []);
    assert_eq!(fits(&[(id(1), "Surry"), (id(2), "Surry Hills")]), [(2, "Surry Hills".to_owned())]);
    assert_eq!(fits(&[]), []);
}

#[test]
fn a_thousand_locations_are_fitted_each_to_its_own() {
    let accounts: Vec<_> = (0..1_000).map(|number| account(&format!("Place{number}"))).collect();
    let accounts: Vec<_> = accounts.iter().collect();
    let names: Vec<_> = (0..1_000).map(|number| format!("Harbour Place{number}")).collect();
    let pages: Vec<_> = names.iter().zip(0..).map(|(name, id)| (PageId(Uuid::from_u128(id)), name.as_str())).collect();
    let fits = fitting(&pages, &accounts);
    assert!(
        fits.len() == 1_000 && fits.iter().all(|(page, account)| account.id == format!("Place{}", page.0.as_u128()))
    );
}
