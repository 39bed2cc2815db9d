//! Whose turn it is when a network answers slowly: so many of its requests have no answer at once, other networks and readers
//! do not wait for them, and neither does anybody in the company of a grant that something is wrong with. The network is
//! played here, because it is to answer when it is told.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Form, Json, Router, routing::post};
use sea_orm::ConnectionTrait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::world::{World, loopback};
use crate::{
    domain::{GrantId, Moment},
    server::{
        accounts, keeper,
        networks::Plan,
        pages::{self, NewGrant},
        workspaces,
    },
};

/// As many as may have no answer at once.
const SEATS: usize = 24;
/// And as many are begun.
const BEGUN: usize = 48;

/// Chirper answers when it is told, Hush at once.
struct Networks {
    /// For the tokens of which of Chirper's grants.
    of_chirper: Arc<Mutex<Vec<String>>>,
    of_hush: Arc<AtomicUsize>,
    answers: watch::Sender<bool>,
}

impl Networks {
    async fn serve() -> (Self, String) {
        let door = loopback().await;
        let origin = format!("http://localhost:{}", door.local_addr().expect("it listens").port());
        let (answers, hears) = watch::channel(false);
        let (of_chirper, of_hush): (Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>) = <_>::default();
        let answer = || Json::<Value>(json!({ "access_token": "new", "token_type": "bearer", "expires_in": 99_999 }));
        let (slow, quick) = (of_chirper.clone(), of_hush.clone());
        let slowly = move |Form(params): Form<HashMap<String, String>>| {
            slow.lock().expect("whole").push(params["refresh_token"].clone());
            let mut hears = hears.clone();
            async move {
                hears.wait_for(|answers| *answers).await.expect("it is told");
                answer()
            }
        };
        let quickly = move || {
            quick.fetch_add(1, Ordering::SeqCst);
            async move { answer() }
        };
        let router =
            Router::new().route("/chirper/oauth/token", post(slowly)).route("/hush/oauth/token", post(quickly));
        tokio::spawn(async move { axum::serve(door, router).await });
        (Self { of_chirper, of_hush, answers }, origin)
    }

    fn asked(&self) -> [usize; 2] {
        [self.of_chirper.lock().expect("whole").len(), self.of_hush.load(Ordering::SeqCst)]
    }

    /// Waits until they have been asked so often.
    async fn are_asked(&self, often: [usize; 2]) {
        let is_so = async {
            while self.asked() != often {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), is_so).await;
        in_time.unwrap_or_else(|_| panic!("asked {:?} times, not {often:?}", self.asked()));
    }
}

fn token(number: i64) -> String {
    format!("token-{number}")
}

