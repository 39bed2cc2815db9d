//! Keys are rotated while servers read, refresh and connect, and by a process that is killed all the time: no read fails,
//! and in the end nothing is left under the old ones. P11, AT-36 and AT-37 of the security requirements.
//!
//! `KILLS=1000 cargo test tests::keys::rotating` is a longer one.

use std::{
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use sea_orm::{ConnectionTrait, Statement};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    Shop,
    seeded::{Tally, workspace},
    sees,
};
use crate::{
    domain::Status,
    server::{App, courier, keeper, vault::Place},
    tests::postgres,
};

const KILLS: u32 = 50;
/// With so many values each, five thousand rows.
const WORKSPACES: u32 = 250;
const VALUES: u32 = 20;

/// How many data keys seal nothing any more.
async fn former(app: &App) -> i64 {
    let sql = "SELECT COUNT(*) AS n FROM data_keys WHERE former_at IS NOT NULL";
    let asked = Statement::from_string(app.store.read().get_database_backend(), sql);
    let row = app.store.read().query_one_raw(asked).await.expect("it answers").expect("a number");
    row.try_get("", "n").expect("a number")
}

/// Rotates both kinds of keys, again and again, and is killed `kills` times in the middle: half of the times at any
/// moment, else at any of `calls`, if there are some. After one that ended, what nothing needs is retired. The last id.
async fn rotates_and_dies(shop: &Shop, kills: u32, calls: &[&str]) -> String {
    let (mut id, mut killed, mut ended) = (shop.adds_a_key().await, 0, 0);
    for round in 0.. {
        if killed == kills {
            break;
        }
        let any = u64::from(crate::server::networks::phase(Uuid::now_v7()));
        let words = ["keys", "rotate", &id, "--data-keys"];
        let is_done = if round % 2 == 0 || calls.is_empty() {
            let mut rotation = shop.command(&words).stdout(Stdio::null()).spawn().expect("it starts");
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(100 + any % 900)) => {
                    rotation.kill().await.expect("it is gone");
                    false
                }
                done = rotation.wait() => has_ended(done.expect("it ends")),
            }
        } else {
            let call = calls[round / 2 % calls.len()];
            let mut rotation = shop.command_that_dies_at(call, 1 + any % 60, &words);
            has_ended(rotation.stdout(Stdio::null()).status().await.expect("strace is there"))
        };
        killed += u32::from(!is_done);
        if is_done {
            ended += 1;
            retires_the_others(shop).await;
            id = shop.adds_a_key().await;
        }
    }
    eprintln!("{killed} kills, {ended} rotations that ended in between");
    id
}

/// By itself, and not because it was killed. Nothing else ends it.
fn has_ended(status: ExitStatus) -> bool {
    assert!(status.success() || status.signal() == Some(9), "{status}");
    status.success()
}

async fn retires_the_others(shop: &Shop) {
    let keys = shop.keys();
    for id in keys.ids().filter(|id| *id != keys.first()) {
        let said = shop.says(&["keys", "retire", id]).await;
        assert!(said.is_content && said.text.contains("its line is gone"), "{said:?}");
    }
    assert_eq!(shop.keys().ids().collect::<Vec<_>>(), [keys.first()]);
}

