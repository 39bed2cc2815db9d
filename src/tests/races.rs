//! What happens at the same time: refreshes and disconnects, owners that were followed, answers that come late, clocks
//! that were wrong.

use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{
    on_both,
    person::Person,
    world::{World, expires_in},
};
use crate::{
    domain::{Moment, PageId, Status},
    server::{
        accounts::{self, Purpose},
        keeper,
        networks::{self, Admission, Gate, Queue},
        pages::{self, Setback},
    },
};

const PEOPLE: [&str; 6] = ["ada", "ben", "cleo", "dan", "eve", "finn"];
/// How many, without `INTERLEAVINGS`.
const SOME: usize = 60;
const DAY: Duration = Duration::from_hours(24);

fn random(most: u64) -> Duration {
    Duration::from_millis(u64::from(networks::phase(Uuid::now_v7())) % most)
}

async fn is_asked(world: &World, times: usize) {
    while world.requests("chirper", "token").await < times {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn grants_left(world: &World) -> i64 {
    let db = world.app.store.read();
    let count = Statement::from_string(db.get_database_backend(), "SELECT COUNT(*) AS n FROM grants");
    let row = db.query_one_raw(count).await.expect("it answers").expect("a row");
    row.try_get("", "n").expect("a number")
}

/// No session lasts as long as these clocks run.
pub async fn signs_in_again(world: &World, owner: &Person<'_>) {
    let user = accounts::any_user(world.app.store.read()).await.expect("it answers").expect("an owner");
    let link = accounts::make_link(&world.app, Purpose::SignIn(user)).await.expect("a link");
    assert_eq!(owner.get(&format!("/sign-in/{link}")).await.status, 303);
}

async fn is_stored(world: &World, page: PageId) -> bool {
    world.current("chirper", "refresh").await == [world.stored_refresh(page).await]
}

on_both! {
    // `INTERLEAVINGS=10000` is the soak.
    async fn a_refresh_and_a_disconnect_in_any_order_bring_no_page_back(world) {
        let owner = world.owner("Harbour").await;
        let mut pages = vec![];
        for person in PEOPLE {
            pages.push(owner.has(person, &["chirper"]).await[0]);
        }
        let all = std::env::var("INTERLEAVINGS").ok().and_then(|count| count.parse().ok()).unwrap_or(SOME);
        for round in 0..all.div_ceil(PEOPLE.len()) {
            // Nobody may click so often; and sign in, who has been here for half a day.
            world.clock.advance(Duration::from_secs(10));
            if round % 500 == 499 {
                signs_in_again(world, &owner).await;
            }
            join_all(pages.iter().zip(PEOPLE).map(|(page, person)| owner.connects(*page, person))).await;
            let delay = random(20).as_millis();
            world.fault(json!({ "network": "chirper", "delay_ms": u64::try_from(delay).expect("small") })).await;
            pages::refresh_all_now(&world.app.store, world.clock.now()).await.expect("it answers");
            let disconnects = pages.iter().map(|page| async {
                tokio::time::sleep(random(60)).await;
                assert_eq!(owner.disconnects(*page).await.status, 200);
            });
            tokio::join!(keeper::once(&world.app), join_all(disconnects));
            world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
            world.is_quiet().await;
            for _ in 0..5 {
                if world.living_grants("chirper").await == 0 {
                    break;
                }
                world.clock.advance(Duration::from_secs(100));
                keeper::once(&world.app).await;
            }
            assert_eq!((world.living_grants("chirper").await, grants_left(world).await), (0, 0), "round {round}");
            for page in &pages {
                assert_eq!(owner.sees(*page).await, Status::NotConnected, "round {round}");
            }
        }
    }

    async fn a_refusal_of_an_owner_that_was_followed_takes_the_mark_from_nobody(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let (grant, db, now) = (world.grant_of(page).await, world.app.store.read(), world.clock.now());
        let slow = world.is_marked(&grant, now).await;
        let (marked, later) = (world.grant_of(page).await, now + Duration::from_secs(91));
        let quick = world.is_marked(&marked, later).await;
        assert_eq!((slow.attempt, quick.lost_at), (quick.attempt, Some(now)));
        let no = || Setback {
            failure: "refused", next_refresh_at: Some(later), lost_at: None, refused_at: Some(later), must_act_at: None,
        };
        assert!(!pages::set_back(db, &grant, slow, later, no()).await.expect("it answers"));
        assert_eq!(world.grant_of(page).await.attempt_owner, Some(quick.owner), "it goes on");
        assert!(pages::set_back(db, &grant, quick, later, no()).await.expect("it answers"));
    }

    async fn whoever_waits_for_tokens_that_come_too_late_gets_those_that_came_before(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 3_600)).await;
        owner.connects(page, "ben").await;
        world.clock.advance(Duration::from_hours(2));
        world.fault(json!({ "network": "chirper", "delay_ms": 1_000 })).await;
        let (app, grant) = (world.app.clone(), world.grant_of(page).await.id);
        let reader = tokio::spawn(async move { keeper::fresh_token(&app, grant).await });
        is_asked(world, 2).await;
        world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
        owner.connects(page, "ben").await;
        let token = reader.await.expect("it does not panic").expect("the page is connected");
        let stored = keeper::fresh_token(&world.app, grant).await.expect("it is fresh");
        assert_eq!(keeper::fingerprint(&token), keeper::fingerprint(&stored));
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn a_pause_that_the_network_asked_for_holds_whatever_else_it_says(world) {
        let network_app = world.app.networks.all().next().expect("there is one");
        let (db, now, queue) = (world.app.store.read(), world.clock.now(), (network_app.id, Queue::Refreshes));
        let until = now + Duration::from_mins(30);
        networks::pause(db, network_app.id, until).await.expect("it is written");
        for misses in [0, 1, 7] {
            for _ in 0..misses {
                networks::missed(db, &network_app, now).await.expect("it is written");
            }
            networks::answered(db, &network_app, now).await.expect("it is written");
            assert_eq!(networks::admit(db, queue, now, 50).await.expect("it answers"), Admission::Not(until), "{misses}");
        }
        assert_eq!(networks::admit(db, queue, until, 50).await.expect("it answers"), Admission::At(until));
    }

    async fn what_must_go_on_comes_before_what_is_due_and_at_the_same_rate(world) {
        let network_app = world.app.networks.all().next().expect("there is one");
        let (db, now, queue) = (world.app.store.read(), world.clock.now(), (network_app.id, Queue::Refreshes));
        let mut places = vec![];
        for _ in 0..10 {
            places.push(networks::reserve(db, network_app.id, now, 10).await.expect("it answers"));
        }
        assert_eq!(places[0], now);
        assert!(places.windows(2).all(|pair| pair[1].since(pair[0]) >= Duration::from_millis(100)), "{places:?}");
        let due = networks::admit(db, queue, now + Duration::from_millis(500), 10).await.expect("it answers");
        assert!(matches!(due, Admission::Not(until) if until > places[9]), "{due:?} before {:?}", places[9]);
        let checks = (network_app.id, Queue::Checks);
        assert_eq!(networks::admit(db, checks, now, 10).await.expect("it answers"), Admission::At(now), "a queue of its own");
    }

    async fn places_of_one_commit_reach_a_moment_ahead_and_no_second_holds_more_than_the_rate(world) {
        let network_app = world.app.networks.all().next().expect("there is one").id;
        let (db, began) = (world.app.store.read(), world.clock.now());
        let (mut left, mut now) = (vec![], began);
        for round in 0..300 {
            let mut gate = Gate::new(db, Queue::Refreshes, now, 100);
            // A commit takes up to a tenth of a second, and whatever is due before it ends leaves then.
            let ends = now + Duration::from_millis(round * 37 % 101);
            for _ in 0..24 {
                if let Admission::At(place) = gate.admit(network_app).await.expect("it answers") {
                    assert!(place >= now && place.since(now) <= Duration::from_millis(60), "{place:?} at {now:?}");
                    left.push(place.max(ends));
                }
            }
            now = ends;
        }
        let in_second = |from: &Moment| left.iter().filter(|at| **at >= *from && at.since(*from).as_millis() < 1_000).count();
        let most = left.iter().map(in_second).max().expect("some left");
        assert!(most <= 100, "{most} in one second");
        let seconds = now.since(began).as_secs_f64();
        let rate = f64::from(u32::try_from(left.len()).expect("some")) / seconds;
        assert!(rate > 70.0, "{rate} a second, though one commit takes as long as five places");
    }

    async fn a_clock_that_was_wrong_and_is_set_back_holds_nobody_up_and_hands_out_no_ended_token(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 3_600)).await;
        for wrong in [Duration::from_hours(1), DAY, 365 * DAY] {
            let network_app = world.app.networks.all().find(|app| app.definition.id.0 == "chirper").expect("set up").id;
            let (db, queue) = (world.app.store.read(), (network_app, Queue::Refreshes));
            world.clock.advance(wrong);
            // All that a process writes down: tokens and when to come again, a place, a pause, a lease.
            signs_in_again(world, &owner).await;
            owner.connects(page, "ben").await;
            let ahead = world.clock.now();
            networks::admit(db, queue, ahead, 50).await.expect("it answers");
            networks::pause(db, network_app, ahead + Duration::from_mins(30)).await.expect("it is written");
            let grant = world.grant_of(page).await;
            world.is_marked(&grant, ahead).await;
            world.clock.goes_back(wrong);
            let asked = world.requests("chirper", "token").await;
            let token = keeper::fresh_token(&world.app, grant.id).await.expect("a fresh one");
            assert_eq!(world.requests("chirper", "token").await, asked + 1, "{wrong:?}: its end was another time's");
            let again = keeper::fresh_token(&world.app, grant.id).await.expect("the same");
            assert_eq!(keeper::fingerprint(&token), keeper::fingerprint(&again), "{wrong:?}");
            assert!(is_stored(world, page).await);
        }
    }

    async fn a_keeper_that_runs_while_the_clock_is_set_back_plans_anew_and_makes_no_storm(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 3_600)).await;
        world.clock.advance(365 * DAY);
        signs_in_again(world, &owner).await;
        owner.connects(page, "ben").await;
        let running = tokio::spawn(keeper::run(world.app.clone()));
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(world.requests("chirper", "token").await, 1, "nothing is due");
        world.clock.goes_back(365 * DAY);
        is_asked(world, 2).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(world.requests("chirper", "token").await, 2, "once");
        assert!(is_stored(world, page).await);
        let grant = world.grant_of(page).await;
        let soon = world.clock.now() + Duration::from_hours(1);
        assert!(grant.next_refresh_at.is_some_and(|at: Moment| at < soon), "and from now on by the right clock");
        world.app.stopping.cancel();
        running.await.expect("it does not panic");
    }
}
