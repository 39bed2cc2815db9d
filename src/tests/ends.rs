//! The day on which a person must act: told once, at its moment, and only when it is near.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    on_both,
    person::Person,
    world::{Extra, World, expires_in},
};
use crate::{
    domain::{CatchUp, EXPIRING_LEAD, EventKind, Reason, Status},
    server::{
        accounts::{self, Purpose},
        events, keeper, sandbox,
    },
};

const DAY: Duration = Duration::from_hours(24);

impl World {
    /// No session lasts as long as these clocks run.
    async fn waits(&self, owner: &Person<'_>, time: Duration) {
        self.clock.advance(time);
        let user = accounts::any_user(self.app.store.read()).await.expect("it answers").expect("an owner");
        let link = accounts::make_link(&self.app, Purpose::SignIn(user)).await.expect("a link");
        assert_eq!(owner.get(&format!("/sign-in/{link}")).await.status, 303);
    }

    /// How often people were told that the day is near, and that it is not any more.
    async fn told_of_the_end(&self, owner: &Person<'_>) -> (usize, usize) {
        let found = events::after_in(&self.app.store, owner.board().await.workspace.id, 0).await;
        let CatchUp::Events(events) = found.expect("the database answers") else { panic!("a snapshot") };
        let count = |kind: EventKind| events.iter().filter(|event| event.kind == kind).count();
        (count(EventKind::Expiring), count(EventKind::Renewed))
    }

    async fn token_answer(&self, status: u16, body: &Value) {
        let answer = json!({ "status": status, "content_type": "application/json", "body": body.to_string() });
        self.fault(json!({ "network": "chirper", "token_answer": answer })).await;
    }
}

/// Chirper, with other clocks.
fn chirper(lifetime: &str) -> Vec<Extra> {
    let text = include_str!("../../networks/chirper.toml").replace("[abilities]", &format!("{lifetime}\n[abilities]"));
    let client = (sandbox::client_id("chirper"), sandbox::client_secret("chirper"));
    vec![Extra { id: "chirper", text, client }]
}

/// As at Meta's networks: sixty days, and the living token is shown for sixty more.
const EXTENDS: &str = r#"
[lifetime]
renewal = "extend"
access = 5184000
[lifetime.extend]
ask = { method = "POST", url = "{sandbox}/chirper/oauth/token", auth = "none", params = { grant_type = "extend", token = "{token}" } }
expires_in = "expires_in"
"#;

/// As at `LinkedIn`: the refresh token ends on its day, and what is left of it is told each time.
const FIXED: &str = "[lifetime]\nreusable = true\nrefresh_is_fixed = true\n";

mod moment {
    use super::*;

    on_both! {
        async fn a_page_becomes_expiring_at_its_very_moment_and_once(world) {
            let owner = world.owner("Harbour").await;
            let page = owner.has("Bondi", &["linkwork"]).await[0];
            world.fault(expires_in("linkwork", 9 * 86_400)).await;
            owner.connects(page, "ben").await;
            let grant = world.grant_of(page).await;
            let moment = grant.must_act_at.expect("nothing renews it") - EXPIRING_LEAD;
            assert_eq!(grant.next_visit_at, Some(moment), "somebody comes just then");
            world.waits(&owner, moment.since(world.clock.now()).checked_sub(Duration::from_secs(5)).expect("two days")).await;
            keeper::once(&world.app).await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Connected, (0, 0)));
            world.clock.advance(Duration::from_secs(5));
            keeper::once(&world.app).await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Expiring { days: 7 }, (1, 0)));
            for _ in 0..3 {
                world.waits(&owner, DAY).await;
                world.keeper_comes().await;
            }
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Expiring { days: 4 }, (1, 0)));
        }

        async fn the_day_is_told_whatever_the_network_answers(world) {
            let owner = world.owner("Harbour").await;
            let page = owner.has("Bondi", &["linkwork"]).await[0];
            world.fault(expires_in("linkwork", 9 * 86_400)).await;
            owner.connects(page, "ben").await;
            world.fault(json!({ "network": "linkwork", "down": true })).await;
            world.waits(&owner, 2 * DAY).await;
            keeper::once(&world.app).await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Expiring { days: 7 }, (1, 0)));
        }
    }
}

