//! The server dies at the nth call of the system by which anything is written, made durable, sent or heard, while it
//! connects a page, refreshes, and disconnects: from the first call to the last. Whichever it was, all is well afterwards.
//!
//! `EVERY_CALL=1 cargo test dying` tries every n (`make soak`); without it some do, each three times the one before.

use std::{
    process::Child,
    time::{Duration, Instant},
};

use super::{
    kills::Scene,
    person::Person,
    victim::{Does, Saviour, Victim, kill, signal, trace},
};
use crate::domain::{PageId, Status};

/// The calls by which anything is written, made durable, sent or heard.
const CALLS: [&str; 8] = ["pwrite64", "write", "writev", "fsync", "fdatasync", "connect", "sendto", "recvfrom"];
/// No call is made so often between two starts.
const NEVER: u32 = 5_000;

/// Lets it die at each of them, and answers how often it did.
async fn dies(is_postgres: bool, saviour: Saviour) -> u32 {
    let step: fn(u32) -> u32 = if std::env::var_os("EVERY_CALL").is_some() { |n| n + 1 } else { |n| n * 3 };
    let deaths = std::sync::atomic::AtomicU32::new(0);
    Scene::set(is_postgres, saviour, &[("A", "ada")], async |victim, owner, scene| {
        for call in CALLS {
            let mut nth = 1;
            while dies_at(victim, owner, (scene.kept[0], scene.comes_and_goes), (call, nth)).await {
                deaths.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                nth = step(nth);
                assert!(nth < NEVER, "{call} has no end");
            }
        }
        scene.world.holds_no_secret().await;
    })
    .await;
    let deaths = deaths.into_inner();
    let line = format!("died at {deaths} calls, and lost nothing\n");
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).expect("somebody listens");
    deaths
}

/// Whether it did; it lives where the call is made less often.
async fn dies_at(victim: &Victim<'_>, owner: &Person<'_>, pages: (PageId, PageId), (call, nth): (&str, u32)) -> bool {
    let mut server = victim.starts(Does::Nothing);
    victim.is_up().await;
    is_well(victim, owner, pages, &format!("before {call} {nth}")).await;
    // The courier runs before anybody dies; what traces the server must not trace it too.
    refreshes(victim, &mut server).await;
    let mut strace = trace(&server, call, &format!("signal=KILL:when={nth}"));
    let is_done = connects_refreshes_disconnects(victim, owner, &mut server, pages.1).await.is_some();
    let has_died = is_gone(&mut server, if is_done { 100 } else { 3_000 }).await;
    if !has_died {
        kill(server);
    }
    strace.wait().expect("it ends with what it traces");
    let server = victim.starts(Does::Nothing);
    victim.is_up().await;
    is_well(victim, owner, pages, &format!("after {call} {nth}")).await;
    if owner.sees(pages.1).await == Status::Connected {
        owner.disconnects(pages.1).await;
    }
    kill(server);
    has_died
}

/// Whether it is gone, or is within so many milliseconds: who was killed is waited for by what traced it first.
async fn is_gone(server: &mut Child, within_ms: u64) -> bool {
    for _ in 0..=within_ms / 10 {
        if server.try_wait().expect("it can be asked").is_some() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

async fn is_well(victim: &Victim<'_>, owner: &Person<'_>, (kept, other): (PageId, PageId), when: &str) {
    assert!(victim.lost(owner, &[kept]).await.is_empty(), "lost {when}");
    // The other one is connected or it is not; half of it is never seen.
    match owner.sees(other).await {
        Status::NotConnected => {}
        Status::Connected => assert!(victim.lost(owner, &[other]).await.is_empty(), "lost {when}"),
        odd => panic!("{odd:?} {when}"),
    }
}

async fn connects_refreshes_disconnects(
    victim: &Victim<'_>,
    owner: &Person<'_>,
    server: &mut Child,
    page: PageId,
) -> Option<()> {
    owner.tries_to_connect(page, "eve").await?;
    refreshes(victim, server).await;
    owner.tries("/api/pages/disconnect", &[("page", &page.to_string())]).await.map(drop)
}

/// Until the network was asked and what came is stored, or the server is gone.
async fn refreshes(victim: &Victim<'_>, server: &mut Child) {
    let before = victim.world.requests("chirper", "token").await;
    signal("USR1", server);
    #[expect(clippy::disallowed_methods, reason = "another process's time")]
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) && server.try_wait().is_ok_and(|end| end.is_none()) {
        if victim.world.requests("chirper", "token").await > before {
            return victim.is_settled_or_gone(server).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_the_wrong_one_to_die_at_on_sqlite() {
    let deaths = dies(false, Saviour::Courier).await;
    assert!(deaths > 12, "{deaths}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_the_wrong_one_to_die_at_on_postgres() {
    let deaths = dies(true, Saviour::Grace).await;
    assert!(deaths > 12, "{deaths}");
}