async fn rotates_under_load(database: Option<String>, processes: usize, calls: &[&str]) {
    let shop = Shop::on(database).await;
    let owner = shop.world.owner("Harbour").await;
    let workspace_id = owner.board().await.workspace.id;
    let mut pages = vec![];
    for (place, person) in ["A", "B", "C"].iter().zip(["ada", "ben", "cleo"]) {
        let page = owner.has(place, &["chirper"]).await[0];
        owner.connects(page, person).await;
        pages.push(page);
    }
    let tally = Arc::new(Tally::default());
    for _ in 0..WORKSPACES {
        let new = workspace(&shop.world.app, VALUES).await;
        tally.places.lock().expect("nobody panicked with it").extend(new);
    }
    let (mut load, mut running) = (tokio::task::JoinSet::new(), vec![]);
    for process in 0..processes {
        let app = shop.process().await;
        running.push(app.clone());
        load.spawn(keeper::run(app.clone()));
        load.spawn(tally.clone().reads(app.clone()));
        load.spawn(tally.clone().starts(app.clone(), shop.file()));
        load.spawn(tally.clone().refreshes(app.clone()));
        if process == 0 {
            load.spawn(tally.clone().founds(app));
        }
    }
    let kills = std::env::var("KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(KILLS);
    let last = rotates_and_dies(&shop, kills, calls).await;
    let said = shop.says(&["keys", "rotate", &last, "--data-keys"]).await;
    assert!(said.is_content, "{said:?}");
    tally.is_over.store(true, Ordering::Relaxed);
    for app in &running {
        app.stopping.cancel();
    }
    load.join_all().await;
    drop(running);
    let failures = tally.failures.lock().expect("nobody panicked with it").clone();
    assert!(failures.is_empty(), "{} failed: {:?}", failures.len(), &failures[..failures.len().min(3)]);
    let done = [&tally.reads, &tally.starts, &tally.refreshes].map(|count| count.load(Ordering::Relaxed));
    eprintln!("{done:?} reads, starts, refreshes");
    assert!(done[0] > 1_000 && done[1] > 50 && done[2] > 50, "{done:?}: it proves nothing");
    is_rotated(&shop, &tally).await;
    let (current, app) = (shop.world.current("chirper", "refresh").await, shop.process().await);
    for page in pages {
        assert_eq!(sees(&app, workspace_id, page).await, Status::Connected);
        let grant = shop.world.grant_of(page).await;
        let token = app.vault.get(app.store.read(), grant.refresh()).await.expect("it opens");
        assert!(current.contains(&token.expose_secret().to_owned()));
    }
    shop.world.is_quiet().await;
    shop.world.holds_no_secret().await;
}

/// What nothing needs can be retired, and everything opens without it.
async fn is_rotated(shop: &Shop, tally: &Arc<Tally>) {
    assert!(shop.is_all_under_the_first_key().await);
    retires_the_others(shop).await;
    // It goes on with what the others left, and with that forgets their spools.
    let app = shop.process().await;
    keeper::recover(&app).await.expect("it answers");
    assert!(former(&app).await > 0);
    shop.world.clock.advance(Duration::from_hours(25));
    keeper::sweep(&app).await;
    assert_eq!(former(&app).await, 0, "nothing names them");
    let fresh = shop.process().await;
    let places = tally.places.lock().expect("nobody panicked with it").clone();
    for place in places {
        tally.read(&fresh.vault, &fresh, place).await;
    }
    assert_eq!(*tally.failures.lock().expect("nobody panicked with it"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_fails_while_a_rotation_is_killed_on_sqlite() {
    // Tracing makes it many times slower on this one.
    rotates_under_load(None, 1, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_fails_while_a_rotation_is_killed_on_postgres_with_three_processes() {
    rotates_under_load(Some(postgres::new_database().await), 3, &["sendto", "recvfrom"]).await;
}

/// An answer that lies in the spool of a process that is gone, or in the courier's journal, keeps its data key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_key_stays_while_a_kept_answer_needs_it() {
    let shop = Shop::on(None).await;
    let places = [workspace(&shop.world.app, 1).await[0], workspace(&shop.world.app, 1).await[0]];
    let app = shop.process().await;
    let (spool, mut sealed) = (shop.world.data.path().join("spool"), vec![]);
    for place in places {
        let at = Place { table: "spool", column: "answer", row: Uuid::now_v7(), ..place };
        let sealer = app.vault.sealer(app.store.read(), place.workspace).await.expect("a sealer");
        sealed.push((at, sealer.seal(&at, b"an answer")));
    }
    let text = |at: usize| BASE64_STANDARD_NO_PAD.encode(&sealed[at].1);
    let line = serde_json::json!({ "attempt": sealed[0].0.row, "workspace": sealed[0].0.workspace, "sealed": text(0) });
    let spooled = spool.join(format!("{}.spool", Uuid::now_v7()));
    std::fs::write(&spooled, format!("{line}\n")).expect("it can be written");
    let lost = courier::Told {
        workspace: sealed[1].0.workspace,
        sealed_key: text(1),
        sent_at: shop.world.clock.now(),
        age_ms: 0,
        ended: courier::Ended::Lost,
    };
    let entry = serde_json::json!({ "Began": { "name": format!("{}:0", sealed[1].0.row), "told": lost } });
    let journal = spool.join("courier-1.journal");
    std::fs::write(&journal, format!("{entry}\n")).expect("it can be written");

    let old = shop.keys().first().to_owned();
    let new = shop.adds_a_key().await;
    assert!(shop.says(&["keys", "rotate", &new, "--data-keys"]).await.is_content);
    assert!(shop.says(&["keys", "retire", &old]).await.is_content, "the data keys are wrapped by the new one");
    keeper::sweep(&app).await;
    assert_eq!(former(&app).await, 2, "nothing goes before a day is over");
    shop.world.clock.advance(Duration::from_hours(25));
    keeper::sweep(&app).await;
    assert_eq!(former(&app).await, 2);
    let next = shop.process().await;
    for (at, sealed) in &sealed {
        let opened = next.vault.unseal(next.store.read(), *at, sealed).await.expect("it opens");
        assert_eq!(opened.expose_secret(), "an answer");
    }
    for file in [spooled, journal] {
        std::fs::remove_file(file).expect("it is taken up");
    }
    keeper::sweep(&app).await;
    assert_eq!(former(&app).await, 0);
}

/// A rotation that was killed after it had replaced some data keys goes on with those that are left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_is_done_again_goes_on_and_does_not_begin_anew() {
    let shop = Shop::on(None).await;
    let app = shop.process().await;
    let mut places = vec![];
    for _ in 0..3 {
        places.extend(workspace(&app, 2).await);
    }
    // As it is left by one that was killed: one replaced, two to go.
    let mark = "UPDATE data_keys SET is_leaving = TRUE WHERE id <> (SELECT MIN(id) FROM data_keys)";
    app.store.read().execute_unprepared(mark).await.expect("it is written");
    let (renewed, moved) = app.vault.renew_data_keys(&app.store, shop.world.clock.now()).await.expect("it goes on");
    assert_eq!((renewed, moved.rows, moved.stuck), (2, 4, 0));
    let (renewed, moved) = app.vault.renew_data_keys(&app.store, shop.world.clock.now()).await.expect("a new one");
    assert_eq!((renewed, moved.rows, moved.stuck), (3, 6, 0));
    // And a value that was moved from another row stays, is told, and stops nobody.
    let alter = "UPDATE secrets SET sealed = (SELECT sealed FROM secrets ORDER BY owner_row DESC LIMIT 1 OFFSET 1) \
                 WHERE owner_row = (SELECT MAX(owner_row) FROM secrets)";
    app.store.read().execute_unprepared(alter).await.expect("it is written");
    let said = shop.says(&["keys", "rotate", "--data-keys"]).await;
    assert!(!said.is_content && said.text.contains("5 values are sealed anew"), "{said:?}");
    assert!(said.text.contains("1 rows stay") && said.text.contains(&places[5].row.to_string()), "{said:?}");
    let said = shop.says(&["keys", "rotate", "--data-keys"]).await;
    assert!(
        said.text.contains("3 workspaces have a new data key; 5 values"),
        "nor does it stop the next one: {said:?}"
    );
}
