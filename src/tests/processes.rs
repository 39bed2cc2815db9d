//! Several real processes on one database, processes that are stopped, and disks that fail under one.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    kills::Scene,
    person::Person,
    victim::{Does, Saviour, Victim, kill, signal, trace, untrace},
    world::{World, expires_in, loopback},
};
use crate::{
    domain::{PageId, Reason, Status},
    server::keeper,
};

/// Another process on the world's database, on a port of its own.
async fn another(victim: &Victim<'_>, does: Does) -> std::process::Child {
    let address = loopback().await.local_addr().expect("it listens").to_string();
    let server = victim.starts_at(&address, does);
    victim.is_up_at(&format!("http://{address}")).await;
    server
}

/// The victim refreshes, the network has worked, and its answer is on its way.
async fn asks(victim: &Victim<'_>, server: &std::process::Child, delay_ms: u64) {
    let before = victim.world.requests("chirper", "token").await;
    victim.world.fault(json!({ "network": "chirper", "delay_ms": delay_ms })).await;
    signal("USR1", server);
    is_asked(victim.world, before + 1).await;
}

async fn is_asked(world: &World, times: usize) {
    for _ in 0..4_000 {
        if world.requests("chirper", "token").await >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the network was never asked");
}

async fn is_stored(victim: &Victim<'_>, page: PageId) -> bool {
    victim.world.current("chirper", "refresh").await == [victim.world.stored_refresh(page).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_readers_in_three_processes_cause_one_request() {
    Scene::set(true, Saviour::Nobody, &[("A", "ada")], async |victim, _, scene| {
        let world = &scene.world;
        world.fault(json!({ "network": "chirper", "delay_ms": 400 })).await;
        // Its token has ended, and nobody's own schedule comes before the readers.
        let (ended, later) = (world.clock.now(), world.clock.now() + Duration::from_hours(1));
        let change = format!("UPDATE grants SET expires_at = {}, next_refresh_at = {}", ended.0, later.0);
        world.app.store.read().execute_unprepared(&change).await.expect("it is written");
        let mut servers = vec![];
        for readers in [334, 333, 333] {
            servers.push(another(victim, Does::Reads(readers)).await);
        }
        let asked = world.requests("chirper", "token").await;
        for server in &servers {
            signal("USR2", server);
        }
        let mut read = vec![];
        for server in &servers {
            let file = world.data.path().join(format!("{}.read", server.id()));
            for _ in 0..600 {
                if let Ok(text) = std::fs::read_to_string(&file) {
                    read.extend(text.lines().map(str::to_owned));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        servers.into_iter().for_each(kill);
        assert_eq!(read.len(), 1_000);
        assert!(read.iter().all(|token| token.starts_with("Ok")), "{:?}", read.iter().collect::<BTreeSet<_>>());
        assert_eq!(read.into_iter().collect::<BTreeSet<_>>().len(), 1, "all of them the winner's");
        assert_eq!(world.requests("chirper", "token").await, asked + 1);
        assert!(is_stored(victim, scene.kept[0]).await);
    })
    .await;
}

/// Stopped after it has sent, for longer than its lease: whoever follows sends the same token once more, which a network
/// with a grace window takes, and a strict one answers with the end; that is told as what it is.
async fn stopped_after_sending(saviour: Saviour, becomes: impl Fn(&Status) -> bool) {
    Box::pin(Scene::set(true, saviour, &[("A", "ada")], async |victim, owner, scene| {
        let (world, page) = (&scene.world, scene.kept[0]);
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        let before = world.requests("chirper", "token").await;
        asks(victim, &server, 1_000).await;
        signal("STOP", &server);
        world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
        let other = world.another_process().await;
        keeper::once(&other).await;
        assert_eq!(world.requests("chirper", "token").await, before + 1, "the lease holds");
        world.clock.advance(Duration::from_secs(91));
        keeper::once(&other).await;
        assert_eq!(world.requests("chirper", "token").await, before + 2, "one repetition");
        signal("CONT", &server);
        tokio::time::sleep(Duration::from_millis(500)).await;
        victim.is_settled().await;
        assert_eq!(world.requests("chirper", "token").await, before + 2, "and no other");
        let status = owner.sees(page).await;
        assert!(becomes(&status), "{status:?}");
        if status == Status::Connected {
            let stored = world.stored_refresh(page).await;
            let given = world.current("chirper", "refresh").await;
            assert!(given.contains(&stored), "the later of two answers");
        }
        kill(server);
        world.holds_no_secret().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_stopped_is_followed_within_a_grace_window() {
    stopped_after_sending(Saviour::Grace, |status| *status == Status::Connected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_stopped_costs_a_strict_network_one_page_and_it_says_why() {
    stopped_after_sending(Saviour::Nobody, |status| matches!(status, Status::Broken(Reason::AnswerLost { .. }))).await;
}

/// Stopped before it sends: the mark is taken anew when it goes on, so that nobody has sent meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_stopped_before_it_sent_sends_once() {
    Scene::set(false, Saviour::Nobody, &[("A", "ada")], async |victim, owner, scene| {
        let (world, page) = (&scene.world, scene.kept[0]);
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        let before = world.requests("chirper", "token").await;
        // Six seconds in the commit of the mark.
        let strace = trace(&server, "fsync", "delay_enter=6000000:when=1");
        signal("USR1", &server);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(world.requests("chirper", "token").await, before, "nothing leaves before the mark is on the disk");
        is_asked(world, before + 1).await;
        untrace(strace);
        victim.is_settled().await;
        assert_eq!(world.requests("chirper", "token").await, before + 1);
        assert!(is_stored(victim, page).await && owner.sees(page).await == Status::Connected);
        kill(server);
    })
    .await;
}

/// The disk fails under a token that has arrived: neither the spool nor the database takes it.
async fn fails_to_write(saviour: Saviour, is_killed: bool) {
    Scene::set(false, saviour, &[("A", "ada")], async |victim, owner: &Person<'_>, scene| {
        let page = scene.kept[0];
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        // The courier has begun, and its disk is another.
        asks(victim, &server, 0).await;
        victim.is_settled().await;
        asks(victim, &server, 1_500).await;
        let strace = trace(&server, "fsync,fdatasync,pwrite64", "error=EIO");
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(!is_stored(victim, page).await, "it arrived, and is not stored");
        victim.world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
        if is_killed {
            kill(server);
            drop(strace);
        } else {
            untrace(strace);
            for _ in 0..400 {
                if is_stored(victim, page).await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(is_stored(victim, page).await, "it is saved when the disk works again");
            kill(server);
        }
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        assert!(victim.lost(owner, &[page]).await.is_empty());
        kill(server);
        victim.world.holds_no_secret().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_disk_does_not_take_is_saved_when_it_does() {
    fails_to_write(Saviour::Nobody, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_disk_does_not_take_outlives_the_server() {
    fails_to_write(Saviour::Nobody, true).await;
    fails_to_write(Saviour::Courier, true).await;
}

/// The tokens of a permission that was given back while they were on their way, and whose server died before they came:
/// the courier has them, and they go back too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_only_the_courier_has_are_given_back_with_their_permission() {
    Scene::set(false, Saviour::Courier, &[("A", "ada")], async |victim, owner, scene| {
        let (world, page) = (&scene.world, scene.kept[0]);
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        asks(victim, &server, 0).await;
        victim.is_settled().await;
        let revoked = world.requests("chirper", "revoke").await;
        asks(victim, &server, 2_500).await;
        let page_id = page.to_string();
        let form = [("page", page_id.as_str())];
        let disconnects = owner.tries("/api/pages/disconnect", &form);
        assert!(tokio::time::timeout(Duration::from_millis(700), disconnects).await.is_err(), "the network is slow");
        kill(server);
        world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        for _ in 0..100 {
            if world.requests("chirper", "revoke").await >= revoked + 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(world.requests("chirper", "revoke").await >= revoked + 2, "the old tokens, and the new ones");
        assert_eq!((world.living_grants("chirper").await, owner.sees(page).await), (0, Status::NotConnected));
        kill(server);
        world.holds_no_secret().await;
    })
    .await;
}

/// An answer that was kept over the server's death is as old as it is, whenever somebody comes back to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_for_two_hours_is_not_handed_out_as_fresh() {
    Box::pin(Scene::set(false, Saviour::Nobody, &[("A", "ada")], async |victim, _, scene| {
        let (world, page) = (&scene.world, scene.kept[0]);
        world.fault(expires_in("chirper", 3_600)).await;
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        asks(victim, &server, 1_500).await;
        let strace = trace(&server, "fsync,fdatasync,pwrite64", "error=EIO");
        tokio::time::sleep(Duration::from_secs(3)).await;
        kill(server);
        drop(strace);
        world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
        let asked = world.requests("chirper", "token").await;
        world.clock.advance(Duration::from_hours(2));
        let app = world.another_process().await;
        keeper::recover(&app).await.expect("it answers");
        let grant = world.grant_of(page).await;
        assert_eq!(world.requests("chirper", "token").await, asked, "it is not asked for again");
        assert!(grant.expires_at.is_some_and(|end| end < world.clock.now()), "{:?}", grant.expires_at);
        keeper::fresh_token(&app, grant.id).await.expect("a fresh one");
        assert_eq!(world.requests("chirper", "token").await, asked + 1);
        assert!(is_stored(victim, page).await);
    }))
    .await;
}
