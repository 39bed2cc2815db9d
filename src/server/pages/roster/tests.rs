use super::*;
use crate::domain::{Link, NetworkId, PageId};

const NOW: Moment = Moment(1_795_305_600_000);

/// So many locations with a page on each of two networks: "Place 1 Σ" and on.
fn roster(locations: u128) -> Roster {
    let mut roster = Roster { seq: Some(0), ..Roster::default() };
    let card =
        |number| LocationCard { id: LocationId(Uuid::from_u128(number)), name: format!("Place {number} ΟΔΟΣ") };
    roster.lay_out((1..=locations).map(card).collect());
    for number in 1..=locations {
        for (column, network) in ["chirper", "hush"].into_iter().enumerate() {
            let id = PageId(Uuid::from_u128(number * 1_000_000 + column as u128));
            let location = LocationId(Uuid::from_u128(number));
            assert!(roster.put(PageView { id, location, network: NetworkId(network.into()), link: Link::Unlinked }));
        }
    }
    roster
}

fn networks() -> Vec<NetworkCard> {
    let card =
        |id: &str| NetworkCard { id: NetworkId(id.into()), name: id.into(), manage_url: None, silent_since: None };
    vec![card("chirper"), card("hush")]
}

fn choice(search: &str, show: Show, from: usize) -> Choice {
    Choice { search: search.into(), show, from }
}

fn seen(roster: &Roster, choice: &Choice, shown: &[Uuid]) -> (Vec<String>, Span) {
    let part = roster.part(choice, shown, &networks(), NOW);
    (part.locations.into_iter().map(|location| location.name).collect(), part.span)
}

#[test]
fn a_board_has_fifty_locations_and_the_rest_is_counted() {
    let part = roster(120).part(&choice("", Show::All, 0), &[], &networks(), NOW);
    assert_eq!((part.locations.len(), part.pages.len(), part.span), (50, 100, Span { from: 0, all: 120 }));
    assert_eq!((part.tally.all, part.tally.needs_you, part.tally.connected), (240, 240, 0));
    let (last, span) = seen(&roster(120), &choice("", Show::All, 100), &[]);
    assert_eq!((last.len(), span), (20, Span { from: 100, all: 120 }));
}

#[test]
fn a_place_beyond_the_end_is_the_last_one() {
    for from in [120, 5_000, usize::MAX] {
        assert_eq!(seen(&roster(120), &choice("", Show::All, from), &[]).1, Span { from: 100, all: 120 });
    }
    assert_eq!(seen(&roster(50), &choice("", Show::All, 50), &[]).1, Span { from: 0, all: 50 });
    assert_eq!(seen(&roster(0), &choice("", Show::All, 9), &[]), (vec![], Span { from: 0, all: 0 }));
}

#[test]
fn a_search_finds_names_and_networks_whatever_their_size() {
    let roster = roster(60);
    assert_eq!(seen(&roster, &choice(" place 59 οδοσ ", Show::All, 0), &[]).0, ["Place 59 ΟΔΟΣ"]);
    assert_eq!(seen(&roster, &choice("HUSH", Show::All, 0), &[]).1.all, 60);
    assert_eq!(seen(&roster, &choice("", Show::Connected, 0), &[]).1.all, 0);
}

#[test]
fn a_row_that_is_shown_stays_though_it_does_not_fit_any_more() {
    let (roster, choice) = (roster(120), choice("place 12", Show::NeedsYou, 0));
    let own = LocationId(Uuid::from_u128(3)).0;
    assert_eq!(seen(&roster, &choice, &[]).0, ["Place 12 ΟΔΟΣ", "Place 120 ΟΔΟΣ"]);
    assert_eq!(seen(&roster, &choice, &[own]).0, ["Place 3 ΟΔΟΣ", "Place 12 ΟΔΟΣ", "Place 120 ΟΔΟΣ"]);
}

#[test]
fn the_page_that_a_dialog_is_about_is_on_the_board() {
    let far = Uuid::from_u128(77 * 1_000_000);
    let (names, span) = seen(&roster(120), &choice("", Show::All, 0), &[far]);
    assert_eq!((names.first().map(String::as_str), span.from), (Some("Place 77 ΟΔΟΣ"), 76));
    let near = Uuid::from_u128(7 * 1_000_000);
    assert_eq!(seen(&roster(120), &choice("", Show::All, 0), &[near]).1.from, 0);
}

#[test]
fn a_new_location_keeps_the_others_and_an_unknown_one_asks_for_a_new_reading() {
    let mut roster = roster(1);
    let page = |location| PageView {
        id: PageId(Uuid::from_u128(9)),
        location: LocationId(Uuid::from_u128(location)),
        network: NetworkId("linkwork".into()),
        link: Link::Unlinked,
    };
    let event = |kind, page| Event { seq: 1, at: NOW, kind, actor: crate::domain::Actor::Keeper, page, network: None };
    assert!(roster.takes(event(EventKind::PageAdded, Some(page(1)))));
    assert_eq!(roster.lines[0].pages.len(), 3);
    assert!(!roster.takes(event(EventKind::PageAdded, Some(page(2)))));
    let old = roster.lines[0].card.clone();
    roster.lay_out(vec![LocationCard { id: LocationId(Uuid::from_u128(2)), name: "Two".into() }, old]);
    assert!(roster.takes(event(EventKind::PageAdded, Some(page(2)))));
    assert_eq!(roster.lines.iter().map(|line| line.pages.len()).collect::<Vec<_>>(), [1, 3]);
}
