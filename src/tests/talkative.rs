//! AT-16: at its most talkative the log holds no code, state, verifier or token. One thread, so that everything of this
//! world, the sandbox and the libraries included, speaks into one log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, set_default},
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::{person::Say, world::World};
use crate::domain::Status;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("nobody panicked with it")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked with it").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The life of pages, good and bad.
async fn lives(world: &World) {
    let owner = world.owner("Harbour").await;
    let pages = owner.has("Bondi", &["chirper", "pagebook", "linkwork", "hush"]).await;
    for page in &pages {
        owner.opens_popup(*page).await.answers(Say::No).await;
        owner.connects(*page, "ben").await;
        owner.connects(*page, "cleo").await;
        assert_eq!(owner.sees(*page).await, Status::Connected);
    }
    for fault in
        [json!({ "down": true }), json!({ "cut": true }), json!({ "hang_up": true }), json!({ "iss": "wrong" })]
    {
        let mut fault = fault;
        fault["network"] = "chirper".into();
        world.fault(fault).await;
        let callback = owner.opens_popup(pages[0]).await.callback(Say::Yes("ben")).await;
        owner.get(&callback).await;
        owner.get(&callback).await;
        owner.get(&format!("{callback}&code=again")).await;
        world.faults_off().await;
    }
    world.keeper_comes().await;
    world.removes_app("hush", "ben").await;
    world.keeper_comes().await;
    owner.disconnects(pages[0]).await;
    world.is_quiet().await;
}

async fn says_nothing_secret(world: World, log: Log) {
    lives(&world).await;
    let text = log.text();
    assert!(text.contains("TRACE") && text.contains("connected"), "it is talkative: {text:.500}");
    assert!(!text.contains("location.replace("), "no answer is in it, so it is searched whole");
    world.heard.lock().expect("nobody panicked with it").push(text);
    world.holds_no_secret().await;
}

/// What hears everything of this thread. The second one hears nothing, but must live: with one subscriber alone, tracing
/// asks the thread that first comes to a line whether that line is heard, and that thread may be another test's.
struct Ears(DefaultGuard, Dispatch);

fn listening() -> (Log, Ears) {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new("trace")).with_writer(log.clone()).finish();
    let guard = set_default(subscriber);
    (log, Ears(guard, Dispatch::new(tracing_subscriber::registry())))
}

#[tokio::test]
async fn sqlite() {
    let (log, ears) = listening();
    says_nothing_secret(World::on_sqlite().await, log).await;
    drop((ears.0, ears.1));
}

#[tokio::test]
async fn postgres() {
    let (log, ears) = listening();
    says_nothing_secret(World::on_postgres_with(vec![]).await, log).await;
    drop((ears.0, ears.1));
}
