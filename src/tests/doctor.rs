//! What `greentick doctor` finds, each thing broken on purpose once, and that it leaves everything as it was.

use std::{collections::BTreeMap, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use axum::{Router, http::header, routing::get};
use migrations::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use super::{
    postgres,
    world::{World, loopback, settings},
};
use crate::{
    domain::NetworkId,
    server::{
        clock::Clock,
        doctor::{Finding, Level, examine},
        serve,
        settings::Settings,
        store::Store,
        vault::hash,
    },
};

/// An instance in that folder, whose networks answer nowhere.
fn here(folder: &Path) -> Settings {
    let mut own = settings(SocketAddr::from(([127, 0, 0, 1], 1)), folder, "http://127.0.0.1:9", None);
    own.apps.retain(|id, _| id.0 == "chirper");
    own
}

async fn found_by(settings: Settings, clock: &Clock) -> Vec<Finding> {
    let found = examine(Ok(settings), clock).await;
    let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(!text.contains("sandbox-secret"), "a secret: {text}");
    found
}

async fn found(settings: Settings) -> Vec<Finding> {
    found_by(settings, &Clock::default()).await
}

/// The one finding about that which says this.
fn one<'f>(found: &'f [Finding], about: &str, says: &str) -> &'f Finding {
    let all: Vec<_> = found.iter().filter(|one| one.about == about && one.text.contains(says)).collect();
    assert_eq!(all.len(), 1, "{about}: {says} in {found:#?}");
    all[0]
}

fn level(found: &[Finding], about: &str, says: &str) -> Level {
    one(found, about, says).level
}

/// Every file, what is in it by its hash, and when it was last written. SQLite's readers note in its index of newest
/// changes who reads, which is memory that they share and no data.
fn state(folder: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(state(&path));
        } else if !path.display().to_string().ends_with("-shm") {
            let written = std::fs::metadata(&path).and_then(|about| about.modified()).expect("a file");
            let bytes = std::fs::read(&path).expect("a file");
            all.insert(path.display().to_string(), (hash(&String::from_utf8_lossy(&bytes)), written));
        }
    }
    all
}

/// As the server makes it; the tests' folders are made for them.
fn make_private(folder: &Path) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_well_is_said_to_be_while_the_server_works() {
    let world = World::on_sqlite().await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    make_private(world.data.path());
    let mut own = settings(world.address(), world.data.path(), &world.sandbox, None);
    own.courier = true;
    let found = found(own).await;
    let bad: Vec<_> = found.iter().filter(|one| one.level != Level::Ok && !one.text.contains("MiB are free")).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for (about, says) in [
        ("settings", "people find this instance at http://127.0.0.1:"),
        ("data", "is there and can be written"),
        ("database", "up to date"),
        ("keys", "is the right one"),
        ("clock", "agrees with the database"),
        ("clock", "agrees with http://localhost:"),
        ("networks", "redirect address at Chirper: http://127.0.0.1:"),
        ("networks", "answers (Chirper, Hush, Linkwork, Pagebook)"),
        ("work", "nothing is left in the spool"),
        ("work", "no check and no refresh is overdue"),
    ] {
        one(&found, about, says);
    }
    assert!(one(&found, "networks", "redirect address at Chirper").text.contains("/oauth/callback/"));
    // And nobody heard of it but the hosts: no token, no code, no client.
    assert_eq!(world.requests("chirper", "token").await, 1, "the person's own");
}

#[tokio::test]
async fn it_changes_nothing_and_makes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nowhere = folder.path().join("not/there/yet");
    let found_there = found(here(&nowhere)).await;
    assert_eq!(level(&found_there, "data", "the first start makes it"), Level::Ok);
    assert_eq!(level(&found_there, "database", "there is none yet"), Level::Ok);
    assert_eq!(level(&found_there, "keys", "there is none yet"), Level::Ok);
    assert!(!folder.path().join("not").exists());

    let app = serve::open(&here(folder.path()), Clock::default()).await.expect("a new instance opens");
    let before = state(folder.path());
    found(here(folder.path())).await;
    assert_eq!(state(folder.path()), before, "while it works");
    app.store.read().clone().close().await.expect("it closes");
    drop(app);
    let before = state(folder.path());
    assert_eq!(level(&found(here(folder.path())).await, "database", "up to date"), Level::Ok);
    assert_eq!(state(folder.path()), before, "when nobody works with it");
}

