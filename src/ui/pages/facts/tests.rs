use super::*;
use crate::{
    api::pages::Disconnect,
    domain::{
        Account, Board, Choice, LocationCard, LocationId, Me, NetworkCard, NetworkId, PageView, Returned, Show, Span,
        Tally, UserId, WorkspaceCard, WorkspaceId,
    },
    ui::pages::{feed::Feed, waits::Waits},
};

const NOW: Moment = Moment(1_793_707_380_000);

fn board(page: PageId) -> Board {
    let (location, network) = (LocationId(uuid::Uuid::nil()), NetworkId("linkedin".into()));
    let connection = Connection {
        account: Some(Account { id: "1".into(), name: "Harbour Coffee – Bondi".into() }),
        linked_by: "Ada".into(),
        linked_at: NOW,
        missing: vec![],
        must_act_at: None,
        must_log_in: false,
    };
    let silent_since = None;
    Board {
        workspace: WorkspaceCard {
            id: WorkspaceId(uuid::Uuid::nil()),
            slug: "harbour".into(),
            name: "Harbour".into(),
            is_owner: true,
        },
        may_connect: true,
        networks: vec![NetworkCard { id: network.clone(), name: "LinkedIn".into(), manage_url: None, silent_since }],
        locations: vec![LocationCard { id: location, name: "Bondi Beach".into() }],
        pages: vec![PageView { id: page, location, network, link: Link::Linked(connection) }],
        tally: Tally::default(),
        span: Span::default(),
        seq: 0,
        now: NOW,
    }
}

fn html(page: PageId, history: Vec<PastEvent>) -> String {
    Owner::new().with(|| {
        let me = Me { id: UserId(page.0), name: "Ada".into(), email: "ada@example.com".into(), workspaces: vec![] };
        let choice = Choice { search: String::new(), show: Show::All, from: 0 };
        let desk = Desk::new(me, board(page), choice);
        let waits = Waits::new(desk);
        provide_context(Parts { desk, waits, feed: Feed::new(desk, waits) });
        let cell = desk.rows.with_untracked(|rows| rows[0].cells[0].clone());
        let details = PageDetails {
            checked_at: None,
            shared_with: vec![],
            would_be: Returned::Returned,
            manage_hint: None,
            has_pages: false,
            instance: None,
            manage_url: None,
            history,
        };
        let sending = Sending::to::<Disconnect>();
        view! { <Facts cell details=Some(details) sending/> }.to_html()
    })
}

#[test]
fn the_dialog_tells_what_happened_to_its_page_and_leads_to_all_of_it() {
    let page = PageId(uuid::Uuid::from_u128(7));
    let past = |minutes: i64, text: &str| PastEvent { at: Moment(NOW.0 - minutes * 60_000), text: text.into() };
    let html = html(page, vec![past(4, "Ada connected it."), past(120, "Ada added it.")]);
    let place = |part: &str| html.find(part).unwrap_or_else(|| panic!("{part} is not in {html}"));
    let at = [
        place("aria-labelledby=\"past\""),
        place(words::LAST_EVENTS),
        place("Ada connected it."),
        place("4 minutes ago"),
        place("Ada added it."),
        place("2 hours ago"),
        place(&format!("href=\"/w/harbour/settings/activity?page={page}\"")),
    ];
    assert!(at.is_sorted(), "the newest first, and then the way to all: {html}");
}
