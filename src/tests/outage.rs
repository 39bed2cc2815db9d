//! A network is down for six hours, and the tokens of all its grants end meanwhile. No page turns red, the network as a
//! whole is told and left in peace, and when it is back it is never asked faster than was set.
//!
//! `OUTAGE=100000 cargo test outage` is the soak. The network is played here, because a sandbox that remembers a hundred
//! thousand grants answers slowly: it takes each refresh token once, and notes when it was asked.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Form, Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    person::Person,
    postgres,
    world::{World, loopback},
};
use crate::{
    domain::{NetworkAppId, Status, WorkspaceId},
    server::{
        accounts, keeper,
        networks::Plan,
        pages::{self, NewGrant},
        store::Backend,
        workspaces,
    },
};

/// Grants, without `OUTAGE`.
const SOME: usize = 2_000;
/// How many refreshes may leave in a second, so that a busy machine can do it too; by `OUTAGE_RATE` more.
const PER_SECOND: u32 = 100;
const HOUR: Duration = Duration::from_hours(1);

/// What the network knows.
#[derive(Default)]
struct Ledger {
    is_down: AtomicBool,
    /// Refresh tokens that it takes, and whose they are.
    current: Mutex<HashMap<String, usize>>,
    refreshed: Mutex<Vec<Instant>>,
    checked: Mutex<Vec<Instant>>,
    /// While it was down.
    in_vain: Mutex<usize>,
}

#[expect(clippy::disallowed_methods, reason = "the network's own time")]
fn now() -> Instant {
    Instant::now()
}

impl Ledger {
    fn down(&self) -> Option<Response> {
        self.is_down.load(Ordering::Relaxed).then(|| {
            *self.in_vain.lock().expect("whole") += 1;
            (StatusCode::SERVICE_UNAVAILABLE, "<html>We are down for maintenance").into_response()
        })
    }

    fn refresh(&self, params: &HashMap<String, String>) -> Response {
        if let Some(down) = self.down() {
            return down;
        }
        self.refreshed.lock().expect("whole").push(now());
        let mut current = self.current.lock().expect("whole");
        let Some(grant) = params.get("refresh_token").and_then(|token| current.remove(token)) else {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
        };
        let token = Uuid::now_v7().to_string();
        current.insert(token.clone(), grant);
        let access = Uuid::now_v7().to_string();
        Json(json!({ "access_token": access, "token_type": "bearer", "refresh_token": token, "expires_in": 864_000 }))
            .into_response()
    }

    fn check(&self) -> Response {
        if let Some(down) = self.down() {
            return down;
        }
        self.checked.lock().expect("whole").push(now());
        Json::<Value>(json!({ "id": "somebody", "name": "Somebody" })).into_response()
    }

    async fn serve(self: Arc<Self>) -> String {
        let door = loopback().await;
        let origin = format!("http://localhost:{}", door.local_addr().expect("it listens").port());
        let (refresh, check) = (self.clone(), self);
        let router = Router::new()
            .route(
                "/chirper/oauth/token",
                post(move |Form(params): Form<HashMap<String, String>>| async move { refresh.refresh(&params) }),
            )
            .route("/chirper/me", get(move || async move { check.check() }));
        tokio::spawn(async move { axum::serve(door, router).await });
        origin
    }
}

/// Pages and their grants as the app makes them, in the order of their numbers.
async fn connected(world: &World, workspace: WorkspaceId, app: NetworkAppId, numbers: std::ops::Range<usize>) {
    let now = world.clock.now();
    let writing = world.app.store.write(workspace).await.expect("it begins");
    let (mut locations, mut rows) = (String::new(), String::new());
    for number in numbers {
        let in_an_hour = now + HOUR.mul_f64(0.3 + 0.7 * f64::from(u32::try_from(number % 100).expect("small")) / 100.0);
        let new = NewGrant {
            network_app: app,
            person_id: format!("person-{number}"),
            person_name: "Somebody".to_owned(),
            access: format!("access-{number}").into(),
            refresh: Some(format!("refresh-{number}").into()),
            key: None,
            expires_at: Some(now + HOUR),
            refresh_expires_at: None,
            data_access_expires_at: None,
            plan: Plan { next_refresh_at: Some(in_an_hour), must_act_at: None },
            scopes: vec!["post.read".to_owned(), "post.write".to_owned()],
            kept: std::collections::BTreeMap::new(),
            // One in ten is checked meanwhile too.
            next_visit_at: if number % 10 == 0 { in_an_hour } else { now + 1_000 * HOUR },
            beside: None,
        };
        let grant = pages::put_grant(&writing, &world.app.vault, now, new).await.expect("it is stored");
        let (workspace, location) = (id(world, workspace.0), id(world, Uuid::now_v7()));
        let (page, flag) = (id(world, Uuid::now_v7()), if is_postgres(world) { "false" } else { "0" });
        let comma = if rows.is_empty() { "" } else { "," };
        write!(locations, "{comma}({location}, {workspace}, 'Place {number}', {number})").expect("text");
        let account = format!("'person-{number}', 'Somebody', 'Ada', {}", now.0);
        let grant = id(world, grant.0);
        write!(rows, "{comma}({page}, {workspace}, {location}, 'chirper', 'linked', {grant}, {account}, '[]', {flag})")
            .expect("text");
    }
    let columns = "id, workspace, location, network, link, grant_id, account_id, account_name, linked_by, linked_at, \
                   missing, must_log_in";
    for insert in [
        format!("INSERT INTO locations (id, workspace, name, created_at) VALUES {locations}"),
        format!("INSERT INTO pages ({columns}) VALUES {rows}"),
    ] {
        writing.txn().execute_unprepared(&insert).await.expect("it is stored");
    }
    writing.commit().await.expect("it is stored");
}