#[tokio::test]
async fn settings_that_cannot_be_read_or_do_not_go_together_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("greentick.toml");
    std::fs::write(&file, "dta = \"s3cret\"\n").expect("it can be written");
    let read = Settings::read(Some(file), std::iter::empty());
    let found_at_first = examine(read, &Clock::default()).await;
    let problem = one(&found_at_first, "settings", "did you mean `data`?");
    assert_eq!(problem.level, Level::Problem);
    assert!(problem.text.contains("line 1") && !problem.text.contains("s3cret"), "{problem}");

    let with = |change: fn(&mut Settings)| {
        let mut own = here(folder.path());
        change(&mut own);
        found(own)
    };
    let plain = with(|own| own.base_url = "http://green.example".to_owned()).await;
    assert_eq!(level(&plain, "settings", "it must be https"), Level::Problem);
    let stray = with(|own| {
        let app = own.apps[&NetworkId("chirper".into())].clone();
        own.apps.insert(NetworkId("chriper".into()), app);
    });
    assert_eq!(level(&stray.await, "settings", "chriper"), Level::Problem);
    let proxied = with(|own| own.base_url = "https://green.example".to_owned()).await;
    assert_eq!(level(&proxied, "settings", "trusted_proxies is not set"), Level::Warning);
    let open = with(|own| own.metrics_listen = Some(SocketAddr::from(([10, 0, 0, 1], 9)))).await;
    assert_eq!(level(&open, "settings", "may read the metrics"), Level::Warning);
    let none = with(|own| own.apps.clear()).await;
    assert_eq!(level(&none, "networks", "no app is set up"), Level::Warning);
    let elsewhere = with(|own| {
        let app = own.apps[&NetworkId("chirper".into())].clone();
        own.apps = [(NetworkId("github".into()), app)].into();
    });
    assert_eq!(level(&elsewhere.await, "networks", "nobody on another machine comes back from GitHub"), Level::Warning);
    let demanding = with(|own| {
        let app = own.apps[&NetworkId("chirper".into())].clone();
        own.apps = [(NetworkId("slack".into()), app)].into();
    });
    assert_eq!(level(&demanding.await, "networks", "takes only redirect addresses that are https"), Level::Problem);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_a_problem_and_one_that_others_read_a_warning() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").expect("it can be written");
    let found_at_file = found(here(&file)).await;
    assert_eq!(level(&found_at_file, "data", "is no folder"), Level::Problem);
    let found_below = found(here(&file.join("data"))).await;
    let below = found_below.iter().find(|one| one.about == "data" && one.level == Level::Problem).expect("a problem");
    assert!(below.text.contains("a-file/data"), "{below}");

    let open = folder.path().join("open");
    serve::open(&here(&open), Clock::default()).await.expect("a new instance opens");
    for (place, mode) in [("", 0o755), ("vault.key", 0o644)] {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(open.join(place), mode).expect("it is ours");
    }
    let seen = found(here(&open)).await;
    assert_eq!(level(&seen, "data", "chmod 700 it"), Level::Warning);
    assert_eq!(level(&seen, "data", "vault.key (mode 644); chmod 600 it"), Level::Warning);
}

#[tokio::test]
async fn a_key_that_is_gone_wrong_or_missing_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    serve::open(&here(folder.path()), Clock::default()).await.expect("a new instance opens");
    let file = folder.path().join("vault.key");
    let right = std::fs::read_to_string(&file).expect("the key file");
    let id = right.split(':').next().expect("an id").to_owned();
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (line, says) in [
        (format!("{id}:{other}\n"), "is not the key that sealed this database"),
        (format!("other:{other}\n"), "add its line"),
        ("nonsense\n".to_owned(), "line 1 of"),
    ] {
        std::fs::write(&file, &line).expect("it can be written");
        let found = found(here(folder.path())).await;
        let problem = one(&found, "keys", says);
        assert_eq!(problem.level, Level::Problem);
        assert!(!problem.text.contains("AAAA"), "{problem}");
        assert!(line.starts_with("nonsense") || problem.text.contains(&id), "{problem}");
    }
    std::fs::remove_file(&file).expect("it can be removed");
    assert_eq!(level(&found(here(folder.path())).await, "keys", "put back the file"), Level::Problem);
    std::fs::write(&file, right).expect("it can be written");
    assert_eq!(level(&found(here(folder.path())).await, "keys", "is the right one"), Level::Ok);
}

#[tokio::test]
async fn a_database_that_is_older_newer_damaged_or_out_of_reach_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open_folder(folder.path()).await.expect("a new file");
    let all = Migrator::migrations().len();
    Migrator::up(store.read(), u32::try_from(all - 2).ok()).await.expect("an older shape");
    let older = found(here(folder.path())).await;
    assert_eq!(level(&older, "database", "2 steps behind"), Level::Warning);
    assert!(one(&older, "database", "2 steps behind").text.contains("greentick migrate"));
    store.migrate().await.expect("it goes on");
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)";
    store.read().execute_unprepared(newer).await.expect("a step of the future");
    assert_eq!(level(&found(here(folder.path())).await, "database", "m29990101_000001_later"), Level::Problem);

    let damaged = tempfile::tempdir().expect("a temporary folder");
    let app = serve::open(&here(damaged.path()), Clock::default()).await.expect("a new instance opens");
    app.store.read().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("all is in the file");
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'events_by_page'";
    let page = sea_orm::Statement::from_string(app.store.read().get_database_backend(), page);
    let row = app.store.read().query_one_raw(page).await.expect("it answers").expect("it is there");
    let place: i64 = row.try_get("", "rootpage").expect("a number");
    app.store.read().clone().close().await.expect("it closes");
    let file = damaged.path().join("greentick.sqlite");
    let mut bytes = std::fs::read(&file).expect("the file");
    let start = (usize::try_from(place).expect("a page") - 1) * 4_096;
    bytes[start..start + 4_096].fill(0x5a);
    std::fs::write(&file, bytes).expect("it can be written");
    let found_damaged = found(here(damaged.path())).await;
    assert!(
        found_damaged.iter().any(|one| one.about == "database" && one.level == Level::Problem),
        "{found_damaged:#?}"
    );

    let mut unreachable = here(folder.path());
    unreachable.database_url = Some("postgres://green:s3cret@127.0.0.1:9/green".to_owned().into());
    let gone = found(unreachable).await;
    let problem = one(&gone, "database", "see that PostgreSQL runs");
    assert!(problem.level == Level::Problem && !problem.text.contains("s3cret"), "{problem}");
}

