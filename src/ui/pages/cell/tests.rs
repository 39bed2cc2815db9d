use std::time::Duration;

use super::*;
use crate::{
    domain::{
        Ability, Account, Board, Choice, Connection, Link, LocationCard, LocationId, Me, Moment, NetworkCard,
        NetworkId, PageView, Reason, Show, Span, Tally, UserId, WorkspaceCard, WorkspaceId,
    },
    ui::pages::{desk::Desk, feed::Feed, waits::Waits},
};

const NOW: Moment = Moment(1_795_305_600_000);

fn id<T: std::str::FromStr>(last: u8) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("00000000-0000-4000-8000-0000000000{last:02}").parse().expect("it is an id")
}

fn linked(missing: Vec<Ability>, days: Option<u64>) -> Connection {
    Connection {
        account: Some(Account { id: "1".into(), name: "Harbour Coffee – Bondi".into() }),
        linked_by: "Ada".into(),
        linked_at: NOW,
        missing,
        must_act_at: days.map(|days| NOW + Duration::from_secs(days * 86_400)),
        must_log_in: false,
    }
}

fn board(link: Option<Link>, silent_since: Option<Moment>, may_connect: bool) -> Board {
    let (location, network) = (id::<LocationId>(1), NetworkId("linkedin".into()));
    let page = link.map(|link| PageView { id: id(2), location, network: network.clone(), link });
    Board {
        workspace: WorkspaceCard {
            id: id::<WorkspaceId>(3),
            slug: "harbour".into(),
            name: "Harbour Coffee".into(),
            is_owner: true,
        },
        may_connect,
        networks: vec![NetworkCard { id: network, name: "LinkedIn".into(), manage_url: None, silent_since }],
        locations: vec![LocationCard { id: location, name: "Bondi Beach".into() }],
        pages: page.into_iter().collect(),
        tally: Tally::default(),
        span: Span::default(),
        seq: 0,
        now: NOW,
    }
}

/// The HTML of the only cell of this board.
fn cell_of(board: Board, is_waiting: bool) -> String {
    let owner = Owner::new();
    owner.with(|| {
        let me = Me { id: id::<UserId>(4), name: "Ada".into(), email: "ada@example.com".into(), workspaces: vec![] };
        let choice = Choice { search: String::new(), show: Show::All, from: 0 };
        let desk = Desk::new(me, board, choice);
        let waits = Waits::new(desk);
        provide_context(Parts { desk, waits, feed: Feed::new(desk, waits) });
        let cell = desk.rows.with_untracked(|rows| rows[0].cells[0].clone());
        cell.waiting.set(is_waiting.then(|| id(5)));
        view! { <StatusCell cell/> }.to_html()
    })
}

fn shows(html: &str, status: &str, name: &str) {
    assert!(html.contains(&format!(r#"data-status="{status}""#)), "{status} is not in {html}");
    assert!(html.contains(&format!(r#"aria-label="{name}""#)), "{name} is not in {html}");
}

#[test]
fn each_status_has_its_key_and_its_name() {
    let on = "Bondi Beach on LinkedIn";
    let healthy = || Link::Linked(linked(vec![], None));
    let unchosen = Connection { account: None, ..linked(vec![], None) };
    let logged_out = Connection { must_log_in: true, ..linked(vec![], None) };
    let lost = Reason::AnswerLost { at: NOW };
    for (link, silent, waiting, key, name) in [
        (healthy(), None, false, "connected", "connected"),
        (Link::Unlinked, None, false, "not-connected", "not connected"),
        (Link::Unlinked, None, true, "connecting", "connecting, Waiting for you in the popup"),
        (Link::Broken(linked(vec![], None), Reason::Removed), None, false, "broken", "broken, Removed at LinkedIn"),
        (Link::Linked(linked(vec![], Some(6))), None, false, "expiring", "expiring, 6 days left"),
        (Link::Linked(linked(vec![Ability::Publish], None)), None, false, "partly", "partly connected, Cannot publish"),
        (Link::Linked(unchosen), None, false, "partly", "partly connected, Choose a page"),
        (Link::Linked(logged_out), None, false, "partly", "partly connected, Log in at LinkedIn"),
        (Link::Broken(linked(vec![], None), Reason::PageLost), None, false, "broken", "broken, Page lost at LinkedIn"),
        (Link::Broken(linked(vec![], None), lost), None, false, "broken", "broken, Answer was lost"),
        (healthy(), Some(NOW), false, "not-answering", "network not answering"),
    ] {
        shows(&cell_of(board(Some(link), silent, true), waiting), key, &format!("{on}: {name}"));
    }
}

#[test]
fn a_red_icon_is_a_real_form_that_opens_a_window() {
    let html = cell_of(board(Some(Link::Unlinked), None, true), false);
    let page = id::<PageId>(2);
    for part in [r#"method="post""#, &format!(r#"action="/connect/{page}""#), r#"target="_blank""#, r#"name="attempt""#]
    {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn a_green_tick_asks_the_tab_for_its_dialog() {
    let html = cell_of(board(Some(Link::Linked(linked(vec![], None))), None, true), false);
    assert!(html.contains(r#"method="get""#) && !html.contains("/connect/"), "{html}");
}

#[test]
fn a_place_without_a_page_offers_to_add_one() {
    shows(&cell_of(board(None, None, true), false), "none", "Add Bondi Beach's page on LinkedIn");
}

#[test]
fn who_may_only_look_sees_a_picture() {
    let html = cell_of(board(Some(Link::Unlinked), None, false), false);
    shows(&html, "not-connected", "Bondi Beach on LinkedIn: not connected");
    assert!(html.contains(r#"role="img""#) && !html.contains("<button"), "{html}");
}

#[test]
fn colour_and_nothing_else_is_never_the_sign() {
    let broken = cell_of(board(Some(Link::Broken(linked(vec![], None), Reason::Expired)), None, true), false);
    assert!(broken.contains(r##"href="#broken""##) && broken.contains("Permission expired"), "{broken}");
    assert!(broken.contains("More about Bondi Beach on LinkedIn"), "{broken}");
}
