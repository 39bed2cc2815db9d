//! What the keeper finds without a click.

use std::time::Duration;

use serde_json::json;

use super::{on_both, world::World};
use crate::domain::{Reason, Status};

const NETWORKS: [&str; 4] = ["chirper", "pagebook", "linkwork", "hush"];

on_both! {
    async fn a_permission_removed_at_the_network_turns_its_page_red_and_says_so(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &NETWORKS).await;
        for (network, page) in NETWORKS.iter().zip(&pages) {
            owner.connects(*page, "ben").await;
            world.removes_app(network, "ben").await;
        }
        world.keeper_comes().await;
        for (network, page) in NETWORKS.iter().zip(&pages) {
            assert_eq!(owner.sees(*page).await, Status::Broken(Reason::Removed), "{network}");
            owner.connects(*page, "ben").await;
            assert_eq!(owner.sees(*page).await, Status::Connected, "{network}");
        }
    }

    async fn a_changed_password_breaks_every_page_of_the_grant_and_one_click_heals_them(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        for page in pages {
            owner.connects(page, "ada").await;
        }
        world.password_changes("chirper", "ada").await;
        world.keeper_comes().await;
        for page in pages {
            assert_eq!(owner.sees(page).await, Status::Broken(Reason::PasswordChanged));
        }
        owner.connects(pages[0], "ada").await;
        for page in pages {
            assert_eq!(owner.sees(page).await, Status::Connected);
        }
    }

    async fn a_network_that_is_down_breaks_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "down": true })).await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected, "one miss is nothing");
        for _ in 0..5 {
            world.keeper_comes().await;
        }
        assert_eq!(owner.sees(page).await, Status::NotAnswering);
        world.fault(json!({ "network": "chirper", "down": false })).await;
        let asked = world.requests("chirper", "me").await;
        world.keeper_comes().await;
        assert_eq!(world.requests("chirper", "me").await, asked, "paused: nobody is asked about");
        world.clock.advance(Duration::from_mins(6));
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        // Two events, however many visits: it began, and it ended.
        assert_eq!(owner.board().await.seq, 1 + 1 + 1 + 2);
    }

    async fn a_network_that_takes_permissions_back_slowly_keeps_no_check_waiting(world) {
        let owner = world.owner("Harbour").await;
        let green = owner.has("Bondi", &["hush"]).await[0];
        owner.connects(green, "ben").await;
        world.fault(json!({ "network": "chirper", "down": true })).await;
        for (place, person) in [("A", "ada"), ("B", "ben"), ("C", "cleo"), ("D", "dan")] {
            let page = owner.has(place, &["chirper"]).await[0];
            world.fault(json!({ "network": "chirper", "down": false })).await;
            owner.connects(page, person).await;
            world.fault(json!({ "network": "chirper", "down": true })).await;
            owner.disconnects(page).await;
        }
        assert_eq!(world.living_grants("chirper").await, 4, "they are owed");
        world.clock.advance(Duration::from_secs(91));
        world.fault(json!({ "network": "chirper", "down": false, "delay_ms": 4_000 })).await;
        world.removes_app("hush", "ben").await;
        let now = world.clock.now();
        crate::server::pages::visit_all_now(&world.app.store, now).await.expect("it answers");
        let running = tokio::spawn(crate::server::keeper::run(world.app.clone()));
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(owner.sees(green).await, Status::Broken(Reason::Removed), "nobody waits for the other network");
        assert_eq!(world.living_grants("chirper").await, 0, "which was told of all four meanwhile");
        world.app.stopping.cancel();
        running.await.expect("it does not panic");
        world.is_quiet().await;
    }

    async fn a_visit_whose_grant_was_renewed_meanwhile_changes_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let due = crate::server::pages::due(&world.app.store, crate::domain::Moment(i64::MAX / 2), None, 9).await;
        let old = due.expect("it answers").remove(0);
        world.removes_app("chirper", "ben").await;
        owner.connects(page, "ben").await;
        let claimed = crate::server::pages::claim_due(&world.app.store, &old, crate::domain::Moment(i64::MAX / 2)).await;
        assert!(!claimed.expect("it answers"), "a lease on what is gone");
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }
}
