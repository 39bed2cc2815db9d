use super::*;
use crate::domain::{
    Ability, Account, Connection, LocationId, NetworkCard, NetworkId, PageId, PageView, Reason, Returned,
};

const NOW: Moment = Moment(1_793_707_380_000);

fn connection() -> Connection {
    Connection {
        account: Some(Account { id: "1".into(), name: "Harbour Coffee – Bondi".into() }),
        linked_by: "Ada".into(),
        linked_at: NOW,
        missing: vec![],
        must_act_at: None,
        must_log_in: false,
    }
}

fn event(kind: EventKind, actor: Actor, link: Option<Link>) -> Event {
    let page = link.map(|link| PageView {
        id: PageId(uuid::Uuid::nil()),
        location: LocationId(uuid::Uuid::nil()),
        network: NetworkId("facebook".into()),
        link,
    });
    Event { seq: 7, at: NOW, kind, actor, page, network: None }
}

fn said(event: &Event) -> String {
    happened(event, Some("Bondi Beach"), Some("Facebook")).whole()
}

fn linked() -> Link {
    Link::Linked(connection())
}

fn cut() -> Link {
    Link::Linked(Connection { missing: vec![Ability::Publish], ..connection() })
}

#[test]
fn what_people_do_says_who_what_and_which_page() {
    let ada = || Actor::Person("Ada".into());
    for (event, sentence) in [
        (event(EventKind::LocationAdded, ada(), None), "Ada added the location Bondi Beach."),
        (event(EventKind::PageAdded, ada(), Some(Link::Unlinked)), "Ada added Bondi Beach on Facebook."),
        (
            event(EventKind::Connected, ada(), Some(linked())),
            "Ada connected Bondi Beach on Facebook as Harbour Coffee – Bondi.",
        ),
        (
            event(EventKind::Connected, ada(), Some(cut())),
            "Ada connected Bondi Beach on Facebook as Harbour Coffee – Bondi. Not everything was allowed: Cannot publish.",
        ),
        (
            event(EventKind::Unchosen, ada(), Some(linked())),
            "Ada approved Bondi Beach on Facebook. Nobody has chosen yet which page it is.",
        ),
        (event(EventKind::Disconnected, ada(), Some(Link::Unlinked)), "Ada disconnected Bondi Beach on Facebook."),
        (event(EventKind::AppEntered { host: None }, ada(), None), "Ada entered the app at Facebook."),
        (
            event(EventKind::AppEntered { host: Some("git.example".into()) }, ada(), None),
            "Ada entered the app at Facebook at git.example.",
        ),
        (event(EventKind::AppRemoved { host: None }, ada(), None), "Ada removed the app at Facebook."),
        (event(EventKind::Switched { on: true }, ada(), None), "Ada switched Facebook on."),
        (event(EventKind::Switched { on: false }, ada(), None), "Ada switched Facebook off."),
    ] {
        assert_eq!(said(&event), sentence);
    }
}

#[test]
fn what_is_found_says_which_page_and_why() {
    let keeper = || Actor::Keeper;
    let ends = Connection { must_act_at: Some(NOW), ..connection() };
    let returned = |outcome| event(EventKind::PermissionReturned { outcome }, keeper(), Some(Link::Unlinked));
    for (event, sentence) in [
        (
            event(EventKind::Broken { reason: Reason::Removed }, keeper(), Some(linked())),
            "Greentick found Bondi Beach on Facebook broken: Removed at Facebook.",
        ),
        (
            event(EventKind::AbilitiesChanged, keeper(), Some(cut())),
            "Greentick found that Bondi Beach on Facebook may not do everything any more: Cannot publish.",
        ),
        (
            event(EventKind::AbilitiesChanged, keeper(), Some(linked())),
            "Greentick found that Bondi Beach on Facebook may do everything that it needs.",
        ),
        (
            event(EventKind::LogInWanted, keeper(), Some(linked())),
            "Greentick found that Facebook wants a person to log in there for Bondi Beach on Facebook.",
        ),
        (
            event(EventKind::LoggedIn, keeper(), Some(linked())),
            "Greentick found that Facebook wants no log-in any more for Bondi Beach on Facebook.",
        ),
        (
            event(EventKind::Expiring, keeper(), Some(Link::Linked(ends))),
            "Greentick warned that Bondi Beach on Facebook needs a person before 3 Nov 2026.",
        ),
        (
            event(EventKind::Expiring, keeper(), Some(linked())),
            "Greentick warned that Bondi Beach on Facebook needs a person soon.",
        ),
        (
            event(EventKind::Renewed, keeper(), Some(linked())),
            "Greentick renewed Bondi Beach on Facebook, which needs no person any more.",
        ),
        (
            returned(Returned::Returned),
            "Greentick gave the permission of Bondi Beach on Facebook back, and Facebook confirmed it.",
        ),
        (
            returned(Returned::StillUsed),
            "Facebook keeps the permission of Bondi Beach on Facebook, because other pages use it.",
        ),
    ] {
        assert_eq!(said(&event), sentence);
    }
    for outcome in [Returned::ByHand, Returned::Failed] {
        let sentence = said(&returned(outcome));
        assert!(sentence.ends_with("somebody must remove it in Facebook’s own list of apps."), "{sentence}");
    }
}

#[test]
fn a_silence_begins_and_ends() {
    let card = |silent_since| NetworkCard {
        id: NetworkId("facebook".into()),
        name: "Facebook".into(),
        manage_url: None,
        silent_since,
    };
    let of = |silent_since| Event {
        network: Some(card(silent_since)),
        ..event(EventKind::NetworkAnswering, Actor::Keeper, None)
    };
    assert!(said(&of(Some(NOW))).starts_with("Greentick noticed: Facebook does not answer."));
    assert_eq!(said(&of(None)), "Greentick noticed: Facebook answers again.");
}

#[test]
fn what_is_not_known_by_name_still_makes_a_sentence() {
    let event = event(EventKind::LocationAdded, Actor::Person("Ada".into()), None);
    assert_eq!(happened(&event, None, None).whole(), "Ada added a location.");
}

#[test]
fn a_span_of_one_day_is_one_day() {
    assert_eq!(between(NOW, NOW), "3 Nov 2026");
    assert_eq!(between(Moment(NOW.0 - 3 * 86_400_000), NOW), "31 Oct 2026 to 3 Nov 2026");
}
