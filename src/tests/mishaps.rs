//! What happens to machines: a database that is locked or starts anew, a process that sleeps too long, a clock that
//! jumps. Nothing is lost, nothing turns red, and nobody is asked too often.

use std::time::Duration;

use serde_json::json;

use super::{
    on_both, postgres,
    world::{Extra, World, expires_in},
};
use crate::{
    domain::{Moment, PageId, Status},
    server::{
        keeper,
        networks::{self, Admission, Queue},
        pages, sandbox,
        store::Store,
    },
};

/// Waits until the network was asked for tokens that often.
async fn asked(world: &World, times: usize) {
    while world.requests("chirper", "token").await < times {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A page at a network that answers slowly, and a refresh of it that is under way.
async fn under_way(world: &World, page: PageId) -> tokio::task::JoinHandle<()> {
    under_way_for(world, page, Duration::from_millis(1_500)).await
}

async fn under_way_for(world: &World, page: PageId, delay: Duration) -> tokio::task::JoinHandle<()> {
    let before = world.requests("chirper", "token").await;
    world.fault(json!({ "network": "chirper", "delay_ms": delay.as_millis() })).await;
    pages::refresh_all_now(&world.app.store, world.clock.now()).await.expect("it answers");
    let app = world.app.clone();
    let work = tokio::spawn(async move { keeper::once(&app).await });
    asked(world, before + 1).await;
    assert_ne!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await], "the old one is spent");
    work
}

async fn is_whole(world: &World, page: PageId) {
    world.faults_off().await;
    assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await]);
    world.refreshes_all().await;
    assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await], "and it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_locked_for_a_minute_loses_no_token() {
    let world = World::on_sqlite().await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    let work = under_way(&world, page).await;
    let other = Store::open_folder(world.data.path()).await.expect("the same file");
    let lock = other.begin().await.expect("it takes the write lock");
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_ne!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await], "nobody can write");
    drop(lock);
    work.await.expect("it does not panic");
    is_whole(&world, page).await;
    assert_eq!(owner.sees(page).await, Status::Connected);
    world.holds_no_secret().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_starts_anew_loses_no_token() {
    let own = postgres::Own::start().await;
    let world = World::with(Some(own.url().into()), vec![]).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    for _ in 0..3 {
        let work = under_way(&world, page).await;
        own.restarts().await;
        work.await.expect("it does not panic");
        is_whole(&world, page).await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }
    world.holds_no_secret().await;
}

/// Stopped, swapped out, or on a machine that hangs: by its own clock no time has passed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_sleeps_longer_than_its_lease_is_followed_and_nothing_is_lost() {
    let world = World::on_postgres_with(vec![]).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    world.fault(json!({ "network": "chirper", "rotate": "grace" })).await;
    let work = under_way(&world, page).await;
    let other = world.another_process().await;
    keeper::once(&other).await;
    assert_eq!(world.requests("chirper", "token").await, 2, "the lease holds");
    world.clock.advance(Duration::from_secs(91));
    keeper::once(&other).await;
    work.await.expect("it does not panic");
    assert_eq!(world.requests("chirper", "token").await, 3, "the code, the refresh, and one repetition");
    assert_eq!(owner.sees(page).await, Status::Connected);
    // One of the two answers is stored, and within the window the network takes either.
    world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
    world.refreshes_all().await;
    assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await]);
}

/// By the time the first owner has its answer, that answer is older than what is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_others_have_overtaken_replaces_nothing() {
    let world = World::on_postgres_with(vec![]).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    world.fault(json!({ "network": "chirper", "rotate": "grace" })).await;
    let work = under_way_for(&world, page, Duration::from_secs(5)).await;
    world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
    let other = world.another_process().await;
    world.clock.advance(Duration::from_secs(91));
    for _ in 0..2 {
        keeper::once(&other).await;
        pages::refresh_all_now(&other.store, world.clock.now()).await.expect("it answers");
    }
    keeper::once(&other).await;
    assert_eq!(
        world.requests("chirper", "token").await,
        5,
        "the code, the one that is under way, and the other's three"
    );
    let newest = world.stored_refresh(page).await;
    assert!(!work.is_finished(), "its answer is to come last");
    work.await.expect("it does not panic");
    assert_eq!(world.stored_refresh(page).await, newest);
    assert_eq!(world.current("chirper", "refresh").await, [newest]);
    assert_eq!(owner.sees(page).await, Status::Connected);
}

