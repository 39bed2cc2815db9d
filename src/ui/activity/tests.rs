use super::*;
use crate::domain::{
    Actor, Connection, Event, Link, LocationId, NetworkCard, PageId, PageView, Reason, WorkspaceCard, WorkspaceId,
};

const NOW: Moment = Moment(1_793_707_380_000);

fn connection() -> Connection {
    let (linked_by, linked_at) = ("Ada".into(), NOW);
    Connection { account: None, linked_by, linked_at, missing: vec![], must_act_at: None, must_log_in: false }
}

fn told(seq: i64, kind: EventKind, actor: Actor, link: Option<Link>) -> Told {
    let page = link.map(|link| PageView {
        id: PageId(uuid::Uuid::from_u128(5)),
        location: LocationId(uuid::Uuid::nil()),
        network: NetworkId("facebook".into()),
        link,
    });
    let is_network = matches!(kind, EventKind::NetworkAnswering | EventKind::AppEntered { .. });
    let card = NetworkCard {
        id: NetworkId("facebook".into()),
        name: "Facebook".into(),
        manage_url: None,
        silent_since: Some(NOW),
    };
    let at = Moment(NOW.0 - 240_000);
    let event = Event { seq, at, kind, actor, page, network: is_network.then_some(card) };
    let said = words::happened(&event, Some("Bondi <b>"), Some("Facebook"));
    Told { event, said }
}

fn activity(told: Vec<Told>) -> Activity {
    Activity {
        workspace: WorkspaceCard {
            id: WorkspaceId(uuid::Uuid::nil()),
            slug: "harbour".into(),
            name: "Harbour Coffee".into(),
            is_owner: true,
        },
        told,
        networks: vec![(NetworkId("facebook".into()), "Facebook".into()), (NetworkId("x".into()), "X".into())],
        page: None,
        is_cut: false,
        has_newer: false,
        has_older: true,
        now: NOW,
    }
}

fn html(activity: Activity, asked: Asked) -> String {
    let html = Owner::new().with(|| view! { <ActivityOf activity asked/> }.to_html());
    // Marks by which a browser would find its place; nobody wakes this tab.
    html.replace("<!>", "").replace("<!---->", "")
}

#[test]
fn a_line_shows_what_became_of_the_page_in_a_sentence_that_leads_to_its_other_events() {
    let ada = || Actor::Person("Ada".into());
    let html = html(
        activity(vec![
            told(4, EventKind::NetworkAnswering, Actor::Keeper, None),
            told(
                3,
                EventKind::Broken { reason: Reason::Removed },
                Actor::Keeper,
                Some(Link::Broken(connection(), Reason::Removed)),
            ),
            told(2, EventKind::LocationAdded, ada(), None),
            told(1, EventKind::AppEntered { host: None }, ada(), None),
        ]),
        Asked::default(),
    );
    let page = PageId(uuid::Uuid::from_u128(5));
    let link = format!("<a href=\"/w/harbour/settings/activity?page={page}\">Bondi &lt;b&gt; on Facebook</a>");
    let place = |part: &str| html.find(part).unwrap_or_else(|| panic!("{part} is not in {html}"));
    let at = [
        place("data-status=\"not-answering\""),
        place(" does not answer."),
        place("data-status=\"broken\""),
        place("#broken"),
        place("Greentick found "),
        place(&link),
        place(" broken: Removed at Facebook."),
        place("data-status=\"none\""),
        place("<strong>Bondi &lt;b&gt;</strong>"),
        place("#know"),
        place("Ada entered the app at <a href=\"/w/harbour/settings/activity?network=facebook\">Facebook</a>"),
    ];
    assert!(at.is_sorted(), "the newest first: {html}");
    assert!(html.contains("title=\"3 Nov 2026, 11:59 UTC\"") && html.contains("4 minutes ago"), "{html}");
}

#[test]
fn a_narrow_view_says_so_leads_back_and_keeps_its_choice_while_paging() {
    let one = || vec![told(9, EventKind::PageAdded, Actor::Person("Ada".into()), Some(Link::Unlinked))];
    let asked = Asked { search: "bondi".into(), network: "x".into(), ..Asked::default() };
    let narrow = html(activity(one()), asked);
    for part in [
        "name=\"q\" value=\"bondi\"",
        "<option value=\"x\" selected>X</option>",
        "<a href=\"/w/harbour/settings/activity\">Show all</a>",
        "type=\"hidden\" name=\"network\" value=\"x\"",
        "name=\"before\" value=\"9\"",
        "name=\"after\" value=\"\" disabled",
    ] {
        assert!(narrow.contains(part), "{part} is not in {narrow}");
    }
    let of_page = Activity { page: Some("Bondi on X".into()), is_cut: true, ..activity(one()) };
    let html = html(of_page, Asked { page: "p".into(), ..Asked::default() });
    assert!(html.contains("Only Bondi on X.") && html.contains(words::MORE_LOCATIONS_FIT), "{html}");
}

#[test]
fn where_nothing_happened_it_says_whether_a_choice_is_to_blame() {
    let nothing = html(activity(vec![]), Asked::default());
    assert!(nothing.contains(words::NO_ACTIVITY) && !nothing.contains("Show all"), "{nothing}");
    let narrow = html(activity(vec![]), Asked { search: "x".into(), ..Asked::default() });
    assert!(narrow.contains(words::NOTHING_SUCH_HAPPENED) && !narrow.contains("<ol"), "{narrow}");
}