#[tokio::test]
async fn on_postgres_it_reads_and_may_not_write() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = postgres::empty_database().await;
    let mut own = here(folder.path());
    own.database_url = Some(url.clone().into());
    let empty = found(own).await;
    assert_eq!(level(&empty, "database", "nothing in it yet"), Level::Ok);
    let store = Store::look_at_url(&url).await.expect("it can be reached");
    let refused = store.read().execute_unprepared("CREATE TABLE x (id int)").await.expect_err("it only looks");
    assert!(refused.to_string().contains("read-only"), "{refused}");
    Store::open_url(&url).await.expect("it can be reached").migrate().await.expect("a new database");
    let mut own = here(folder.path());
    own.database_url = Some(url.into());
    let found = found(own).await;
    assert_eq!(level(&found, "database", "up to date"), Level::Ok);
    assert!(one(&found, "database", "up to date").text.starts_with("PostgreSQL "), "{found:#?}");
    assert_eq!(level(&found, "clock", "the database"), Level::Ok);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_by_the_database_and_by_the_networks() {
    let (folder, door) = (tempfile::tempdir().expect("a temporary folder"), loopback().await);
    let network = format!("http://{}", door.local_addr().expect("it listens"));
    let answer = || async { ([(header::DATE, "Tue, 24 Nov 2026 12:00:00 GMT")], "here") };
    tokio::spawn(async move { axum::serve(door, Router::new().fallback(get(answer))).await });
    let own = || settings(SocketAddr::from(([127, 0, 0, 1], 1)), folder.path(), &network, None);
    serve::open(&own(), Clock::default()).await.expect("a new instance opens");
    let clock = Clock::default();
    clock.advance(Duration::from_mins(2));
    assert_eq!(level(&found_by(own(), &clock).await, "clock", "ahead of the database"), Level::Warning);
    clock.advance(Duration::from_hours(24 * 365 * 10));
    let found = found_by(own(), &clock).await;
    assert_eq!(level(&found, "clock", "ahead of the database"), Level::Problem);
    assert_eq!(level(&found, "clock", &format!("ahead of {network}")), Level::Problem);
}

#[tokio::test]
async fn networks_that_cannot_be_reached_are_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let closed = found(here(folder.path())).await;
    assert_eq!(level(&closed, "networks", "takes no connection from here"), Level::Problem);
    let mut nowhere = here(folder.path());
    nowhere.sandbox = Some("https://there-is-no-such-host.invalid".to_owned());
    assert_eq!(level(&found(nowhere).await, "networks", "leads nowhere"), Level::Problem);
    // Somebody who speaks no TLS is nobody to trust.
    let door = loopback().await;
    let mut plain = here(folder.path());
    plain.sandbox = Some(format!("https://{}", door.local_addr().expect("it listens")));
    tokio::spawn(async move { axum::serve(door, Router::new()).await });
    assert_eq!(level(&found(plain).await, "networks", "trusts its certificate"), Level::Problem);
    // Where people type an address there is none to knock at.
    let mut typed = here(folder.path());
    typed.apps.clear();
    typed.switched_on.push(NetworkId("mastodon".to_owned()));
    let found = found(typed).await;
    assert_eq!(level(&found, "networks", "redirect address at Mastodon"), Level::Ok);
    assert!(!format!("{found:?}").contains("instance.example"));
}

#[tokio::test]
async fn what_waits_is_told() {
    let world = World::on_sqlite().await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    world.fault(super::world::expires_in("chirper", 3_600)).await;
    owner.connects(page, "ben").await;
    let own = || settings(world.address(), world.data.path(), &world.sandbox, None);
    for (hours, expected) in [(2, Level::Warning), (12, Level::Problem)] {
        world.clock.advance(Duration::from_hours(hours));
        let found = found_by(own(), &world.clock).await;
        assert_eq!(level(&found, "work", "checks and refreshes that are due: 1"), expected, "after {hours} hours");
    }
    let left = world.data.path().join("spool").join(format!("{}.spool", uuid::Uuid::now_v7()));
    std::fs::write(&left, "{}\n{}\n").expect("it can be written");
    let found = found(own()).await;
    assert_eq!(level(&found, "work", "2 kept answers of a process that is gone"), Level::Warning);
    assert!(left.exists());
    assert_eq!(level(&found, "work", "courier is false"), Level::Warning);
}