/// Grants that are due, the first one first.
async fn has_due(world: &World, network: &str, count: i64) -> Vec<GrantId> {
    let user = accounts::any_user(world.app.store.read()).await.expect("it answers").expect("an owner");
    let workspace = workspaces::of_user(&world.app, user).await.expect("it answers").remove(0).id;
    let app = world.app.networks.all().find(|app| app.definition.id.0 == network).expect("it is set up").id;
    let now = world.clock.now();
    let writing = world.app.store.write(workspace).await.expect("it begins");
    let mut grants = vec![];
    for number in 0..count {
        let new = NewGrant {
            network_app: app,
            person_id: format!("person-{number}"),
            person_name: "Somebody".to_owned(),
            access: "old".to_owned().into(),
            refresh: Some(token(number).into()),
            key: None,
            expires_at: Some(now),
            refresh_expires_at: None,
            data_access_expires_at: None,
            plan: Plan { next_refresh_at: Some(Moment(now.0 - count + number)), must_act_at: None },
            scopes: vec![],
            kept: std::collections::BTreeMap::new(),
            next_visit_at: now + Duration::from_hours(1),
            beside: None,
        };
        grants.push(pages::put_grant(&writing, &world.app.vault, now, new).await.expect("it is stored"));
    }
    writing.commit().await.expect("it is stored");
    grants
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_answers_slowly_keeps_no_other_and_no_reader_waiting() {
    let (networks, origin) = Networks::serve().await;
    let world = World::at(origin, None, |settings| settings.refreshes_per_second = 0).await;
    world.owner("Harbour").await;
    let slow = has_due(&world, "chirper", 60).await;
    has_due(&world, "hush", 30).await;
    let running = tokio::spawn(keeper::run(world.app.clone()));
    networks.are_asked([SEATS, 30]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(networks.asked(), [SEATS, 30], "the others wait");
    let reads = |grant: GrantId| {
        let app = world.app.clone();
        tokio::spawn(async move { keeper::fresh_token(&app, grant).await })
    };
    let has_a_seat = |number: i64| networks.of_chirper.lock().expect("whole").contains(&token(number));
    let begun = slow.iter().zip(0..).take(BEGUN);
    let waits = begun.filter(|(_, number)| !has_a_seat(*number)).map(|(grant, _)| *grant).next();
    // One that has no seat yet, and one that is not begun.
    let readers = [reads(waits.expect("one that waits")), reads(slow[59])];
    networks.are_asked([SEATS + 2, 30]).await;
    networks.answers.send(true).expect("somebody waits");
    for reader in readers {
        let token = reader.await.expect("it does not panic").expect("a fresh one");
        assert_eq!(token.expose_secret(), "new");
    }
    networks.are_asked([60, 30]).await;
    world.is_quiet().await;
    for grant in slow {
        let grant = pages::grant(world.app.store.read(), grant).await.expect("it answers").expect("it is there");
        assert_eq!((grant.version, grant.attempt), (2, None));
    }
    world.app.stopping.cancel();
    running.await.expect("it does not panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_waits_for_a_seat_keeps_no_process_from_stopping() {
    let (networks, origin) = Networks::serve().await;
    let world = World::at(origin, None, |settings| settings.refreshes_per_second = 0).await;
    world.owner("Harbour").await;
    let slow = has_due(&world, "chirper", 40).await;
    let running = tokio::spawn(keeper::run(world.app.clone()));
    networks.are_asked([SEATS, 0]).await;
    world.app.stopping.cancel();
    running.await.expect("it does not panic");
    networks.answers.send(true).expect("somebody waits");
    world.is_quiet().await;
    assert_eq!(networks.asked(), [SEATS, 0], "nobody begins any more");
    let mut renewed = 0;
    for grant in slow {
        let grant = pages::grant(world.app.store.read(), grant).await.expect("it answers").expect("it is there");
        assert_eq!(grant.attempt, None, "no mark is left");
        renewed += usize::from(grant.version == 2);
    }
    assert_eq!(renewed, SEATS, "what was sent is saved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_one_keeps_nobody_in_its_company_from_new_tokens() {
    let (networks, origin) = Networks::serve().await;
    let world = World::at(origin, None, |settings| settings.refreshes_per_second = 0).await;
    world.owner("Harbour").await;
    let grants = has_due(&world, "hush", 20).await;
    let db = world.app.store.read();
    for (grant, damage) in [
        (3, "UPDATE secrets SET sealed = zeroblob(99)"),
        (7, "DELETE FROM secrets"),
        (9, "UPDATE secrets SET sealed = zeroblob(0)"),
    ] {
        let id = grants[grant].0.simple();
        db.execute_unprepared(&format!("{damage} WHERE owner_row = x'{id}'")).await.expect("it is damaged");
    }
    keeper::once(&world.app).await;
    assert_eq!(networks.asked(), [0, 17]);
    for (number, grant) in grants.into_iter().enumerate() {
        let grant = pages::grant(db, grant).await.expect("it answers").expect("it is there");
        let is_damaged = [3, 7, 9].contains(&number);
        assert_eq!((grant.version, grant.attempt), (if is_damaged { 1 } else { 2 }, None), "grant {number}");
        assert_eq!(grant.next_refresh_at.is_none(), is_damaged, "asking again brings nothing back");
    }
}