mod extended {
    use super::*;

    on_both! {
        with chirper(EXTENDS);

        async fn a_failure_long_before_the_end_is_told_to_nobody_and_leaves_no_day(world) {
            let owner = world.owner("Harbour").await;
            let page = owner.has("Bondi", &["chirper"]).await[0];
            owner.connects(page, "ben").await;
            world.waits(&owner, 34 * DAY).await;
            world.fault(json!({ "network": "chirper", "token_error": "temporarily_unavailable" })).await;
            world.refreshes().await;
            let grant = world.grant_of(page).await;
            assert!(grant.failures == 1 && grant.must_act_at.is_none(), "{:?}", grant.must_act_at);
            // Read for the first time while it fails.
            assert_eq!(owner.sees(page).await, Status::Connected);
            world.token_answer(200, &json!({ "expires_in": 60 * 86_400 })).await;
            world.refreshes_all().await;
            assert_eq!(world.grant_of(page).await.failures, 0);
            world.waits(&owner, 22 * DAY).await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Connected, (0, 0)));
        }

        async fn a_failure_that_lasts_is_told_when_the_end_is_near_and_so_is_its_cure(world) {
            let owner = world.owner("Harbour").await;
            let page = owner.has("Bondi", &["chirper"]).await[0];
            owner.connects(page, "ben").await;
            world.fault(json!({ "network": "chirper", "token_error": "temporarily_unavailable" })).await;
            world.waits(&owner, 52 * DAY).await;
            world.refreshes().await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Connected, (0, 0)));
            world.waits(&owner, 2 * DAY).await;
            for _ in 0..2 {
                world.refreshes_all().await;
                assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Expiring { days: 6 }, (1, 0)));
            }
            world.token_answer(200, &json!({ "expires_in": 60 * 86_400 })).await;
            world.refreshes_all().await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Connected, (1, 1)));
        }

        async fn an_extension_spends_nothing_so_a_refusal_after_a_lost_answer_must_be_confirmed(world) {
            let owner = world.owner("Harbour").await;
            let page = owner.has("Bondi", &["chirper"]).await[0];
            owner.connects(page, "ben").await;
            let asked = world.requests("chirper", "token").await;
            world.token_answer(502, &json!({})).await;
            tokio::join!(world.refreshes_all(), async {
                while world.requests("chirper", "token").await == asked {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                world.token_answer(401, &json!({ "error": "invalid_token" })).await;
            });
            assert_eq!(owner.sees(page).await, Status::Connected, "it may be mistaken");
            world.clock.advance(Duration::from_secs(61));
            world.refreshes().await;
            assert_eq!(owner.sees(page).await, Status::Broken(Reason::Refused), "and nothing was lost on the way");
        }
    }
}

mod fixed {
    use super::*;

    on_both! {
        with chirper(FIXED);

        async fn a_day_that_is_counted_down_does_not_move(world) {
            let owner = world.owner("Harbour").await;
            let page = owner.has("Bondi", &["chirper"]).await[0];
            let left = |seconds: u64| json!({ "network": "chirper", "answer": { "refresh_token_expires_in": seconds } });
            world.fault(left(6 * 86_400)).await;
            owner.connects(page, "ben").await;
            world.keeper_comes().await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Expiring { days: 6 }, (1, 0)));
            for seconds in [6 * 86_400 + 5, 6 * 86_400 - 5, 6 * 86_400 + 60] {
                world.fault(left(seconds)).await;
                world.refreshes_all().await;
                world.keeper_comes().await;
                assert_eq!(world.told_of_the_end(&owner).await, (1, 0), "it is the same day");
                assert_eq!(owner.sees(page).await, Status::Expiring { days: 6 });
            }
            world.fault(left(365 * 86_400)).await;
            world.refreshes_all().await;
            assert_eq!((owner.sees(page).await, world.told_of_the_end(&owner).await), (Status::Connected, (1, 1)));
        }
    }
}
