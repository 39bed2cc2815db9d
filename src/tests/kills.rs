//! The server is killed at any moment, and loses nothing: this test process starts itself anew as a server of the same
//! data, kills it by SIGKILL while it refreshes, connects and disconnects, and compares in the end what is stored with
//! what the network takes.
//!
//! `KILLS=10000 cargo test kills` is the soak; without it there are some.

use std::{
    net::SocketAddr,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::json;

use super::{
    person::Person,
    postgres,
    world::{World, front, settings},
};
use crate::{
    domain::{PageId, Status},
    server::{App, clock::Clock, courier, keeper, pages, serve},
};

const KILLS: u32 = 25;

/// What the server is started with.
const ADDRESS: &str = "KILLS_ADDRESS";
const DATA: &str = "KILLS_DATA";
const SANDBOX: &str = "KILLS_SANDBOX";
const DATABASE: &str = "KILLS_DATABASE";
const COURIER: &str = "KILLS_COURIER";
const HAMMERS: &str = "KILLS_HAMMERS";

#[tokio::test]
#[ignore = "the server starts it"]
async fn as_a_courier() {
    courier::run().await.expect("it runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the kill tests start it"]
async fn as_a_server() {
    let read = |name: &str| std::env::var(name).ok();
    let Some(address) = read(ADDRESS).and_then(|address| address.parse::<SocketAddr>().ok()) else { return };
    let data = std::path::PathBuf::from(read(DATA).expect("a folder"));
    let mut settings = settings(address, &data, &read(SANDBOX).expect("a sandbox"), read(DATABASE).map(Into::into));
    settings.courier = read(COURIER).is_some();
    settings.refreshes_per_second = 0;
    let door = serve::listen(address).await.expect("the port is free");
    let app = serve::open(&settings, Clock::default()).await.expect("it opens");
    serve::begin_work(&app).await.expect("it begins");
    if read(HAMMERS).is_some() {
        tokio::spawn(refresh_without_end(app.clone()));
    }
    serve::serve(app, front(), door).await.expect("it ends well");
}

/// Every grant, again and again, as if a consumer had reported each token.
async fn refresh_without_end(app: App) {
    loop {
        let mut readers = tokio::task::JoinSet::new();
        for id in pages::living(app.store.read()).await.unwrap_or_default() {
            let app = app.clone();
            readers.spawn(async move {
                if let Ok(token) = keeper::fresh_token(&app, id).await {
                    let _ = keeper::report_refusal(&app, id, &keeper::fingerprint(&token)).await;
                }
            });
        }
        readers.join_all().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A server of the world's data that can be killed.
struct Victim<'w> {
    world: &'w World,
    database: Option<String>,
    has_courier: bool,
}

impl Victim<'_> {
    fn starts(&self, hammers: bool) -> Child {
        let command = Command::new(std::env::current_exe().expect("it runs"));
        self.runs(command, hammers)
    }

    /// Dies at the `nth` call of the system that it makes by that name, counted for each of its threads.
    fn starts_to_die_at(&self, call: &str, nth: u64) -> Child {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
        command.arg("-e").arg(format!("inject={call}:signal=KILL:when={nth}"));
        command.arg(std::env::current_exe().expect("it runs"));
        self.runs(command, true)
    }

    fn runs(&self, mut command: Command, hammers: bool) -> Child {
        command
            .args(["--exact", "tests::kills::as_a_server", "--ignored", "--nocapture"])
            .env(ADDRESS, self.world.origin.trim_start_matches("http://"))
            .env(DATA, self.world.data.path())
            .env(SANDBOX, &self.world.sandbox)
            // What it is traced by goes with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(database) = &self.database {
            command.env(DATABASE, database);
        }
        if self.has_courier {
            command.env(COURIER, "1");
        }
        if hammers {
            command.env(HAMMERS, "1");
        }
        command.spawn().expect("it starts")
    }

    async fn is_up(&self) {
        for _ in 0..600 {
            let asked = self.world.http.get(format!("{}/healthz", self.world.origin)).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server does not come up");
    }
}

/// Anything below `most`, from the random end of a new id.
fn random(most: u64) -> u64 {
    u64::from(crate::server::networks::phase(uuid::Uuid::now_v7())) % most
}

/// What keeps a refresh token that is good for one use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saviour {
    /// Our own process that outlives the server.
    Courier,
    /// The network, which takes a spent token again for some seconds.
    Grace,
    Nobody,
}

/// Kills, and answers how many of the four pages were lost.
async fn kills(database: Option<String>, saviour: Saviour) -> usize {
    dies(database, saviour, KILLS, async |victim, owner, round, comes_and_goes| {
        let server = victim.starts(true);
        // One of five dies while it starts.
        let life = if round % 5 == 4 {
            random(400)
        } else {
            victim.is_up().await;
            random(250)
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(life)) => {}
            () = come_and_go(owner, comes_and_goes) => {}
        }
        if round % 7 == 3 {
            // Stopped in the middle of whatever it does, and found alive again.
            signal("STOP", &server);
            tokio::time::sleep(Duration::from_millis(300)).await;
            signal("CONT", &server);
            tokio::time::sleep(Duration::from_millis(random(50))).await;
        }
        signal("KILL", &server);
        server
    })
    .await
}

