//! AT-10: a code is sent once. When the connection dies after it was sent, nobody knows what became of it, and a second
//! use would make the network revoke everything (O-25; RFC 6749, section 4.1.2).

use std::time::Duration;

use serde_json::{Value, json};

use super::{on_both, person::Say, world::World};
use crate::{
    domain::{AttemptState, Status, Trouble},
    server::connect,
};

/// How often each code was sent to the network.
async fn sent(world: &World) -> Vec<Value> {
    let ledger = world.ledger().await;
    let tokens = ledger["tokens"].as_array().expect("a list");
    tokens.iter().filter(|token| token["kind"] == "code").map(|code| code["presented"].clone()).collect()
}

on_both! {
    async fn a_connection_that_dies_after_the_code_was_sent_is_told_and_tried_anew(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        let mut codes = 0;
        // The second round finds a connection that is open already; clients like to repeat what died on one of those.
        for round in 0..2 {
            for fault in ["hang_up", "cut"] {
                world.fault(json!({ "network": "chirper", fault: true })).await;
                let popup = owner.opens_popup(pages[0]).await;
                let callback = popup.callback(Say::Yes("ben")).await;
                let end = owner.get(&callback).await;
                assert_eq!(end.status, 400, "{fault}: {end:?}");
                let words = "Chirper did not answer. Click the icon to try again";
                assert!(end.body.contains(words), "{fault}: {}", end.body);
                assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::NoAnswer));
                assert_eq!(owner.get(&callback).await.status, 400);
                codes += 1;
                assert_eq!(world.requests("chirper", "token").await, codes, "{fault} in round {round}");
                world.fault(json!({ "network": "chirper", fault: null })).await;
            }
            let (page, person) = (pages[round], ["ben", "ada"][round]);
            owner.connects(page, person).await;
            codes += 1;
            assert_eq!(owner.sees(page).await, Status::Connected, "a new attempt works");
            if round == 0 {
                owner.disconnects(page).await;
            }
        }
        assert_eq!(sent(world).await, vec![json!(1); codes]);
    }

    async fn a_process_that_ends_after_the_code_was_sent_never_sends_it_again(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let callback = popup.callback(Say::Yes("ben")).await;
        world.fault(json!({ "network": "chirper", "delay_ms": 600_000 })).await;
        let hung_up = tokio::time::timeout(Duration::from_millis(700), owner.get(&callback)).await;
        assert!(hung_up.is_err(), "the network does not answer in this process's life");
        assert_eq!(world.requests("chirper", "token").await, 1);
        world.fault(json!({ "network": "chirper", "delay_ms": null })).await;

        // Long enough that nobody can be at work on it any more.
        world.clock.advance(connect::IN_FLIGHT + Duration::from_secs(1));
        world.another_process().await;
        let end = owner.looks(popup.attempt).await.state;
        assert_eq!(end, AttemptState::Failed(Trouble::NoAnswer));
        let told = owner.get(&format!("/oauth/finish/{}", popup.attempt)).await;
        assert!(told.body.contains("Chirper did not answer"), "{told:?}");
        assert_eq!(owner.get(&callback).await.status, 400);
        assert_eq!(sent(world).await, [1]);
        assert_eq!(owner.sees(page).await, Status::NotConnected);
        owner.connects(page, "ben").await;
        assert_eq!((owner.sees(page).await, sent(world).await), (Status::Connected, vec![json!(1), json!(1)]));
    }
}

/// A new process beside an old one, as when a new version is rolled out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_starts_leaves_what_another_is_at() {
    let world = World::on_postgres_with(vec![]).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    let callback = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
    world.fault(json!({ "network": "chirper", "delay_ms": 1_500 })).await;
    let starts = async {
        while world.requests("chirper", "token").await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.another_process().await;
    };
    tokio::join!(owner.get(&callback), starts);
    assert_eq!((owner.sees(page).await, world.living_grants("chirper").await), (Status::Connected, 1));
}