on_both! {
    async fn a_clock_that_jumps_hands_out_no_ended_token_and_makes_no_storm(world) {
        let owner = world.owner("Harbour").await;
        world.fault(expires_in("chirper", 3_600)).await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        for (round, jump) in [Duration::from_hours(1), Duration::from_hours(24), Duration::from_hours(24 * 365)]
            .into_iter()
            .enumerate()
        {
            let grant = world.grant_of(page).await;
            let before = keeper::fresh_token(&world.app, grant.id).await.expect("it works");
            world.clock.advance(jump);
            let after = keeper::fresh_token(&world.app, grant.id).await.expect("a fresh one");
            assert_ne!(keeper::fingerprint(&before), keeper::fingerprint(&after), "{jump:?}");
            for _ in 0..5 {
                world.refreshes().await;
            }
            assert_eq!(world.requests("chirper", "token").await, 2 + round, "one for each jump: {jump:?}");
        }
    }

    async fn what_waited_for_a_network_leaves_at_the_rate_over_all_processes(world) {
        let network_app = world.app.networks.all().next().expect("there is one");
        let (db, start) = (world.app.store.read(), world.clock.now());
        for _ in 0..5 {
            networks::missed(db, &network_app, start).await.expect("it is noted");
        }
        let queue = (network_app.id, Queue::Refreshes);
        assert!(matches!(networks::admit(db, queue, start, 50).await, Ok(Admission::Not(_))), "it is paused");
        let open = networks::open(db, start, &[]).await.expect("it answers").expect("not all");
        assert!(!open.is_empty() && !open.contains(&network_app.id));
        let probed_at = start + Duration::from_mins(10);
        assert_eq!(networks::admit(db, queue, probed_at, 50).await.expect("it answers"), Admission::At(probed_at));
        let second = networks::admit(db, queue, probed_at + Duration::from_secs(30), 50).await;
        assert!(matches!(second, Ok(Admission::Not(_))), "one probe, until it is answered");
        networks::answered(db, &network_app, probed_at).await.expect("it is noted");
        // However many ask, and whenever in a second: never more than fifty in any.
        let (mut left, mut now) = (vec![], probed_at + Duration::from_secs(31));
        for ask in 0..600_u64 {
            if networks::admit(db, queue, now, 50).await.expect("it answers") == Admission::At(now) {
                left.push(now);
            }
            now = now + Duration::from_millis(ask % 13);
        }
        let in_second = |from: &Moment| left.iter().filter(|at| **at >= *from && at.since(*from).as_millis() < 1_000).count();
        let most = left.iter().map(in_second).max().expect("some left");
        assert!((30..=50).contains(&most), "{most}");
    }
}

/// Chirper, whose tokens are renewed where nobody is.
fn renewed_at(url: &str) -> Extra {
    let text = include_str!("../../networks/chirper.toml");
    let text = format!("{text}\n[lifetime]\nrefresh_url = \"{url}\"\n");
    Extra { id: "chirper", text, client: (sandbox::client_id("chirper"), sandbox::client_secret("chirper")) }
}

async fn turns_no_page_red(world: &World) {
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    for _ in 0..4 {
        world.clock.advance(Duration::from_mins(20));
        world.refreshes_all().await;
    }
    assert_eq!(owner.sees(page).await, Status::NotAnswering);
    assert_eq!(world.requests("chirper", "token").await, 1, "nothing left");
}

on_both! {
    with vec![renewed_at("https://nowhere.greentick.invalid/token")];
    async fn a_name_that_nobody_knows_turns_no_page_red(world) {
        turns_no_page_red(world).await;
    }
}

on_both! {
    with vec![renewed_at("http://127.0.0.1:1/token")];
    async fn a_door_that_is_closed_turns_no_page_red(world) {
        turns_no_page_red(world).await;
    }
}
