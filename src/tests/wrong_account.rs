//! Reconnecting a page and approving as somebody else: nothing changes, both are named, and one click leads back to the
//! network, which asks whose account it is.

use sea_orm::{ConnectionTrait, Order, QueryResult, sea_query::Query};
use serde_json::Value;

use super::{
    on_both,
    person::{Person, Say, between},
    world::World,
};
use crate::domain::{AttemptState, PageId, Status};

/// All that a wrong account could have changed here: the page's facts, the grants, and the sealed tokens.
async fn facts(world: &World, owner: &Person<'_>) -> (String, Vec<(String, Vec<u8>)>) {
    let board = owner.board().await;
    let mut select = Query::select();
    select.columns(["owner_column", "sealed"]).from("secrets");
    select.order_by("owner_row", Order::Asc).order_by("owner_column", Order::Asc);
    let rows = world.app.store.read().query_all(&select).await.expect("the database answers");
    let text = |row: &QueryResult| row.try_get("", "owner_column").expect("text");
    let sealed = rows.iter().map(|row| (text(row), row.try_get("", "sealed").expect("bytes")));
    (format!("{} {:?}", board.seq, board.pages), sealed.collect())
}

async fn grants(world: &World) -> Vec<Value> {
    let mut select = Query::select();
    select.columns(["person_id", "version", "scopes", "next_visit_at"]).from("grants").order_by("id", Order::Asc);
    let rows = world.app.store.read().query_all(&select).await.expect("the database answers");
    let row = |row: &QueryResult| {
        let text = |name| row.try_get::<String>("", name).expect("text");
        let number = |name| row.try_get::<Option<i64>>("", name).expect("a number");
        serde_json::json!([text("person_id"), text("scopes"), number("version"), number("next_visit_at")])
    };
    rows.iter().map(row).collect()
}

/// Clicks the way back in the popup, and answers at the network.
async fn tries_again(owner: &Person<'_>, popup: &str, as_whom: &str) -> String {
    let action = between(popup, "action=\"", "\"");
    let field = |input: &str| (between(input, "name=\"", "\""), between(input, "value=\"", "\""));
    let hidden: Vec<_> = popup.split("<input").skip(1).map(field).collect();
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let start = owner.post(&action, &hidden).await;
    let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).expect("an address");
    owner.popup_at(&url).answers(Say::Yes(as_whom)).await.body
}

async fn approves_as_another(world: &World, owner: &Person<'_>, page: PageId, network: &str) {
    let before = (facts(world, owner).await, grants(world).await);
    let status = owner.sees(page).await;
    let popup = owner.opens_popup(page).await;
    let end = popup.answers(Say::Yes("ben")).await;
    assert_eq!(end.status, 400, "{network}: {end:?}");
    assert!(matches!(owner.looks(popup.attempt).await.state, AttemptState::WrongAccount { .. }), "{network}");
    let ours = if network == "pagebook" {
        ["Harbour Coffee – Glebe", "Harbour Coffee – Newtown"]
    } else {
        ["Cleo Marsh", "Ben Okafor"]
    };
    for name in ours {
        assert!(end.body.contains(name), "{network}: {}", end.body);
    }
    assert!(
        end.body.contains("Nothing changed") && end.body.contains(&format!("Try again as {}", ours[0])),
        "{network}"
    );
    assert!(!end.body.contains("window.close()"), "the person must read it");
    world.is_quiet().await;
    assert_eq!((facts(world, owner).await, grants(world).await), before, "{network}");
    assert_eq!(owner.sees(page).await, status, "{network}");
    let ledger = world.ledger().await;
    let grants = ledger["grants"].as_array().expect("a list").iter();
    let living = grants.filter(|grant| grant["network"] == network && grant["alive"] == true);
    let living: Vec<_> = living.map(|grant| grant["person"].clone()).collect();
    assert_eq!(living, ["cleo"], "{network}: what was not wanted is given back, and what is needed stays");
    let again = tries_again(owner, &end.body, "cleo").await;
    assert!(again.contains("is connected"), "{network}: {again}");
}

on_both! {
    async fn approving_as_another_person_changes_nothing_and_leads_back(world) {
        let owner = world.owner("Harbour").await;
        let networks = ["chirper", "pagebook", "linkwork", "hush"];
        let pages = owner.has("Bondi", &networks).await;
        for (network, page) in networks.iter().zip(pages) {
            owner.connects(page, "cleo").await;
            assert_eq!(owner.sees(page).await, Status::Connected, "{network}");
            approves_as_another(world, &owner, page, network).await;
            // And where the page is partly connected, which is what people reconnect for.
            let scope = match *network { "chirper" => "post.write", "pagebook" => "pages_publish", "linkwork" => "w_post", _ => "posts:write" };
            if *network == "hush" {
                // It adds to what was granted before, so that has to go first.
                world.removes_app(network, "cleo").await;
            }
            owner.opens_popup(page).await.answers(Say::YesBut("cleo", scope)).await;
            assert!(matches!(owner.sees(page).await, Status::Partly(_)), "{network}");
            approves_as_another(world, &owner, page, network).await;
        }
    }

    async fn a_network_that_knows_its_person_asks_again_on_the_way_back(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["hush"]).await[0];
        owner.connects(page, "cleo").await;
        let end = owner.connects(page, "ben").await;
        let action = between(&end.body, "action=\"", "\"");
        let plain = owner.post(&action, &[]).await;
        assert!(!plain.body.contains("force="), "an ordinary click lets the network be silent");
        let again = owner.post(&action, &[("choose_account", "yes")]).await;
        assert!(again.body.contains("force=yes"), "{}", again.body);
        assert!(end.body.contains("name=\"choose_account\""), "{}", end.body);
        // The sandbox's silence is in a cookie: with it the network would say ben again, and with the wish it asks.
        let url: String = serde_json::from_str(&between(&again.body, "location.replace(", ")")).expect("an address");
        for (address, asks) in [(url.replace("force=yes", "x=y"), false), (url, true)] {
            let answer = world.http.get(address).header("cookie", "sbx-last-hush=ben").send().await.expect("it answers");
            assert_eq!(answer.status().as_u16() == 200, asks);
        }
    }
}
