//! What a network lets us do: missed, noticed later, and asked for by one click.

use serde_json::json;

use super::{on_both, person::Say, world::World};
use crate::domain::{Ability, CatchUp, EventKind, Lack, Status};

fn lacks_publishing() -> Status {
    Status::Partly(Lack::Abilities(vec![Ability::Publish]))
}

on_both! {
    async fn one_click_asks_for_just_what_is_missing_where_that_keeps_the_rest(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["hush"]).await[0];
        owner.opens_popup(page).await.answers(Say::YesBut("ben", "posts:write")).await;
        assert_eq!(owner.sees(page).await, lacks_publishing());
        let popup = owner.opens_popup(page).await;
        let asked = popup.url.query_pairs().find(|(name, _)| name == "scope").expect("scopes").1.into_owned();
        assert_eq!(asked, "posts:write");
        popup.answers(Say::Yes("ben")).await;
        assert_eq!(owner.sees(page).await, Status::Connected, "what was granted before is granted still");
        let popup = owner.opens_popup(page).await;
        let asked = popup.url.query_pairs().find(|(name, _)| name == "scope").expect("scopes").1.into_owned();
        assert_eq!(asked.split(' ').count(), 3, "nothing is missing, so everything is asked for: {asked}");
    }

    async fn one_click_asks_for_everything_where_the_rest_would_be_lost(world) {
        let owner = world.owner("Harbour").await;
        for (network, scope, all) in [("chirper", "post.write", 3), ("linkwork", "w_post", 3), ("pagebook", "pages_publish", 3)] {
            let page = owner.has(network, &[network]).await[0];
            owner.opens_popup(page).await.answers(Say::YesBut("ben", scope)).await;
            assert_eq!(owner.sees(page).await, lacks_publishing(), "{network}");
            let popup = owner.opens_popup(page).await;
            let asked = popup.url.query_pairs().find(|(name, _)| name == "scope").expect("scopes").1.into_owned();
            assert_eq!(asked.split([' ', ',']).count(), all, "{network}: {asked}");
            // Pagebook takes a no for good, unless it is made to ask again.
            assert_eq!(popup.url.as_str().contains("auth_type=rerequest"), network == "pagebook", "{network}");
            popup.answers(Say::Yes("ben")).await;
            assert_eq!(owner.sees(page).await, Status::Connected, "{network}");
        }
    }

    async fn an_ability_that_was_taken_away_at_the_network_is_found(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Newtown", &["pagebook"]).await[0];
        owner.connects(page, "ben").await;
        // The same person approves the same app elsewhere, and unticks: at the network that is one permission.
        let elsewhere = world.owner("Elsewhere").await;
        let other = elsewhere.has("Berlin", &["pagebook"]).await[0];
        elsewhere.opens_popup(other).await.answers(Say::YesBut("ben", "pages_publish")).await;
        assert_eq!(owner.sees(page).await, Status::Connected, "nobody has looked yet");
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, lacks_publishing());
        let seq = owner.board().await.seq;
        world.keeper_comes().await;
        assert_eq!(owner.board().await.seq, seq, "it is found once");
        elsewhere.connects(other, "ben").await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected, "and given again");
        let found = crate::server::events::after_in(&world.app.store, owner.board().await.workspace.id, 0).await;
        let CatchUp::Events(events) = found.expect("the database answers") else { panic!("a snapshot") };
        let changed = events.iter().filter(|event| event.kind == EventKind::AbilitiesChanged).count();
        assert_eq!(changed, 2);
    }

    async fn what_the_network_does_not_say_just_now_changes_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Newtown", &["pagebook"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "pagebook", "down": true })).await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn a_consent_that_hides_the_pages_says_what_to_leave_ticked(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Newtown", &["pagebook"]).await[0];
        let end = owner.opens_popup(page).await.answers(Say::YesBut("ben", "pages_read")).await;
        assert!(end.body.contains("You did not let Greentick see your pages at Pagebook"), "{}", end.body);
        assert_eq!(owner.sees(page).await, Status::NotConnected);
    }

    async fn a_network_that_wants_a_log_in_makes_the_page_amber_until_somebody_did(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Newtown", &["pagebook", "chirper"]).await;
        for page in &pages {
            owner.connects(*page, "ben").await;
        }
        world.fault(json!({ "network": "pagebook", "checkpoint": true })).await;
        for _ in 0..2 {
            world.keeper_comes().await;
            assert_eq!(owner.sees(pages[0]).await, Status::Partly(Lack::LogIn));
            assert_eq!(owner.sees(pages[1]).await, Status::Connected);
        }
        assert_eq!(world.living_grants("pagebook").await, 1, "nothing is given back, and nothing is broken");
        world.faults_off().await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected, "nobody had to come here for it");
        let found = crate::server::events::after_in(&world.app.store, owner.board().await.workspace.id, 0).await;
        let CatchUp::Events(events) = found.expect("the database answers") else { panic!("a snapshot") };
        let kinds: Vec<_> = events.iter().map(|event| event.kind.clone()).collect();
        assert!(kinds.ends_with(&[EventKind::LogInWanted, EventKind::LoggedIn]), "each is told once: {kinds:?}");
    }
}
