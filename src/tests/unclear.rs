//! Refreshes of which nobody knows how they ended leave their mark; what else happens to the grant meanwhile.

use std::time::Duration;

use serde_json::json;

use super::{on_both, world::World};
use crate::{
    domain::{NetworkId, PageId, Reason, Status},
    server::{keeper, pages},
};

/// A refresh is answered by nothing that can be read, as often as it is tried.
async fn has_an_unclear_refresh(world: &World, page: PageId) {
    let nonsense = json!({ "status": 200, "content_type": "text/html", "body": "<html>" });
    world.fault(json!({ "network": "chirper", "token_answer": nonsense })).await;
    world.refreshes_all().await;
    world.faults_off().await;
    let grant = world.grant_of(page).await;
    assert!(grant.attempt.is_some() && grant.lost_at.is_some(), "its mark stays");
}

on_both! {
    async fn an_unclear_refresh_of_an_app_that_was_taken_out_is_put_off_too(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        has_an_unclear_refresh(world, page).await;
        let mark = world.grant_of(page).await.attempt;
        world.clock.advance(Duration::from_hours(1));
        let without = world.with_settings(|settings| drop(settings.apps.remove(&NetworkId("chirper".to_owned())))).await;
        let due = async || pages::due_refreshes(&world.app.store, world.clock.now(), None, 9).await.expect("it answers");
        assert_eq!(due().await.len(), 1);
        keeper::once(&without).await;
        assert_eq!(due().await.len(), 0, "nobody turns to it again and again");
        assert_eq!(world.grant_of(page).await.attempt, mark, "and what may have been sent is known still");
        world.clock.advance(Duration::from_mins(11));
        world.refreshes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await]);
    }

    async fn a_removal_that_the_network_names_counts_while_a_refresh_is_unclear(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        has_an_unclear_refresh(world, page).await;
        world.removes_app("chirper", "ben").await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Broken(Reason::Removed));
    }

    async fn a_removal_waits_for_a_refresh_that_is_under_way_and_is_asked_about_again(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let grant = world.grant_of(page).await;
        // Of another process.
        let now = world.clock.now();
        world.is_marked(&grant, now).await;
        world.removes_app("chirper", "ben").await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected, "that one has the first word");
        let grant = world.grant_of(page).await;
        assert!(grant.lease_until.is_none() && grant.next_visit_at > Some(now), "nobody has the visit's lease for nothing");
        world.clock.advance(Duration::from_secs(91));
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Broken(Reason::Removed));
    }
}
