//! A million grants: how fast the keeper claims and refreshes them, against a loop that only asks the network, and what
//! they cost in memory. `cargo bench --bench keeper`; `GRANTS=10000` for fewer; on PostgreSQL with `BENCH_DATABASE=postgres://…`,
//! an empty database.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, routing::post};
use greentick::{
    domain::{Moment, NetworkId, WorkspaceId},
    server::{
        App,
        accounts::{self, NewOwner},
        clock::Clock,
        keeper,
        networks::{self, Door, Held},
        pages, serve,
        settings::{AppCredentials, Settings},
        store::Backend,
        vault::Place,
    },
};
use sea_orm::{ConnectionTrait, TransactionTrait};
use uuid::Uuid;

/// How many requests are under way at once, in the loop as in the keeper.
const AT_ONCE: usize = 32;
/// How long each is measured.
const SPAN: Duration = Duration::from_secs(10);
const ROWS_AT_ONCE: u64 = 500;

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Anything<()> {
    let grants: u64 = std::env::var("GRANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let (network, asked) = network().await?;
    let data = tempfile::tempdir()?;
    let app = open(data.path(), &network).await?;
    let workspace = workspace(&app).await?;
    let mut loaded = 0;
    let mut claim_times = vec![];
    for size in [1_000.min(grants), grants] {
        load(&app, workspace, loaded..size).await?;
        loaded = size;
        claim_times.push(claim_query(&app).await?);
        say(&format!("the claim query at {size} grants: {:?}", claim_times[claim_times.len() - 1]));
    }
    say(&format!("memory of this process: {} MB", resident()? / 1024));
    say(&format!("claims: {:.0} a second", claims(&app).await?));
    let limit = only_asking(&app, &asked).await?;
    say(&format!("only asking the network: {limit:.0} a second"));
    let refreshes = refreshing(&app, &asked).await?;
    say(&format!("refreshes: {refreshes:.0} a second, {:.2} of it", refreshes / limit));
    say(&format!("memory of this process: {} MB", resident()? / 1024));
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

/// A token endpoint that answers at once, and counts.
async fn network() -> Anything<(String, Arc<AtomicU64>)> {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    let answer = move || {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let answer = serde_json::json!({
            "access_token": format!("at-{number}"), "refresh_token": format!("rt-{number}"), "token_type": "bearer",
            "expires_in": 1_000_000,
        });
        async move { Json(answer) }
    };
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", door.local_addr()?);
    tokio::spawn(async move { axum::serve(door, Router::new().route("/chirper/oauth/token", post(answer))).await });
    Ok((origin, asked))
}

async fn open(data: &std::path::Path, network: &str) -> Anything<App> {
    let own =
        AppCredentials { client_id: "bench".to_owned(), client_secret: "bench".to_owned().into(), hook_secret: None };
    let settings = Settings {
        data: data.to_owned(),
        database_url: std::env::var("BENCH_DATABASE").ok().map(Into::into),
        sandbox: Some(network.to_owned()),
        refreshes_per_second: 0,
        // It would be this program; what it costs is one process more.
        courier: false,
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
        pages::due_refreshes(&app.store, app.clock.now(), &[], 32).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

async fn claims(app: &App) -> Anything<f64> {
    let network_app = app.networks.all().next().ok_or("no network")?.id;
    let began = now();
    let mut claimed = 0;
    let far = Moment(app.clock.now().0 + 86_400_000);
    let due = pages::due_refreshes(&app.store, far, &[], 2_000).await?;
    for grant in &due {
        let txn = app.store.begin().await?;
        networks::admit(&txn, network_app, app.clock.now(), 0).await?;
        // Over before it began, so that the keeper finds it free.
        let long_ago = Moment(app.clock.now().0 - 1_000_000);
        claimed += u32::from(pages::mark(&txn, grant, Uuid::nil(), long_ago).await?.is_some());
        txn.commit().await?;
    }
    Ok(f64::from(claimed) / began.elapsed().as_secs_f64())
}

/// What a refresh is without anything that keeps it: as many at once, each after the other.
async fn only_asking(app: &App, asked: &AtomicU64) -> Anything<f64> {
    let before = asked.load(Ordering::Relaxed);
    let (began, mut loops) = (now(), tokio::task::JoinSet::new());
    for _ in 0..AT_ONCE {
        let app = app.clone();
        loops.spawn(async move {
            let Some(network_app) = app.networks.all().next().and_then(|first| app.networks.app(first.id)) else {
                return;
            };
            let held = held();
            while began.elapsed() < SPAN {
                let client = app.client.clone();
                let send = move |request| {
                    let client = client.clone();
                    async move { client.send(Door::Known, request).await }
                };
                let _ = networks::refresh(send, app.client.proofs(), &network_app, &held).await;
            }
        });
    }
    loops.join_all().await;
    Ok(per_second(asked, before, began))
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

async fn refreshing(app: &App, asked: &AtomicU64) -> Anything<f64> {
    app.store.read().execute_unprepared("UPDATE grants SET next_refresh_at = 1").await?;
    let before = asked.load(Ordering::Relaxed);
    let began = now();
    let running = tokio::spawn(keeper::run(app.clone()));
    tokio::time::sleep(SPAN).await;
    let rate = per_second(asked, before, began);
    app.stopping.cancel();
    running.await?;
    Ok(rate)
}

#[expect(clippy::cast_precision_loss, reason = "counts of seconds of work")]
fn per_second(asked: &AtomicU64, before: u64, began: Instant) -> f64 {
    (asked.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}