fn is_postgres(world: &World) -> bool {
    world.app.store.backend() == Backend::Postgres
}

fn id(world: &World, id: Uuid) -> String {
    if is_postgres(world) { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
}

async fn count(world: &World, what: &str) -> usize {
    let db = world.app.store.read();
    let count = Statement::from_string(db.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {what}"));
    let row = db.query_one_raw(count).await.expect("it answers").expect("a row");
    usize::try_from(row.try_get::<i64>("", "n").expect("a number")).expect("some")
}

/// The most in any second, wherever it begins.
fn most_in_a_second(times: &[Instant]) -> usize {
    let second = Duration::from_secs(1);
    let mut times = times.to_vec();
    times.sort_unstable();
    let in_second = |(first, at): (usize, &Instant)| times[first..].partition_point(|next| *next - *at < second);
    times.iter().enumerate().map(in_second).max().unwrap_or_default()
}

fn wanted(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

async fn outage(database: Option<String>) {
    let all = wanted("OUTAGE").unwrap_or(SOME);
    let rate = wanted("OUTAGE_RATE").and_then(|rate| u32::try_from(rate).ok()).unwrap_or(PER_SECOND);
    let ledger = Arc::new(Ledger::default());
    let origin = ledger.clone().serve().await;
    let world = World::at(origin, database.map(Into::into), |settings| settings.refreshes_per_second = rate).await;
    let owner = world.owner("Harbour").await;
    let user = accounts::any_user(world.app.store.read()).await.expect("it answers").expect("an owner");
    let workspace = workspaces::of_user(&world.app, user).await.expect("it answers").remove(0).id;
    let app = world.app.networks.all().find(|app| app.definition.id.0 == "chirper").expect("it is set up").id;
    for first in (0..all).step_by(500) {
        connected(&world, workspace, app, first..all.min(first + 500)).await;
    }
    *ledger.current.lock().expect("whole") = (0..all).map(|number| (format!("refresh-{number}"), number)).collect();
    is_down_for_six_hours(&world, &owner, &ledger).await;
    is_back(&world, &ledger, all, rate).await;
}

/// In which everything ends.
async fn is_down_for_six_hours(world: &World, owner: &Person<'_>, ledger: &Ledger) {
    ledger.is_down.store(true, Ordering::Relaxed);
    for _ in 0..36 {
        world.clock.advance(Duration::from_mins(10));
        keeper::once(&world.app).await;
    }
    let in_vain = *ledger.in_vain.lock().expect("whole");
    assert!((36..150).contains(&in_vain), "it was asked {in_vain} times, by one at a time after the first");
    assert_eq!(count(world, "pages WHERE link <> 'linked'").await, 0, "nothing is red");
    assert_eq!(count(world, "grants WHERE next_refresh_at IS NULL OR next_visit_at IS NULL").await, 0);
    assert_eq!(count(world, &format!("grants WHERE expires_at > {}", world.clock.now().0)).await, 0, "all have ended");
    for page in owner.board().await.pages.iter().take(5) {
        assert_eq!(owner.sees(page.id).await, Status::NotAnswering);
    }
}

async fn is_back(world: &World, ledger: &Ledger, all: usize, rate: u32) {
    ledger.is_down.store(false, Ordering::Relaxed);
    world.clock.advance(Duration::from_mins(6));
    let began = now();
    let running = tokio::spawn(keeper::run(world.app.clone()));
    let computed = Duration::from_secs_f64(1.1 * f64::from(u32::try_from(all).expect("some")) / f64::from(rate));
    let asked = || ledger.refreshed.lock().expect("whole").len();
    while asked() < all && began.elapsed() < computed + LONGEST {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = began.elapsed();
    tokio::time::sleep(PATIENCE).await;
    world.app.stopping.cancel();
    running.await.expect("it does not panic");
    let refreshed = ledger.refreshed.lock().expect("whole").clone();
    assert_eq!(refreshed.len(), all, "each once");
    let (most, checks) = (most_in_a_second(&refreshed), most_in_a_second(&ledger.checked.lock().expect("whole")));
    let rate = usize::try_from(rate).expect("small");
    assert!(most <= rate && checks <= rate, "{most} refreshes and {checks} checks in one second, of {rate}");
    let fresh = count(world, &format!("grants WHERE expires_at > {}", world.clock.now().0)).await;
    assert_eq!((fresh, count(world, "pages WHERE link <> 'linked'").await), (all, 0), "all are fresh, nothing is red");
    // How long it takes is measured where nothing else runs.
    let is_soak = wanted("OUTAGE").is_some();
    assert!(!is_soak || took < computed.mul_f64(1.25) + PATIENCE, "{took:?} for what {computed:?} is enough for");
    let say = format!("{all} grants were fresh {took:?} after six hours; at most {most} in a second, of {rate}\n");
    std::io::Write::write_all(&mut std::io::stdout(), say.as_bytes()).expect("somebody listens");
}

/// The last ones are saved by then.
const PATIENCE: Duration = Duration::from_secs(2);
/// A machine that does much else besides is so much slower.
const LONGEST: Duration = Duration::from_mins(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_hours_without_the_network_turn_no_page_red_and_it_is_not_stormed_on_sqlite() {
    outage(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_hours_without_the_network_turn_no_page_red_and_it_is_not_stormed_on_postgres() {
    outage(Some(postgres::new_database().await)).await;
}
