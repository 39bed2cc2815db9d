//! AT-16: at its most talkative the log holds no code, state, verifier or token. One thread, so that everything of this
//! world, the sandbox and the libraries included, speaks into one log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, set_default},
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::{
    person::Say,
    world::{World, expires_in},
};
use crate::{
    domain::{Me, Status},
    server::{
        accounts::{self, Purpose},
        logging::{self, Form},
    },
};

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
    for address in ["settings/pages", "settings/activity", "settings/profile"] {
        assert_eq!(owner.get(&format!("/w/{}/{address}", owner.workspace)).await.status, 200);
    }
    world.fault(expires_in("chirper", 3_600)).await;
    let manly = owner.has("Manly", &["chirper"]).await[0];
    owner.connects(manly, "dan").await;
    world.clock.advance(Duration::from_hours(2));
    world.keeper_comes().await;
    world.is_quiet().await;
}

/// A link that signs somebody in is a secret until it was used, and the log is written before.
async fn signs_in(world: &World) -> String {
    let newcomer = world.owner("Newcomer").await;
    let me: Me = newcomer.call("session/me", &[]).await.json();
    let link = accounts::make_link(&world.app, Purpose::SignIn(me.id)).await.expect("a link");
    assert_eq!(newcomer.get(&format!("/sign-in/{link}?next=secretive")).await.status, 303);
    assert_eq!(newcomer.get("/setup/secretive-token").await.status, 200);
    link
}

async fn says_nothing_secret(world: World, log: Log) {
    lives(&world).await;
    let link = signs_in(&world).await;
    let text = log.text();
    for secret in [link.as_str(), "secretive"] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    for word in
        ["answered", "checked", "recorded", "/sign-in/{token}", "/oauth/callback/{network_app}", "grant", "attempt"]
    {
        assert!(text.contains(word), "{word} is not in the log");
    }
    assert!(text.contains("TRACE") && text.contains("connected"), "it is talkative: {text:.500}");
    assert!(!text.contains("location.replace("), "no answer is in it, so it is searched whole");
    world.heard.lock().expect("nobody panicked with it").push(text);
    world.holds_no_secret().await;
}

/// What hears everything of this thread. The second one hears nothing, but must live: with one subscriber alone, tracing
/// asks the thread that first comes to a line whether that line is heard, and that thread may be another test's.
struct Ears(DefaultGuard, Dispatch);

fn listening(form: Form) -> (Log, Ears) {
    let log = Log::default();
    let guard = set_default(logging::subscriber(form, EnvFilter::new("trace"), log.clone()));
    (log, Ears(guard, Dispatch::new(tracing_subscriber::registry())))
}

#[tokio::test]
async fn sqlite() {
    let (log, ears) = listening(Form::Text);
    says_nothing_secret(World::on_sqlite().await, log).await;
    drop((ears.0, ears.1));
}

#[tokio::test]
async fn postgres() {
    let (log, ears) = listening(Form::Text);
    says_nothing_secret(World::on_postgres_with(vec![]).await, log).await;
    drop((ears.0, ears.1));
}

/// The same life as objects, and what somebody looks for is found by its name.
#[tokio::test]
async fn in_json() {
    let (log, ears) = listening(Form::Json);
    let world = World::on_sqlite().await;
    says_nothing_secret(world, log.clone()).await;
    let text = log.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let of = |word: &str| -> Vec<&Value> { lines.iter().filter(|line| line["message"] == word).collect() };
    let span = |line: &Value, name: &str| -> Value {
        let spans = line["spans"].as_array().cloned().unwrap_or_default();
        spans.into_iter().find(|span| span["name"] == name).unwrap_or_default()
    };
    let answered = of("answered");
    let start = answered.iter().find(|line| line["route"] == "/connect/{page}").expect("a popup was opened");
    assert_eq!((start["method"].as_str(), start["status"].as_u64()), (Some("POST"), Some(200)));
    assert!(start["ms"].is_u64() && span(start, "request")["id"].is_string(), "{start}");
    let functions = ["/api/pages/disconnect", "/api/pages/board"];
    assert!(
        functions.iter().all(|path| answered.iter().any(|line| line["route"] == *path)),
        "functions by their names"
    );
    let is_clean = |line: &&&Value| line["route"].as_str().is_some_and(|route| !route.contains('?'));
    assert_eq!(answered.iter().filter(is_clean).count(), answered.len());
    for (word, name) in [("checked", "check"), ("refreshed", "refresh")] {
        let decided = of(word);
        assert!(!decided.is_empty(), "{word}");
        for line in decided {
            let span = span(line, name);
            assert!(line["verdict"].is_string(), "{line}");
            assert!(["grant", "workspace", "network_app"].iter().all(|id| span[*id].is_string()), "{line}");
        }
    }
    let recorded = of("recorded");
    assert!(recorded.iter().any(|line| line["kind"] == "broken" && line["page"].is_string() && line["seq"].is_u64()));
    drop((ears.0, ears.1));
}
