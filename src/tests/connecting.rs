//! The red broken link becomes the green tick, or stays red and says why.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{
    on_both,
    person::{Say, between},
    world::{World, expires_in},
};
use crate::domain::{Ability, AttemptState, Lack, Link, Status};

const NETWORKS: [&str; 4] = ["chirper", "pagebook", "linkwork", "hush"];

on_both! {
    async fn an_approval_makes_the_page_green_at_every_network(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &NETWORKS).await;
        for (network, page) in NETWORKS.iter().zip(pages) {
            assert_eq!(owner.sees(page).await, Status::NotConnected);
            let popup = owner.opens_popup(page).await;
            // Ben has one page at each network, so there is nothing to choose.
            let end = popup.answers(Say::Yes("ben")).await;
            assert!(end.status == 200 && end.body.contains("is connected"), "{network}: {}", end.body);
            assert_eq!(owner.sees(page).await, Status::Connected, "{network}");
            assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Approved);
            assert_eq!((world.living_grants(network).await, world.requests(network, "token").await), (1, 1), "{network}");
        }
    }

    async fn a_cancel_leaves_the_page_red(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &NETWORKS).await;
        for (network, page) in NETWORKS.iter().zip(pages) {
            let popup = owner.opens_popup(page).await;
            let end = popup.answers(Say::No).await;
            assert!(end.body.contains("you cancelled"), "{network}: {}", end.body);
            assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Cancelled);
            assert_eq!(owner.sees(page).await, Status::NotConnected);
            assert_eq!((world.living_grants(network).await, world.requests(network, "token").await), (0, 0), "{network}");
        }
    }

    async fn what_was_not_granted_is_amber_with_words(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &NETWORKS).await;
        let scopes = ["post.write", "pages_publish", "w_post", "posts:write"];
        for (scope, page) in scopes.iter().zip(pages) {
            owner.opens_popup(page).await.answers(Say::YesBut("ben", scope)).await;
            assert_eq!(owner.sees(page).await, Status::Partly(Lack::Abilities(vec![Ability::Publish])), "{scope}");
            owner.connects(page, "ben").await;
            assert_eq!(owner.sees(page).await, Status::Connected, "{scope}");
        }
    }

    async fn a_permission_that_ends_is_amber_a_week_before(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["linkwork"]).await;
        world.fault(expires_in("linkwork", 7 * 86_400 + 3_600)).await;
        owner.connects(pages[0], "ben").await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected);
        world.clock.advance(Duration::from_hours(2));
        assert_eq!(owner.sees(pages[0]).await, Status::Expiring { days: 7 });
        let seq = owner.board().await.seq;
        world.keeper_comes().await;
        world.keeper_comes().await;
        assert_eq!(owner.board().await.seq, seq + 1, "the moment is an event, once");
    }

    async fn an_end_that_is_near_is_told_with_its_days(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["linkwork", "chirper"]).await;
        for network in ["linkwork", "chirper"] {
            world.fault(expires_in(network, 6 * 86_400)).await;
        }
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[1], "ben").await;
        assert_eq!(owner.sees(pages[0]).await, Status::Expiring { days: 6 });
        // Chirper gave a refresh token: its access token's end asks nobody to do anything.
        assert_eq!(owner.sees(pages[1]).await, Status::Connected);
    }

    async fn a_page_takes_only_its_own_account(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ada").await;
        world.removes_app("chirper", "ada").await;
        world.keeper_comes().await;
        let before = owner.link(page).await;
        let popup = owner.opens_popup(page).await;
        let end = popup.answers(Say::Yes("ben")).await;
        assert!(end.body.contains("Ada Lane") && end.body.contains("Ben Okafor"), "{}", end.body);
        assert!(end.body.contains("Try again as Ada Lane"), "{}", end.body);
        assert_eq!(owner.link(page).await, before, "nothing changed");
        world.is_quiet().await;
        assert_eq!(world.living_grants("chirper").await, 0, "what was not wanted is given back");
        owner.connects(page, "ada").await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn one_of_several_pages_is_chosen_in_the_popup(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["pagebook"]).await[0], owner.has("Manly", &["pagebook"]).await[0]];
        let popup = owner.opens_popup(pages[0]).await;
        let picker = popup.answers(Say::Yes("ada")).await;
        assert!(picker.body.contains("Harbour Coffee – Manly"), "{}", picker.body);
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Choosing);
        assert_eq!(owner.sees(pages[0]).await, Status::Partly(Lack::Page), "it is approved, and nobody has chosen");
        let action = between(&picker.body, "action=\"", "\"");
        assert_eq!(owner.post(&action, &[("account", "7004")]).await.status, 404, "Ben's page is not offered");
        let end = owner.post(&action, &[("account", "7002")]).await;
        assert!(end.body.contains("is connected"), "{}", end.body);
        assert_eq!(owner.sees(pages[0]).await, Status::Connected);
        // The second location is offered what the first has, but cannot take it.
        let picker = owner.connects(pages[1], "ada").await;
        assert!(picker.body.contains("belongs to Bondi here"), "{}", picker.body);
        let action = between(&picker.body, "action=\"", "\"");
        assert_eq!(owner.post(&action, &[("account", "7002")]).await.status, 404);
        assert_eq!(owner.post(&action, &[("account", "7001")]).await.status, 200);
        assert_eq!(world.living_grants("pagebook").await, 1);
    }

    async fn a_late_yes_still_connects_and_a_stopped_one_does_not(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "linkwork", "hush"]).await;
        let late = owner.opens_popup(pages[0]).await;
        let callback = late.callback(Say::Yes("ben")).await;
        world.clock.advance(Duration::from_mins(9));
        owner.get(&callback).await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected);

        let too_late = owner.opens_popup(pages[1]).await;
        let callback = too_late.callback(Say::Yes("ben")).await;
        world.clock.advance(Duration::from_mins(11));
        assert_eq!(owner.looks(too_late.attempt).await.state, AttemptState::Expired);
        owner.get(&callback).await;
        assert_eq!(owner.sees(pages[1]).await, Status::NotConnected);

        let stopped = owner.opens_popup(pages[2]).await;
        let callback = stopped.callback(Say::Yes("ben")).await;
        owner.call("attempts/stop", &[("attempt", &stopped.attempt.to_string())]).await;
        owner.get(&callback).await;
        assert_eq!(owner.sees(pages[2]).await, Status::NotConnected);
        assert_eq!(world.requests("hush", "token").await, 0);
    }

    async fn a_network_that_does_not_answer_leaves_the_page_red_and_says_so(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let callback = popup.callback(Say::Yes("ben")).await;
        world.fault(json!({ "network": "chirper", "down": true })).await;
        let end = owner.get(&callback).await;
        assert!(end.body.contains("Chirper"), "{}", end.body);
        assert_eq!(owner.sees(page).await, Status::NotConnected);
        world.fault(json!({ "network": "chirper", "down": false })).await;
        owner.connects(page, "ben").await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn a_server_that_stops_finishes_what_is_in_flight(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let callback = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
        world.fault(json!({ "network": "chirper", "delay_ms": 700 })).await;
        let stops = async {
            // By then the code is at the network, and its answer is not here.
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(world.requests("chirper", "token").await, 1);
            world.stops().await;
        };
        let (end, ()) = tokio::join!(owner.get(&callback), stops);
        assert!(end.body.contains("is connected"), "{}", end.body);
    }

    async fn a_person_who_hangs_up_loses_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let callback = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
        world.fault(json!({ "network": "chirper", "delay_ms": 500 })).await;
        let hung_up = tokio::time::timeout(Duration::from_millis(200), owner.get(&callback)).await;
        assert!(hung_up.is_err(), "the answer came too early to hang up on");
        for _ in 0..100 {
            if owner.sees(page).await == Status::Connected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(world.requests("chirper", "token").await, 1);
    }

    async fn many_popups_at_once_all_land_right(world) {
        let owner = world.owner("Harbour").await;
        let mut pages = Vec::new();
        for location in ["a", "b", "c"] {
            pages.extend(owner.has(location, &["chirper", "linkwork", "hush"]).await);
        }
        let mut callbacks = Vec::new();
        for (page, person) in pages.iter().zip(["ada", "ben", "cleo", "dan", "eve", "finn", "ada", "ben", "cleo"]) {
            callbacks.push((owner.opens_popup(*page).await.callback(Say::Yes(person)).await, person));
        }
        let ends = join_all(callbacks.iter().map(|(callback, _)| owner.get(callback))).await;
        assert!(ends.iter().all(|end| end.body.contains("is connected")), "{ends:?}");
        for page in &pages {
            assert!(matches!(owner.link(*page).await, Link::Linked(_)));
        }
    }
}
