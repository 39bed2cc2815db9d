//! Several pages under one consent: chosen now, chosen later, chosen for other locations too, and lost again.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    on_both,
    person::{Answer, Person, Say, between},
    world::World,
};
use crate::domain::{
    AttemptState, CatchUp, EventKind, Lack, PageDetails, PageId, Reason, Returned, Status, Trouble, WorkspaceId,
};

/// A page on Pagebook for each of these locations.
async fn has_on_pagebook(owner: &Person<'_>, locations: &[&str]) -> Vec<PageId> {
    let mut pages = Vec::new();
    for location in locations {
        pages.extend(owner.has(location, &["pagebook"]).await);
    }
    pages
}

/// Answers the choice that the popup shows.
async fn chooses(owner: &Person<'_>, picker: &Answer, form: &[(&str, &str)]) -> Answer {
    owner.post(&between(&picker.body, "action=\"", "\""), form).await
}

/// Clicks the page's icon where no way to the network is expected; what the popup shows.
async fn clicks(owner: &Person<'_>, page: PageId, form: &[(&str, &str)]) -> Answer {
    owner.post(&format!("/connect/{page}"), form).await
}

/// Ada's three pages, connected for three locations by one choice.
async fn three_under_one_grant(owner: &Person<'_>) -> Vec<PageId> {
    let pages = has_on_pagebook(owner, &["Bondi Beach", "Manly Wharf", "Surry Hills"]).await;
    let picker = owner.connects(pages[0], "ada").await;
    let end = chooses(owner, &picker, &[("account", "7001"), ("all", "yes")]).await;
    assert_eq!(end.status, 200, "{end:?}");
    pages
}

async fn all_see(owner: &Person<'_>, pages: &[PageId], status: &Status) {
    for page in pages {
        assert_eq!(owner.sees(*page).await, *status);
    }
}

async fn accounts(owner: &Person<'_>, pages: &[PageId]) -> Vec<String> {
    let mut ids = Vec::new();
    for page in pages {
        ids.push(owner.link(*page).await.pinned_to().map_or_else(String::new, |account| account.id.clone()));
    }
    ids
}

/// The sealed tokens of pages, by their rows.
async fn page_tokens(world: &World) -> Vec<uuid::Uuid> {
    use sea_orm::{
        ConnectionTrait, ExprTrait,
        sea_query::{Expr, Query},
    };
    let mut select = Query::select();
    select.column("owner_row").from("secrets").and_where(Expr::col("owner_table").eq("pages"));
    let rows = world.app.store.read().query_all(&select).await.expect("the database answers");
    rows.iter().map(|row| row.try_get("", "owner_row").expect("an id")).collect()
}

async fn events(world: &World, owner: &Person<'_>) -> Vec<EventKind> {
    let id: WorkspaceId = owner.board().await.workspace.id;
    let found = crate::server::events::after_in(&world.app.store, id, 0).await.expect("the database answers");
    let CatchUp::Events(events) = found else { panic!("a snapshot") };
    events.into_iter().map(|event| event.kind).collect()
}

async fn revocations(world: &World) -> usize {
    let ledger = world.ledger().await;
    let requests = ledger["requests"].as_array().expect("a list").iter();
    requests.filter(|request| request["network"] == "pagebook" && request["endpoint"] == "revoke").count()
}

