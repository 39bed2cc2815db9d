//! A million grants: how fast the keeper claims and refreshes them at the sandbox, against a loop that only asks the
//! sandbox, and what they cost in memory. `cargo bench --bench keeper`; `GRANTS=10000` for fewer; on PostgreSQL by
//! `scripts/with-postgres cargo bench --bench keeper`.
//!
//! The sandbox is a process of its own, and takes a tenth of a second for an answer, as networks do, and then as little as
//! one in the same town: the limit is for these. Then it stands next door, and in the end it answers at once: that says what
//! one process can do at most, when a loop that keeps nothing is no measure any more for one that has each token on the disk
//! before it goes on.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use greentick::{
    domain::{Moment, NetworkId, WorkspaceId},
    server::{
        App,
        accounts::{self, NewOwner},
        clock::Clock,
        courier, keeper,
        networks::{self, Door, Gate, Held, Queue},
        pages::{self, Mark},
        sandbox, serve,
        settings::{AppCredentials, Settings},
        store::Backend,
        vault::Place,
    },
};
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use uuid::Uuid;

/// How many requests are under way at once, in the loop as in the keeper.
const AT_ONCE: usize = 24;
/// How long each is measured.
const SPAN: Duration = Duration::from_secs(10);
/// As many are due as nobody refreshes in that time.
const DUE: u64 = 100_000;
const ROWS_AT_ONCE: u64 = 500;
/// What the sandbox's process is started with.
const AS_SANDBOX: &str = "BENCH_SANDBOX";
/// How long a network takes for an answer, in milliseconds.
const DELAYS: [u64; 4] = [100, 25, 10, 0];
/// The limit is for those that take as long as this: few networks are as near.
const NEAR: u64 = 25;
/// Limits: of the loop's rate, and of the claim query's time with few grants.
const LEAST_SHARE: f64 = 0.6;
const MOST_GROWTH: f64 = 2.0;

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Anything<()> {
    if std::env::var_os(AS_SANDBOX).is_some() {
        return be_the_sandbox().await;
    }
    if std::env::args().nth(1).is_some_and(|first| first == "courier") {
        return Ok(courier::run().await?);
    }
    let grants: u64 = std::env::var("GRANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let network = Network::start()?;
    let data = tempfile::tempdir()?;
    let app = open(data.path(), &network.origin).await?;
    let on = if app.store.backend() == Backend::Postgres { "PostgreSQL" } else { "SQLite" };
    say(&format!("{grants} grants on {on}"));
    let workspace = workspace(&app).await?;
    let (mut loaded, mut claim_times, before) = (0, vec![], resident()?);
    for size in [1_000.min(grants), grants] {
        load(&app, workspace, loaded..size).await?;
        loaded = size;
        claim_times.push(claim_query(&app).await?.as_secs_f64());
        say(&format!("the claim query at {size} grants: {:.0} µs", claim_times[claim_times.len() - 1] * 1e6));
    }
    let growth = claim_times[1] / claim_times[0];
    say(&format!("that is {growth:.1} times the first; limit {MOST_GROWTH}"));
    say(&format!("claims: {:.0} a second", claims(&app).await?));
    make_due(&app).await?;
    let mut shares = vec![];
    for delay_ms in DELAYS {
        network.answers_after(&app, delay_ms).await?;
        let limit = only_asking(&app).await?;
        let refreshes = refreshing(&app).await?;
        shares.push((delay_ms, refreshes / limit));
        say(&format!(
            "a sandbox that answers after {delay_ms} ms: {limit:.0} by only asking it, {refreshes:.0} refreshes a \
             second; share {:.2}",
            refreshes / limit
        ));
    }
    say(&format!("memory: {} MB before, {} MB after, for {grants} grants", before / 1024, resident()? / 1024));
    let is_slow = shares.iter().any(|(delay_ms, share)| *delay_ms >= NEAR && *share < LEAST_SHARE);
    if is_slow || growth > MOST_GROWTH {
        return Err(format!("limits: a share of {LEAST_SHARE}, {MOST_GROWTH} times the claim query").into());
    }
    Ok(())
}

fn say(line: &str) {
    // A reader that has gone away is no reason to stop measuring.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn resident() -> Anything<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}

async fn be_the_sandbox() -> Anything<()> {
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://localhost:{}", door.local_addr()?.port());
    say(&origin);
    Ok(axum::serve(door, sandbox::router(sandbox::Sandbox::new(origin))).await?)
}

/// The sandbox's process.
struct Network {
    child: Child,
    origin: String,
}

impl Network {
    fn start() -> Anything<Self> {
        let mut child = Command::new(std::env::current_exe()?).env(AS_SANDBOX, "1").stdout(Stdio::piped()).spawn()?;
        let mut origin = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut origin)?;
        Ok(Self { child, origin: origin.trim().to_owned() })
    }

    /// It knows none of these grants, so it is told what to answer.
    async fn answers_after(&self, app: &App, delay_ms: u64) -> Anything<()> {
        let body = r#"{"access_token":"at","refresh_token":"rt","token_type":"bearer","expires_in":1000000}"#;
        let answer = serde_json::json!({ "status": 200, "content_type": "application/json", "body": body });
        let fault = serde_json::json!({ "network": "chirper", "token_answer": answer, "delay_ms": delay_ms });
        let request = http::Request::post(format!("{}/faults", self.origin)).header("content-type", "application/json");
        let answer = app.client.send(Door::Known, request.body(fault.to_string().into_bytes())?).await?;
        if answer.status().is_success() { Ok(()) } else { Err("the sandbox does not take it".into()) }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn open(data: &std::path::Path, network: &str) -> Anything<App> {
    let own = AppCredentials {
        client_id: sandbox::client_id("chirper"),
        client_secret: sandbox::client_secret("chirper").into(),
        hook_secret: None,
    };
    let settings = Settings {
        data: data.to_owned(),
        database_url: std::env::var("BENCH_DATABASE").ok().map(Into::into),
        sandbox: Some(network.to_owned()),
        refreshes_per_second: 0,
        courier: std::env::var_os("COURIER").is_some(),
        apps: [(NetworkId("chirper".to_owned()), own)].into(),
        ..Settings::default()
    };
    Ok(serve::open(&settings, Clock::default()).await?)
}

async fn workspace(app: &App) -> Anything<WorkspaceId> {
    let owner = NewOwner {
        workspace: "Bench".to_owned(),
        name: "Bench".to_owned(),
        email: format!("{}@example.org", Uuid::now_v7()),
        password: "a long password".to_owned().into(),
    };
    let (_, card) = accounts::make_owner(app, owner).await?;
    Ok(card.id)
}

/// Rows as the app would have made them, some hundred in a statement.
async fn load(app: &App, workspace: WorkspaceId, range: std::ops::Range<u64>) -> Anything<()> {
    let network_app = app.networks.all().next().ok_or("no network")?.id;
    let db = app.store.read();
    let sealer = app.vault.sealer(db, workspace).await?;
    let is_postgres = app.store.backend() == Backend::Postgres;
    let uuid = |id: Uuid| if is_postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let bytes = |bytes: &[u8]| {
        let hex = bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        if is_postgres { format!("'\\x{hex}'") } else { format!("x'{hex}'") }
    };
    let (now, flag) = (app.clock.now().0, if is_postgres { "false" } else { "0" });
    let mut next = range.start;
    while next < range.end {
        let (mut grants, mut secrets) = (vec![], vec![]);
        for number in next..range.end.min(next + ROWS_AT_ONCE) {
            let id = Uuid::now_v7();
            // Spread over a day, so that some are due and most are not.
            let due = now - 60_000 + i64::try_from(number % 86_400)? * 1_000;
            grants.push(format!(
                "({}, {}, {}, 'p{number}', 'P', 1, {now}, {due}, {flag}, '[]', {now}, {}, 0)",
                uuid(id),
                uuid(workspace.0),
                uuid(network_app.0),
                now + 86_400_000,
            ));
            for column in ["access", "refresh"] {
                let place = Place { workspace, table: "grants", column, row: id };
                let sealed = sealer.seal(&place, format!("token-{number}").as_bytes());
                secrets.push(format!(
                    "('grants', '{column}', {}, {}, {})",
                    uuid(id),
                    uuid(workspace.0),
                    bytes(&sealed)
                ));
            }
        }
        next += ROWS_AT_ONCE;
        let txn = db.begin().await?;
        let columns = "id, workspace, network_app, person_id, person_name, version, expires_at, next_refresh_at, warned, \
                       scopes, checked_at, next_visit_at, failures";
        txn.execute_unprepared(&format!("INSERT INTO grants ({columns}) VALUES {}", grants.join(","))).await?;
        let columns = "owner_table, owner_column, owner_row, workspace, sealed";
        txn.execute_unprepared(&format!("INSERT INTO secrets ({columns}) VALUES {}", secrets.join(","))).await?;
        txn.commit().await?;
    }
    db.execute_unprepared("ANALYZE").await?;
    Ok(())
}

/// The median of many.
async fn claim_query(app: &App) -> Anything<Duration> {
    let mut times = vec![];
    for _ in 0..201 {
        let began = now();
        pages::due_refreshes(&app.store, app.clock.now(), None, 32).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Grants that are marked for their refresh, as many in a commit as the keeper asks for at once.
async fn claims(app: &App) -> Anything<f64> {
    let (began, mut claimed) = (now(), 0);
    let far = Moment(app.clock.now().0 + 86_400_000);
    let due = pages::due_refreshes(&app.store, far, None, 2_000).await?;
    for some in due.chunks(AT_ONCE) {
        let txn = app.store.begin().await?;
        let held = pages::hold(&txn, some.iter().map(|grant| grant.id)).await?;
        let mut gate = Gate::new(&txn, Queue::Refreshes, app.clock.now(), 0);
        for grant in some {
            gate.admit(grant.network_app).await?;
        }
        let marks = held.into_values().map(|grant| {
            let mark = Mark::on(&grant, Uuid::nil());
            (grant, mark)
        });
        // Over before it began, so that the keeper finds it free.
        let long_ago = Moment(app.clock.now().0 - 1_000_000);
        pages::mark_all(&txn, marks, long_ago).await?;
        txn.commit().await?;
        claimed += some.len();
    }
    Ok(f64::from(u32::try_from(claimed)?) / began.elapsed().as_secs_f64())
}

/// What a refresh is without anything that keeps it: as many at once, each after the other.
async fn only_asking(app: &App) -> Anything<f64> {
    let (began, mut loops) = (now(), tokio::task::JoinSet::new());
    for _ in 0..AT_ONCE {
        let app = app.clone();
        loops.spawn(async move {
            let mut done = 0_u32;
            let Some(network_app) = app.networks.all().next().and_then(|first| app.networks.app(first.id)) else {
                return done;
            };
            let held = held();
            while began.elapsed() < SPAN {
                let client = app.client.clone();
                let send = move |request| {
                    let client = client.clone();
                    async move { client.send(Door::Known, request).await }
                };
                let refreshed = networks::refresh(send, app.client.proofs(), &network_app, &held).await;
                done += u32::from(refreshed.is_ok());
            }
            done
        });
    }
    let done: u32 = loops.join_all().await.into_iter().sum();
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

fn held() -> Held {
    Held {
        access: "at".to_owned().into(),
        refresh: Some("rt".to_owned().into()),
        key: None,
        scopes: vec![],
        kept: std::collections::BTreeMap::default(),
        redirect_uri: String::new(),
    }
}

async fn make_due(app: &App) -> Anything<()> {
    let some = format!("UPDATE grants SET next_refresh_at = 1 WHERE id IN (SELECT id FROM grants LIMIT {DUE})");
    app.store.read().execute_unprepared(&some).await?;
    Ok(())
}

/// Refreshes a second, while the keeper runs.
async fn refreshing(app: &App) -> Anything<f64> {
    let running = tokio::spawn(keeper::run(app.clone()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, before) = (now(), left(app).await?);
    tokio::time::sleep(SPAN).await;
    let (took, after) = (began.elapsed(), left(app).await?);
    running.abort();
    // What is in the air comes down.
    tokio::time::sleep(Duration::from_secs(2)).await;
    if after == 0 {
        return Err("more should have been due".into());
    }
    Ok(f64::from(u32::try_from(before - after)?) / took.as_secs_f64())
}

/// How many of those that were made due are left.
async fn left(app: &App) -> Anything<i64> {
    let db = app.store.read();
    let count = "SELECT COUNT(*) AS n FROM grants WHERE next_refresh_at <= 1";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), count)).await?.ok_or("no row")?;
    Ok(row.try_get("", "n")?)
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}
