//! Several pages under one consent: chosen now, chosen later, chosen for other locations too, and lost again.

use futures_util::future::join;
use reqwest::Method;
use serde_json::json;

use super::{
    on_both,
    person::{Answer, Person, Say, between},
    world::{Extra, World},
};
use crate::{
    domain::{AttemptState, CatchUp, EventKind, Lack, PageId, Reason, Status, Trouble, WorkspaceId, words},
    server::sandbox,
};

/// A page on Pagebook for each of these locations.
pub async fn has_on_pagebook(owner: &Person<'_>, locations: &[&str]) -> Vec<PageId> {
    let mut pages = Vec::new();
    for location in locations {
        pages.extend(owner.has(location, &["pagebook"]).await);
    }
    pages
}

/// Answers the choice that the popup shows.
pub async fn chooses(owner: &Person<'_>, picker: &Answer, form: &[(&str, &str)]) -> Answer {
    owner.post(&between(&picker.body, "action=\"", "\""), form).await
}

/// Clicks the page's icon where no way to the network is expected; what the popup shows.
pub async fn clicks(owner: &Person<'_>, page: PageId, form: &[(&str, &str)]) -> Answer {
    owner.post(&format!("/connect/{page}"), form).await
}

/// Ada's three pages, connected for three locations by one choice.
pub async fn three_under_one_grant(owner: &Person<'_>) -> Vec<PageId> {
    let pages = has_on_pagebook(owner, &["Bondi Beach", "Manly Wharf", "Surry Hills"]).await;
    let picker = owner.connects(pages[0], "ada").await;
    let end = chooses(owner, &picker, &[("account", "7001"), ("all", "yes")]).await;
    assert_eq!(end.status, 200, "{end:?}");
    pages
}

pub async fn all_see(owner: &Person<'_>, pages: &[PageId], status: &Status) {
    for page in pages {
        assert_eq!(owner.sees(*page).await, *status);
    }
}

pub async fn accounts(owner: &Person<'_>, pages: &[PageId]) -> Vec<String> {
    let mut ids = Vec::new();
    for page in pages {
        ids.push(owner.link(*page).await.pinned_to().map_or_else(String::new, |account| account.id.clone()));
    }
    ids
}

pub async fn events(world: &World, owner: &Person<'_>) -> Vec<EventKind> {
    let id: WorkspaceId = owner.board().await.workspace.id;
    let found = crate::server::events::after_in(&world.app.store, id, 0).await.expect("the database answers");
    let CatchUp::Events(events) = found else { panic!("a snapshot") };
    events.into_iter().map(|event| event.kind).collect()
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

    async fn a_network_that_does_not_answer_the_choice_leaves_it_for_later(world) {
        let owner = world.owner("Harbour").await;
        let page = has_on_pagebook(&owner, &["Bondi Beach"]).await[0];
        let picker = owner.connects(page, "ada").await;
        world.fault(json!({ "network": "pagebook", "down": true })).await;
        let end = chooses(&owner, &picker, &[("account", "7001")]).await;
        assert!(end.body.contains("Pagebook did not answer"), "{}", end.body);
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Page));
        world.faults_off().await;
        let picker = clicks(&owner, page, &[]).await;
        chooses(&owner, &picker, &[("account", "7001")]).await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn the_dialog_says_what_disconnecting_comes_to_and_offers_other_pages(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        let dialog = async |page: PageId| {
            let answer = owner.get(&format!("/w/{}/settings/pages?page={page}", owner.workspace)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.body
        };
        let html = dialog(pages[0]).await;
        for words in [
            "Pagebook keeps the permission, because Manly Wharf and Surry Hills need it too.",
            words::CHANGE_PAGES,
            "name=\"change_pages\"",
            "Apps with access",
        ] {
            assert!(html.contains(words), "{words} is not in {html}");
        }
        owner.disconnects(pages[1]).await;
        owner.disconnects(pages[2]).await;
        assert!(dialog(pages[0]).await.contains("Greentick will give its permission back to Pagebook."));
        let person = owner.has("Newtown", &["chirper"]).await[0];
        owner.connects(person, "ben").await;
        assert!(!dialog(person).await.contains(words::CHANGE_PAGES), "a network without pages has none to change");
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
        for words in ["Harbour Coffee – Coogee", "belongs to Coogee here", "Harbour Coffee – Randwick", words::LACKS_ROLE] {
            assert!(end.body.contains(words), "{words}: {}", end.body);
        }
        assert_eq!(world.living_grants("pagebook").await, 1, "the first page still needs the permission");
    }

    async fn what_cannot_be_chosen_stands_last_and_a_role_that_is_lost_is_a_page_lost(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["East", "Bondi Beach"]).await;
        world.fault(json!({ "network": "pagebook", "watched_pages": ["7001"] })).await;
        let picker = owner.connects(pages[0], "ada").await;
        let inputs: Vec<_> = picker.body.split("<input").skip(1).collect();
        assert_eq!(inputs.len(), 3, "Bondi Beach is not offered what cannot be used: {}", picker.body);
        assert!(inputs[2].contains("7001") && inputs[2].contains("disabled") && inputs[2].contains(words::LACKS_ROLE));
        assert!(inputs.iter().all(|input| !input.contains(" checked")), "no name fits, so nothing is chosen already");
        assert_eq!(chooses(&owner, &picker, &[("account", "7001")]).await.status, 404);
        chooses(&owner, &picker, &[("account", "7002")]).await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected);
        world.fault(json!({ "network": "pagebook", "watched_pages": ["7001", "7002"] })).await;
        world.keeper_comes().await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(pages[0]).await, Status::Broken(Reason::PageLost));
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

/// Another server of Pagebook's kind.
fn elsewhere() -> Extra {
    let text = include_str!("../../networks/pagebook.toml");
    let text = text.replace("id = \"pagebook\"", "id = \"otherbook\"");
    let text = text.replace("issuer = \"{sandbox}/pagebook\"", "issuer = \"{sandbox}/otherbook\"");
    Extra { id: "otherbook", text, client: (sandbox::client_id("pagebook"), sandbox::client_secret("pagebook")) }
}

on_both! {
    with vec![elsewhere()];
    async fn a_choice_of_one_servers_pages_sends_no_token_of_anothers(world) {
        use sea_orm::{ConnectionTrait, ExprTrait, sea_query::{Expr, Query}};
        let owner = world.owner("Harbour").await;
        let page = has_on_pagebook(&owner, &["Bondi Beach"]).await[0];
        let popup = owner.opens_popup(page).await;
        let picker = popup.answers(Say::Yes("ada")).await;
        // As when the page was approved at another server since.
        let other = world.app.networks.app_at(&crate::domain::NetworkId("otherbook".to_owned())).expect("it is set up").id;
        let mut moves = Query::update();
        moves.table("attempts").value("network_app", other.0).and_where(Expr::col("id").eq(popup.attempt.0));
        world.app.store.read().execute(&moves).await.expect("it is written");
        let asked = world.requests("pagebook", "accounts").await;
        chooses(&owner, &picker, &[("account", "7001")]).await;
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::PageGone));
        assert_eq!(world.requests("pagebook", "accounts").await, asked);
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Page), "it is as it was");
    }
}
