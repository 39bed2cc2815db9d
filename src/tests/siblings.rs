//! One grant, many pages: healed together, broken together, given back by the last one; each its own token.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{
    on_both,
    person::Say,
    picking::{accounts, all_see, chooses, events, has_on_pagebook, three_under_one_grant},
    world::{Extra, World},
};
use crate::{
    domain::{AttemptState, EventKind, PageDetails, PageId, Reason, Returned, Status, Trouble},
    server::sandbox,
};

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

/// From now on the record takes no event of that number: whoever writes it fails in the middle of its work.
pub async fn record_refuses(world: &World, number: i64) {
    use crate::server::store::Backend;
    use sea_orm::ConnectionTrait;
    let steps = match world.app.store.backend() {
        Backend::Sqlite => vec![format!(
            "CREATE TRIGGER refuses BEFORE INSERT ON events WHEN NEW.seq = {number} BEGIN SELECT RAISE(ABORT, 'no'); END"
        )],
        Backend::Postgres => vec![
            format!(
                "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.seq = {number} THEN \
                 RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
            ),
            "CREATE TRIGGER refuses BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuses()".to_owned(),
        ],
    };
    for step in steps {
        world.app.store.read().execute_unprepared(&step).await.expect("it takes the trigger");
    }
}

pub async fn record_takes_all_again(world: &World) {
    use crate::server::store::Backend;
    use sea_orm::ConnectionTrait;
    let step = match world.app.store.backend() {
        Backend::Sqlite => "DROP TRIGGER refuses",
        Backend::Postgres => "DROP FUNCTION refuses CASCADE",
    };
    world.app.store.read().execute_unprepared(step).await.expect("it forgets the trigger");
}

async fn revocations(world: &World) -> usize {
    let ledger = world.ledger().await;
    let requests = ledger["requests"].as_array().expect("a list").iter();
    requests.filter(|request| request["network"] == "pagebook" && request["endpoint"] == "revoke").count()
}

on_both! {
    async fn a_page_that_vanished_is_lost_and_its_siblings_live(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        // A list that lacks a page once proves nothing.
        for lacks in [json!(["7002"]), json!(null), json!(["7002"])] {
            world.fault(json!({ "network": "pagebook", "lost_pages": lacks })).await;
            world.keeper_comes().await;
            all_see(&owner, &pages, &Status::Connected).await;
        }
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
        let expected = [broken.clone(), broken.clone(), broken, EventKind::Connected, EventKind::Connected, EventKind::Connected];
        assert_eq!(events(world, &owner).await[before..], expected, "one transition for each page");
        assert_eq!(accounts(&owner, &pages).await, ["7001", "7002", "7003"]);
    }

    async fn what_happens_to_all_pages_of_a_permission_happens_to_all_or_to_none(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        world.removes_app("pagebook", "ada").await;
        let seq = owner.board().await.seq;
        record_refuses(world, seq + 3).await;
        world.keeper_comes().await;
        all_see(&owner, &pages, &Status::Connected).await;
        assert_eq!(owner.board().await.seq, seq, "two events were written, and none of them stands");
        record_takes_all_again(world).await;
        world.clock.advance(std::time::Duration::from_mins(2));
        world.keeper_comes().await;
        all_see(&owner, &pages, &Status::Broken(Reason::Removed)).await;
        // The way back is one step too; what could not be written is written a moment later.
        record_refuses(world, seq + 6).await;
        owner.connects(pages[1], "ada").await;
        all_see(&owner, &pages, &Status::Broken(Reason::Removed)).await;
        record_takes_all_again(world).await;
        for _ in 0..100 {
            if owner.sees(pages[1]).await == Status::Connected {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        all_see(&owner, &pages, &Status::Connected).await;
        assert_eq!(owner.board().await.seq, seq + 6, "one event for each page and each change");
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

    async fn a_broken_page_is_healed_by_anybody_whose_consent_reaches_its_account(world) {
        let owner = world.owner("Harbour").await;
        let pages = has_on_pagebook(&owner, &["Bondi Beach", "Manly Wharf", "Newtown"]).await;
        let picker = owner.connects(pages[0], "ada").await;
        chooses(&owner, &picker, &[("account", "7001")]).await;
        world.fault(json!({ "network": "pagebook", "person": "ben", "also_pages": ["7001"] })).await;
        // While it works by Ada's permission, it stays with it.
        owner.connects(pages[2], "ben").await;
        assert_eq!(accounts(&owner, &pages).await, ["7001", "", "7004"]);
        let details: PageDetails = owner.call("pages/details", &[("page", &pages[2].to_string())]).await.json();
        assert_eq!(details.shared_with.len(), 0);
        world.removes_app("pagebook", "ada").await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(pages[0]).await, Status::Broken(Reason::Removed));
        owner.connects(pages[2], "ben").await;
        all_see(&owner, &[pages[0], pages[2]], &Status::Connected).await;
        let details: PageDetails = owner.call("pages/details", &[("page", &pages[2].to_string())]).await.json();
        assert_eq!(details.shared_with, ["Bondi Beach"]);
        owner.disconnects(pages[0]).await;
        assert_eq!(world.living_grants("pagebook").await, 1, "Ben's, which the other page needs");
    }
}

/// Pagebook, whose list goes on elsewhere.
fn in_parts() -> Extra {
    let text = include_str!("../../networks/pagebook.toml");
    let text = text.replace("usable = {", "more = { next_url = \"paging.next\" }\nusable = {");
    Extra { id: "pagebook", text, client: (sandbox::client_id("pagebook"), sandbox::client_secret("pagebook")) }
}

on_both! {
    with vec![in_parts()];
    async fn a_list_that_was_not_read_to_its_end_loses_no_page(world) {
        let owner = world.owner("Harbour").await;
        let pages = three_under_one_grant(&owner).await;
        let elsewhere = "https://elsewhere.example/me/accounts?after=2";
        world.fault(json!({ "network": "pagebook", "lost_pages": ["7002"], "accounts_go_on": elsewhere })).await;
        for _ in 0..3 {
            world.keeper_comes().await;
        }
        all_see(&owner, &pages, &Status::Connected).await;
        owner.connects(pages[0], "ada").await;
        let popup = owner.opens_popup(pages[1]).await;
        popup.answers(Say::Yes("ada")).await;
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::OddAnswer));
        all_see(&owner, &pages, &Status::Connected).await;
        world.fault(json!({ "network": "pagebook", "accounts_go_on": null })).await;
        world.keeper_comes().await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(pages[1]).await, Status::Broken(Reason::PageLost), "that was all");
    }
}
