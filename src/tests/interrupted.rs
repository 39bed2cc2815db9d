//! The way from a code to a green tick is long, and may be interrupted anywhere: the answer is sealed first, and whoever
//! comes later goes on with it or gives it back.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    disconnecting::secrets_left,
    on_both,
    person::{Person, Popup, Say},
    races::signs_in_again,
    siblings::{record_refuses, record_takes_all_again},
    world::{Extra, World},
};
use crate::{
    domain::{AttemptState, PageId, Status, Trouble},
    server::{App, connect, sandbox},
};

/// Longer than anybody is at work on an attempt.
const LATER: Duration = connect::IN_FLIGHT.saturating_add(Duration::from_secs(1));

/// Chirper, where the code's answer is followed by one more request.
fn in_two_steps() -> Extra {
    let text = include_str!("../../networks/chirper.toml");
    let text = format!("{text}\n[[then]]\nask = \"{{sandbox}}/chirper/me\"\nkeep = {{ whom = \"id\" }}\n");
    Extra { id: "chirper", text, client: (sandbox::client_id("chirper"), sandbox::client_secret("chirper")) }
}

async fn is_asked(world: &World, endpoint: &str, times: usize) {
    while world.requests("chirper", endpoint).await < times {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for what goes on by itself.
pub async fn until(what: &str, is: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if is().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

async fn says(world: &World, fault: &str, value: Value) {
    world.fault(json!({ "network": "chirper", fault: value })).await;
}

/// A page of which the network has approved, and does not say whose it is.
async fn approved_in_silence<'p, 'w>(world: &World, owner: &'p Person<'w>) -> (PageId, Popup<'p, 'w>) {
    let page = owner.has("Bondi", &["chirper"]).await[0];
    let popup = owner.opens_popup(page).await;
    let callback = popup.callback(Say::Yes("ben")).await;
    says(world, "me_down", json!(true)).await;
    let told = owner.get(&callback).await;
    assert!(told.status == 200 && told.body.contains("Chirper does not answer just now"), "{told:?}");
    assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Open);
    assert_eq!(owner.sees(page).await, Status::NotConnected);
    (page, popup)
}

async fn is_given_back(world: &World, app: &App) {
    until("the permission stays at the network", async || {
        world.clock.advance(Duration::from_secs(100));
        crate::server::keeper::once(app).await;
        world.living_grants("chirper").await == 0
    })
    .await;
    until("its tokens stay here", async || secrets_left(world).await == 0).await;
}

on_both! {
    async fn a_later_look_leaves_what_is_under_way(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let callback = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
        says(world, "delay_ms", json!(1_500)).await;
        let looks = async {
            is_asked(world, "token", 1).await;
            connect::recover(&world.app).await.expect("it looks");
        };
        tokio::join!(owner.get(&callback), looks);
        assert_eq!((owner.sees(page).await, world.living_grants("chirper").await), (Status::Connected, 1));
    }

    async fn a_network_that_does_not_say_at_once_whose_it_is_is_asked_again(world) {
        let owner = world.owner("Harbour").await;
        let (page, popup) = approved_in_silence(world, &owner).await;
        says(world, "me_down", json!(null)).await;
        until("it goes on by itself", async || owner.sees(page).await == Status::Connected).await;
        let told = owner.get(&format!("/oauth/finish/{}", popup.attempt)).await;
        assert!(told.body.contains("is connected"), "{told:?}");
        assert_eq!((world.requests("chirper", "token").await, world.living_grants("chirper").await), (1, 1));
    }

    async fn what_a_network_never_says_is_given_back_when_it_says_it(world) {
        let owner = world.owner("Harbour").await;
        let (page, popup) = approved_in_silence(world, &owner).await;
        world.clock.advance(Duration::from_mins(11));
        let failed = AttemptState::Failed(Trouble::NoAnswer);
        until("it waits for ever", async || owner.looks(popup.attempt).await.state == failed).await;
        assert_eq!((owner.sees(page).await, world.living_grants("chirper").await), (Status::NotConnected, 1));
        says(world, "me_down", json!(null)).await;
        is_given_back(world, &world.app).await;
    }

    async fn whose_it_is_is_asked_before_it_is_given_back(world) {
        let owner = world.owner("Harbour").await;
        let other = world.owner("Lighthouse").await;
        let (_, popup) = approved_in_silence(world, &owner).await;
        owner.call("attempts/stop", &[("attempt", &popup.attempt.to_string())]).await;
        until("it is owed", async || connect::count_owed(world.app.store.read()).await.is_ok_and(|owed| owed.len() == 1)).await;
        // The debt is tried at once: let that be over, or the answer reaches it, and what is given back is ben's.
        world.is_quiet().await;
        says(world, "me_down", json!(null)).await;
        let needed = other.has("Manly", &["chirper"]).await[0];
        other.connects(needed, "ben").await;
        world.clock.advance(Duration::from_secs(100));
        world.keeper_comes().await;
        assert_eq!(connect::count_owed(world.app.store.read()).await.expect("it answers").len(), 0);
        assert_eq!((other.sees(needed).await, world.living_grants("chirper").await), (Status::Connected, 1));
    }

    async fn an_answer_whose_person_stopped_waiting_is_given_back_by_the_next_process(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let callback = popup.callback(Say::Yes("ben")).await;
        says(world, "delay_ms", json!(700)).await;
        let hangs = async {
            is_asked(world, "token", 1).await;
            // It never hears whose the answer is.
            says(world, "delay_ms", json!(600_000)).await;
            is_asked(world, "me", 1).await;
        };
        tokio::select! {
            _ = owner.get(&callback) => panic!("it hangs"),
            () = hangs => {}
        }
        let stopped = owner.call("attempts/stop", &[("attempt", &popup.attempt.to_string())]).await;
        assert_eq!(stopped.status, 200);
        says(world, "delay_ms", json!(null)).await;
        world.clock.advance(LATER);
        let next = world.another_process().await;
        is_given_back(world, &next).await;
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Stopped);
    }

    async fn an_answer_that_cannot_go_on_for_a_day_is_not_swept_away(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        record_refuses(world, owner.board().await.seq + 1).await;
        assert_eq!(owner.connects(page, "ben").await.status, 503);
        world.clock.advance(Duration::from_hours(25));
        connect::sweep(&world.app).await.expect("it sweeps");
        record_takes_all_again(world).await;
        signs_in_again(world, &owner).await;
        until("it goes on", async || owner.sees(page).await == Status::Connected).await;
        assert_eq!((world.requests("chirper", "token").await, world.living_grants("chirper").await), (1, 1));
    }
}

on_both! {
    with vec![in_two_steps()];
    async fn a_step_that_takes_long_is_ended_by_nobody(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let callback = popup.callback(Say::Yes("ben")).await;
        says(world, "delay_ms", json!(1_000)).await;
        let looks = async {
            is_asked(world, "me", 1).await;
            world.clock.advance(LATER);
            connect::recover(&world.app).await.expect("it looks");
        };
        tokio::join!(owner.get(&callback), looks);
        world.is_quiet().await;
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Approved);
        assert_eq!((owner.sees(page).await, world.living_grants("chirper").await), (Status::Connected, 1));
    }

    async fn a_step_that_fails_is_gone_again(world) {
        let owner = world.owner("Harbour").await;
        let (page, _) = approved_in_silence(world, &owner).await;
        assert_eq!(world.requests("chirper", "me").await, 1, "whose it is, is not asked before");
        says(world, "me_down", json!(null)).await;
        until("it goes on by itself", async || owner.sees(page).await == Status::Connected).await;
        assert_eq!((world.requests("chirper", "token").await, world.living_grants("chirper").await), (1, 1));
    }
}
