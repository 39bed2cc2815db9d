//! The green tick becomes the red broken link, and the permission goes back.

use std::time::Duration;

use serde_json::json;

use super::{on_both, person::Say, world::World};
use crate::domain::{ApiError, CatchUp, EventKind, Returned, Status};

const NETWORKS: [&str; 4] = ["chirper", "pagebook", "linkwork", "hush"];

on_both! {
    async fn disconnecting_gives_the_permission_back(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &NETWORKS).await;
        for (network, page) in NETWORKS.iter().zip(pages) {
            owner.connects(page, "ben").await;
            assert_eq!(world.living_grants(network).await, 1);
            assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned, "{network}");
            assert_eq!(owner.sees(page).await, Status::NotConnected);
            assert_eq!(world.living_grants(network).await, 0, "{network}");
            let again = owner.disconnects(page).await;
            assert_eq!((again.status, again.json::<ApiError>()), (409, ApiError::Changed));
        }
    }

    async fn a_permission_that_another_page_needs_stays(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        for page in pages {
            owner.connects(page, "ada").await;
        }
        let details = owner.call("pages/details", &[("page", &pages[0].to_string())]).await;
        assert!(details.body.contains("Manly"), "{}", details.body);
        assert_eq!(owner.disconnects(pages[0]).await.json::<Returned>(), Returned::StillUsed);
        assert_eq!((owner.sees(pages[0]).await, owner.sees(pages[1]).await), (Status::NotConnected, Status::Connected));
        assert_eq!(world.living_grants("chirper").await, 1);
        assert_eq!(owner.disconnects(pages[1]).await.json::<Returned>(), Returned::Returned);
        assert_eq!(world.living_grants("chirper").await, 0);
    }

    async fn a_permission_that_another_workspace_needs_stays(world) {
        let (one, other) = (world.owner("One").await, world.owner("Other").await);
        let pages = [one.has("Bondi", &["hush"]).await[0], other.has("Berlin", &["hush"]).await[0]];
        one.connects(pages[0], "ada").await;
        other.connects(pages[1], "ada").await;
        one.disconnects(pages[0]).await;
        world.keeper_comes().await;
        assert_eq!(other.sees(pages[1]).await, Status::Connected);
        assert_eq!(world.living_grants("hush").await, 1);
    }

    async fn a_network_that_is_down_gets_its_permission_back_later(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "down": true })).await;
        assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::UnderWay);
        assert_eq!(owner.sees(page).await, Status::NotConnected, "the icon does not wait");
        world.clock.advance(Duration::from_secs(100));
        world.keeper_comes().await;
        assert_eq!(world.living_grants("chirper").await, 1, "still down");
        world.fault(json!({ "network": "chirper", "down": false })).await;
        world.clock.advance(Duration::from_mins(5));
        world.keeper_comes().await;
        assert_eq!(world.living_grants("chirper").await, 0);
        let last = owner.call("pages/events_after", &[("workspace", &owner.workspace), ("seq", "0")]).await;
        let CatchUp::Events(events) = last.json() else { panic!("{last:?}") };
        let kind = events.last().expect("events").kind.clone();
        assert_eq!(kind, EventKind::PermissionReturned { outcome: Returned::Returned });
    }

    async fn a_network_that_never_takes_it_back_is_told_as_failed_and_the_token_is_gone(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "down": true })).await;
        owner.disconnects(page).await;
        world.clock.advance(Duration::from_hours(26));
        world.keeper_comes().await;
        let events = crate::server::events::after_in(&world.app.store, owner_workspace(world).await, 0).await;
        let CatchUp::Events(events) = events.expect("the database answers") else { panic!("a snapshot") };
        let kind = events.last().expect("events").kind.clone();
        assert_eq!(kind, EventKind::PermissionReturned { outcome: Returned::Failed });
        assert_eq!(secrets_left(world).await, 0);
    }

    async fn a_no_that_is_not_about_the_permission_is_asked_again(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "pagebook"]).await;
        for ((network, error), page) in [("chirper", "invalid_client"), ("pagebook", "slow_down")].into_iter().zip(pages) {
            owner.connects(page, "ben").await;
            world.fault(json!({ "network": network, "revoke_error": error })).await;
            assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::UnderWay, "{network}");
            assert_eq!(world.living_grants(network).await, 1);
            world.fault(json!({ "network": network, "revoke_error": null })).await;
            world.clock.advance(Duration::from_secs(100));
            world.keeper_comes().await;
            assert_eq!(world.living_grants(network).await, 0, "{network}");
        }
        assert_eq!(secrets_left(world).await, 0);
    }

    async fn a_no_to_the_permission_itself_stands(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "revoke_error": "invalid_request" })).await;
        assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Failed);
    }

    async fn a_server_that_wants_the_other_token_gets_it(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "revoke_error": "unsupported_token_type" })).await;
        assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
        assert_eq!((world.living_grants("chirper").await, world.requests("chirper", "revoke").await), (0, 2));
    }

    async fn a_dead_grant_keeps_no_permission_from_being_given_back(world) {
        use sea_orm::ConnectionTrait;
        let (one, other) = (world.owner("One").await, world.owner("Other").await);
        let pages = [one.has("Bondi", &["hush"]).await[0], other.has("Berlin", &["hush"]).await[0]];
        one.connects(pages[0], "ada").await;
        other.connects(pages[1], "ada").await;
        // As when its last answer was lost: the network's permission lives, and nobody here can use it.
        let dies = format!(
            "UPDATE grants SET next_visit_at = NULL, next_refresh_at = NULL, attempt = NULL WHERE workspace = {}",
            sql(world, other.board().await.workspace.id.0),
        );
        world.app.store.read().execute_unprepared(&dies).await.expect("it is written");
        assert_eq!(one.disconnects(pages[0]).await.json::<Returned>(), Returned::Returned);
        assert_eq!(world.living_grants("hush").await, 0);
    }

    async fn a_late_yes_does_not_revive_a_disconnected_page(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let popup = owner.opens_popup(page).await;
        owner.disconnects(page).await;
        owner.call("attempts/stop", &[("attempt", &popup.attempt.to_string())]).await;
        popup.answers(Say::Yes("ben")).await;
        assert_eq!(owner.sees(page).await, Status::NotConnected);
        assert_eq!(secrets_left(world).await, 0, "no token is kept for a page that is not connected");
    }
}

/// The only workspace there is.
async fn owner_workspace(world: &World) -> crate::domain::WorkspaceId {
    let user = crate::server::accounts::any_user(world.app.store.read()).await.expect("it answers").expect("an owner");
    crate::server::workspaces::of_user(&world.app, user).await.expect("it answers").remove(0).id
}

/// An id as this database writes it.
fn sql(world: &World, id: uuid::Uuid) -> String {
    match world.app.store.backend() {
        crate::server::store::Backend::Sqlite => format!("x'{}'", id.simple()),
        crate::server::store::Backend::Postgres => format!("'{id}'"),
    }
}

pub async fn secrets_left(world: &World) -> i64 {
    use sea_orm::{ConnectionTrait, Statement};
    let db = world.app.store.read();
    let count = Statement::from_string(db.get_database_backend(), "SELECT COUNT(*) AS n FROM secrets");
    let row = db.query_one_raw(count).await.expect("it answers").expect("a row");
    row.try_get("", "n").expect("a number")
}