on_both! {
    async fn the_other_locations_are_connected_by_the_same_choice(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["Bondi Beach", "Manly Wharf", "Surry Hills", "Newtown"]).await;
        let picker = owner.connects(pages[0], "ada").await;
        for words in ["Manly Wharf as Harbour Coffee – Manly", "Surry Hills as Harbour Coffee – Surry Hills"] {
            assert!(picker.body.contains(words), "{words}: {}", picker.body);
        }
        assert!(picker.body.contains("Also connect the other 2"), "{}", picker.body);
        assert!(!picker.body.contains("Newtown as"), "no page of Ada's is called like it");
        let foreign = chooses(&owner, &picker, &[("account", "7001"), ("also", &pages[3].to_string())]).await;
        assert_eq!(foreign.status, 404, "only what was offered");
        let end = chooses(&owner, &picker, &[("account", "7001"), ("also", &pages[2].to_string())]).await;
        assert!(end.body.contains("is connected"), "{}", end.body);
        assert_eq!(accounts(&owner, &pages).await, ["7001", "", "7003", ""]);
        all_see(&owner, &[pages[0], pages[2]], &Status::Connected).await;
        all_see(&owner, &[pages[1], pages[3]], &Status::NotConnected).await;
        assert_eq!((world.living_grants("pagebook").await, world.requests("pagebook", "token").await), (1, 1));
    }

    async fn whoever_chooses_later_is_asked_by_nobody_again(world) {
        let owner = world.owner("Harbour").await;
        let page = has_on_pagebook(&owner, &["Bondi Beach"]).await[0];
        // The window is closed without a choice.
        let popup = owner.opens_popup(page).await;
        popup.answers(Say::Yes("ada")).await;
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Page));
        // Later, from the icon: the choice is there at once, and the network is not asked for a new consent.
        let attempt = uuid::Uuid::now_v7().to_string();
        let picker = clicks(&owner, page, &[("attempt", &attempt)]).await;
        assert!(picker.body.contains("Which page is it?"), "{}", picker.body);
        let later = chooses(&owner, &picker, &[("later", "yes")]).await;
        assert!(later.body.contains("has no page yet"), "{}", later.body);
        assert_eq!(owner.looks(attempt.parse().expect("an id")).await.state, AttemptState::Approved);
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Page));
        let picker = clicks(&owner, page, &[]).await;
        chooses(&owner, &picker, &[("account", "7003")]).await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(world.requests("pagebook", "token").await, 1);
        let ledger = world.ledger().await;
        assert_eq!(ledger["authorizations"].as_array().expect("a list").len(), 1, "one consent for all of it");
    }

    async fn a_choice_whose_permission_has_died_asks_the_network_again(world) {
        let owner = world.owner("Harbour").await;
        let page = has_on_pagebook(&owner, &["Bondi Beach"]).await[0];
        owner.connects(page, "ada").await;
        world.removes_app("pagebook", "ada").await;
        let again = owner.opens_popup(page).await;
        let picker = again.answers(Say::Yes("ada")).await;
        chooses(&owner, &picker, &[("account", "7001")]).await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn who_is_not_asked_chooses_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = has_on_pagebook(&owner, &["Bondi Beach"]).await[0];
        let picker = owner.connects(page, "ada").await;
        let action = between(&picker.body, "action=\"", "\"");
        let stranger = world.owner("Stranger").await;
        for form in [&[("account", "7001")][..], &[("later", "yes")], &[("all", "yes")]] {
            assert_eq!(stranger.post(&action, form).await.status, 404);
            let elsewhere = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
            assert_eq!(owner.send(Method::POST, &action, Some(form), &elsewhere).await.status, 403);
        }
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Page));
    }

    async fn a_page_that_cannot_be_used_says_why_and_is_not_taken(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["Coogee", "Randwick"]).await;
        // Eve runs one page and may only look at the other.
        owner.connects(pages[0], "eve").await;
        assert_eq!(accounts(&owner, &pages).await, ["7007", ""]);
        let end = owner.connects(pages[1], "eve").await;
        assert!(end.body.contains("has no page that can be connected"), "{}", end.body);
        assert_eq!(owner.sees(pages[1]).await, Status::NotConnected);
        assert_eq!(world.living_grants("pagebook").await, 1, "the first page still needs the permission");
    }

    async fn a_page_that_vanished_is_lost_and_its_siblings_live(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        world.fault(json!({ "network": "pagebook", "lost_pages": ["7002"] })).await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(pages[1]).await, Status::Broken(Reason::PageLost));
        all_see(&owner, &[pages[0], pages[2]], &Status::Connected).await;
        assert_eq!(world.living_grants("pagebook").await, 1);
        let seq = owner.board().await.seq;
        world.keeper_comes().await;
        assert_eq!(owner.board().await.seq, seq, "it is lost once");
        // The same person approves, and still has not the page.
        let popup = owner.opens_popup(pages[1]).await;
        let end = popup.answers(Say::Yes("ada")).await;
        assert!(end.body.contains("gives your account no access to this page any more"), "{}", end.body);
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::PageLost));
        world.is_quiet().await;
        assert_eq!(world.living_grants("pagebook").await, 1, "the siblings need the permission");
        world.fault(json!({ "network": "pagebook", "lost_pages": null })).await;
        owner.connects(pages[1], "ada").await;
        all_see(&owner, &pages, &Status::Connected).await;
    }

    async fn a_new_consent_that_leaves_a_page_out_says_so(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        world.fault(json!({ "network": "pagebook", "lost_pages": ["7003"] })).await;
        owner.connects(pages[0], "ada").await;
        all_see(&owner, &pages[..2], &Status::Connected).await;
        assert_eq!(owner.sees(pages[2]).await, Status::Broken(Reason::PageLost));
    }

    async fn reconnecting_one_heals_its_siblings_and_a_death_breaks_them_all(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        let before = events(world, &owner).await.len();
        world.removes_app("pagebook", "ada").await;
        world.keeper_comes().await;
        all_see(&owner, &pages, &Status::Broken(Reason::Removed)).await;
        owner.connects(pages[1], "ada").await;
        all_see(&owner, &pages, &Status::Connected).await;
        let broken = EventKind::Broken { reason: Reason::Removed };
        let expected = [broken, broken, broken, EventKind::Connected, EventKind::Connected, EventKind::Connected];
        assert_eq!(events(world, &owner).await[before..], expected, "one transition for each page");
        assert_eq!(accounts(&owner, &pages).await, ["7001", "7002", "7003"]);
    }

    async fn a_consent_that_does_not_reach_a_broken_page_leaves_it_broken(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["Bondi Beach", "Newtown"]).await;
        let picker = owner.connects(pages[0], "ada").await;
        chooses(&owner, &picker, &[("account", "7001")]).await;
        owner.connects(pages[1], "ben").await;
        world.removes_app("pagebook", "ada").await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(pages[0]).await, Status::Broken(Reason::Removed));
        owner.connects(pages[1], "ben").await;
        assert_eq!(owner.sees(pages[0]).await, Status::Broken(Reason::Removed), "Ben's consent does not reach it");
        all_see(&owner, &pages[1..], &Status::Connected).await;
    }

    async fn disconnecting_one_spares_its_siblings_and_the_last_one_revokes(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        let details: PageDetails = owner.call("pages/details", &[("page", &pages[0].to_string())]).await.json();
        assert_eq!(details.shared_with, ["Manly Wharf", "Surry Hills"]);
        assert_eq!((details.would_be, details.has_pages), (Returned::StillUsed, true));
        assert_eq!(details.manage_hint.as_deref(), Some("Apps with access"));
        assert_eq!(owner.disconnects(pages[0]).await.json::<Returned>(), Returned::StillUsed);
        all_see(&owner, &pages[1..], &Status::Connected).await;
        assert_eq!(revocations(world).await, 0);
        owner.disconnects(pages[1]).await;
        let details: PageDetails = owner.call("pages/details", &[("page", &pages[2].to_string())]).await.json();
        assert_eq!((details.shared_with.len(), details.would_be), (0, Returned::Returned));
        assert_eq!(owner.disconnects(pages[2]).await.json::<Returned>(), Returned::Returned);
        assert_eq!((revocations(world).await, world.living_grants("pagebook").await), (1, 0));
    }

    async fn the_last_two_disconnected_at_once_are_revoked_once(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        owner.disconnects(pages[0]).await;
        let (one, other) = join(owner.disconnects(pages[1]), owner.disconnects(pages[2])).await;
        let mut outcomes = [one.json::<Returned>(), other.json::<Returned>()];
        outcomes.sort_by_key(|outcome| *outcome == Returned::Returned);
        assert_eq!(outcomes, [Returned::StillUsed, Returned::Returned]);
        world.is_quiet().await;
        assert_eq!((revocations(world).await, world.living_grants("pagebook").await), (1, 0));
        assert!(page_tokens(world).await.is_empty());
    }

    async fn one_choice_made_twice_at_once_is_made_once(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["Bondi Beach", "Manly Wharf"]).await;
        let picker = owner.connects(pages[0], "ada").await;
        let form = [("account", "7001"), ("all", "yes")];
        let (one, other) = join(chooses(&owner, &picker, &form), chooses(&owner, &picker, &form)).await;
        assert!([one.status, other.status].contains(&200), "{one:?} {other:?}");
        assert_eq!(accounts(&owner, &pages).await, ["7001", "7002"]);
        let connected = events(world, &owner).await.into_iter().filter(|kind| *kind == EventKind::Connected).count();
        assert_eq!(connected, 2);
    }

    async fn two_locations_that_choose_one_account_at_once_do_not_both_get_it(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["East", "West"]).await;
        let (one, other) = (owner.connects(pages[0], "ada").await, owner.connects(pages[1], "ada").await);
        let form = [("account", "7002")];
        join(chooses(&owner, &one, &form), chooses(&owner, &other, &form)).await;
        let mut taken = accounts(&owner, &pages).await;
        taken.sort();
        assert_eq!(taken, ["", "7002"]);
    }

    async fn a_pages_own_token_is_sealed_replaced_and_forgotten(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        let mut ids: Vec<_> = pages.iter().map(|page| page.0).collect();
        ids.sort();
        let mut sealed = page_tokens(world).await;
        sealed.sort();
        assert_eq!(sealed, ids);
        let place = |page: PageId, workspace| crate::server::pages::token_of(workspace, page);
        let workspace = owner.board().await.workspace.id;
        let token = async |page| {
            use secrecy::ExposeSecret;
            let found = world.app.vault.get(world.app.store.read(), place(page, workspace)).await.expect("it opens");
            found.expose_secret().to_owned()
        };
        let issued = |ledger: &Value, page: &str| -> String {
            let mut all = ledger["tokens"].as_array().expect("a list").iter().rev();
            let newest = all.find(|token| token["page"] == page).expect("it was issued");
            newest["value"].as_str().expect("text").to_owned()
        };
        assert_eq!(token(pages[1]).await, issued(&world.ledger().await, "7002"));
        world.removes_app("pagebook", "ada").await;
        world.keeper_comes().await;
        owner.connects(pages[0], "ada").await;
        assert_eq!(token(pages[1]).await, issued(&world.ledger().await, "7002"), "the new consent's");
        owner.disconnects(pages[1]).await;
        assert!(!page_tokens(world).await.contains(&pages[1].0));
    }

    async fn change_pages_makes_the_network_ask_again_and_offers_what_is_new(world) {
        let owner = world.owner("Harbour").await;
        world.fault(json!({ "network": "pagebook", "lost_pages": ["7002", "7003"] })).await;
        let pages = has_on_pagebook(&owner, &["Bondi Beach", "Manly Wharf"]).await;
        owner.connects(pages[0], "ada").await;
        assert_eq!(accounts(&owner, &pages).await, ["7001", ""]);
        world.faults_off().await;
        let ordinary = clicks(&owner, pages[0], &[]).await;
        assert!(!ordinary.body.contains("auth_type=rerequest"), "an ordinary click does not make it ask");
        let start = clicks(&owner, pages[0], &[("change_pages", "yes")]).await;
        assert!(start.body.contains("auth_type=rerequest"), "{}", start.body);
        let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).expect("an address");
        let offer = owner.popup_at(&url).answers(Say::Yes("ada")).await;
        assert!(offer.body.contains("Manly Wharf as Harbour Coffee – Manly"), "{}", offer.body);
        assert!(!offer.body.contains("type=\"radio\""), "the page keeps its own account");
        let end = chooses(&owner, &offer, &[("also", &pages[1].to_string())]).await;
        assert!(end.body.contains("is connected"), "{}", end.body);
        assert_eq!(accounts(&owner, &pages).await, ["7001", "7002"]);
        all_see(&owner, &pages, &Status::Connected).await;
        // With nothing new there is nothing to ask.
        let start = clicks(&owner, pages[0], &[("change_pages", "yes")]).await;
        let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).expect("an address");
        let end = owner.popup_at(&url).answers(Say::Yes("ada")).await;
        assert!(end.body.contains("is connected") && end.body.contains("window.close()"), "{}", end.body);
    }
}