/// The calls by which anything is written, sent or heard.
const CALLS: [&str; 6] = ["pwrite64", "write", "fdatasync", "connect", "sendto", "recvfrom"];

/// As [`kills`], at every nth of these calls.
async fn dies_at_calls(database: Option<String>, saviour: Saviour) -> usize {
    dies(database, saviour, 12, async |victim, owner, round, comes_and_goes| {
        let call = CALLS[usize::try_from(round).expect("some") % CALLS.len()];
        // A start makes some hundred of the most frequent ones; which of them it is comes from the number of the round.
        let nth = 1 + u64::from(round / 6) * 7 + random(7);
        let server = victim.starts_to_die_at(call, nth);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(1_500)) => {}
            () = come_and_go(owner, comes_and_goes) => {}
        }
        signal("KILL", &server);
        server
    })
    .await
}

async fn dies(
    database: Option<String>,
    saviour: Saviour,
    rounds: u32,
    one: impl AsyncFn(&Victim<'_>, &Person<'_>, u32, PageId) -> Child,
) -> usize {
    let has_courier = saviour == Saviour::Courier;
    let world = World::with(database.clone().map(Into::into), vec![]).await;
    let owner = world.owner("Harbour").await;
    let mut kept = vec![];
    for (place, person) in ["A", "B", "C", "D"].iter().zip(["ada", "ben", "cleo", "dan"]) {
        let page = owner.has(place, &["chirper"]).await[0];
        owner.connects(page, person).await;
        kept.push(page);
    }
    let comes_and_goes = owner.has("E", &["chirper"]).await[0];
    if saviour == Saviour::Grace {
        world.fault(json!({ "network": "chirper", "rotate": "grace" })).await;
    }
    world.stops().await;
    let victim = Victim { world: &world, database, has_courier };
    let rounds = std::env::var("KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(rounds);
    if has_courier {
        // It runs before anybody dies; what traces the server must not trace it too.
        let server = victim.starts(true);
        victim.is_up().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        signal("KILL", &server);
        { server }.wait().expect("it is gone");
    }
    for round in 0..rounds {
        one(&victim, &owner, round, comes_and_goes).await.wait().expect("it is gone");
    }
    lost(&victim, &owner, &kept, rounds).await
}

/// Sends it to the server, and to what traces it.
fn signal(name: &str, server: &Child) {
    let group = format!("-{}", server.id());
    let sent = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
    // It may have ended by itself: that is what some of these are about.
    let _ = sent.expect("kill is there");
}

/// Disconnects and connects; the server may be gone at any step, and then nothing more happens.
async fn come_and_go(owner: &Person<'_>, page: PageId) {
    let page_id = page.to_string();
    while let Some(answer) = owner.tries("/api/pages/disconnect", &[("page", &page_id)]).await {
        // A yes to what is connected would be a new token for the old, and another test's business.
        if answer.status != 200 && answer.status != 409 {
            break;
        }
        if owner.tries_to_connect(page, "eve").await.is_none() {
            break;
        }
    }
    std::future::pending::<()>().await;
}

async fn lost(victim: &Victim<'_>, owner: &Person<'_>, kept: &[PageId], rounds: u32) -> usize {
    let world = victim.world;
    // The last one only takes care of what was left.
    let mut server = victim.starts(false);
    victim.is_up().await;
    for _ in 0..300 {
        if pages::interrupted(world.app.store.read(), None).await.expect("it answers").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let current = world.current("chirper", "refresh").await;
    let mut lost = 0;
    for page in kept {
        let is_kept = owner.sees(*page).await == Status::Connected;
        lost += usize::from(!is_kept || !current.contains(&world.stored_refresh(*page).await));
    }
    signal("KILL", &server);
    server.wait().expect("it is gone");
    let asked = world.requests("chirper", "token").await;
    assert!(asked > usize::try_from(rounds).expect("some"), "only {asked} requests: it proves nothing");
    world.holds_no_secret().await;
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_network_loses_nothing_to_kills_with_the_courier_on_sqlite() {
    assert_eq!(kills(None, Saviour::Courier).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_network_loses_nothing_to_kills_with_the_courier_on_postgres() {
    assert_eq!(kills(Some(postgres::new_database().await), Saviour::Courier).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_with_a_grace_window_loses_nothing_to_kills_on_sqlite() {
    assert_eq!(kills(None, Saviour::Grace).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_with_a_grace_window_loses_nothing_to_kills_on_postgres() {
    assert_eq!(kills(Some(postgres::new_database().await), Saviour::Grace).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_the_wrong_one_to_die_at_on_sqlite() {
    assert_eq!(dies_at_calls(None, Saviour::Courier).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_the_wrong_one_to_die_at_on_postgres() {
    assert_eq!(dies_at_calls(Some(postgres::new_database().await), Saviour::Grace).await, 0);
}

/// So it is the courier that keeps them, and these kills do hit a refresh that is under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_network_without_the_courier_does_lose() {
    let lost = kills(None, Saviour::Nobody).await;
    assert!((1..=4).contains(&lost), "{lost}");
}
