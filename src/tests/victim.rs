//! A server that can be killed, stopped and traced: this test process started anew, on the data of a world whose own
//! server has stopped.

use std::{
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal as heard};

use super::{
    person::Person,
    world::{World, front, settings},
};
use crate::{
    domain::{PageId, Status},
    server::{App, clock::Clock, courier, keeper, pages, serve},
};

/// What the server is started with.
const ADDRESS: &str = "VICTIM_ADDRESS";
const DATA: &str = "VICTIM_DATA";
const SANDBOX: &str = "VICTIM_SANDBOX";
const DATABASE: &str = "VICTIM_DATABASE";
const COURIER: &str = "VICTIM_COURIER";
const HAMMERS: &str = "VICTIM_HAMMERS";
const READERS: &str = "VICTIM_READERS";
/// A file by which a server says that it has refreshed once, and hammers on.
const AT_IT: &str = "at-it";
/// Where it says why it ended.
const LOG: &str = "said.log";

#[tokio::test]
#[ignore = "the server starts it"]
async fn as_a_courier() {
    courier::run().await.expect("it runs");
}

/// One thread that works, so that the nth call of the system is the same one each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a test starts it"]
async fn as_a_server() {
    let read = |name: &str| std::env::var(name).ok();
    let Some(address) = read(ADDRESS).and_then(|address| address.parse::<SocketAddr>().ok()) else { return };
    let data = PathBuf::from(read(DATA).expect("a folder"));
    let mut settings = settings(address, &data, &read(SANDBOX).expect("a sandbox"), read(DATABASE).map(Into::into));
    settings.courier = read(COURIER).is_some();
    settings.refreshes_per_second = 0;
    let door = serve::listen(address).await.expect("the port is free");
    let app = serve::open(&settings, Clock::default()).await.expect("it opens");
    serve::begin_work(&app).await.expect("it begins");
    if read(HAMMERS).is_some() {
        tokio::spawn(refresh_without_end(app.clone(), data.join(AT_IT)));
    }
    tokio::spawn(refresh_when_told(app.clone()));
    if let Some(readers) = read(READERS).and_then(|count| count.parse().ok()) {
        tokio::spawn(read_when_told(app.clone(), readers, data.join(format!("{}.read", std::process::id()))));
    }
    serve::serve(app, front(), door).await.expect("it ends well");
}

/// Every grant, as if a consumer had reported each token.
async fn refresh(app: &App) {
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
}

async fn refresh_without_end(app: App, says: PathBuf) {
    refresh(&app).await;
    std::fs::write(says, "").expect("it can be written");
    loop {
        refresh(&app).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn refresh_when_told(app: App) {
    let mut told = heard(SignalKind::user_defined1()).expect("it can be heard");
    while told.recv().await.is_some() {
        refresh(&app).await;
    }
}

/// Reads the only grant's token by so many readers at once, and writes down what they got.
async fn read_when_told(app: App, readers: usize, into: PathBuf) {
    let mut told = heard(SignalKind::user_defined2()).expect("it can be heard");
    told.recv().await.expect("it is told");
    let id = pages::living(app.store.read()).await.expect("it answers")[0];
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..readers {
        let app = app.clone();
        all.spawn(async move { keeper::fresh_token(&app, id).await.map(|token| keeper::fingerprint(&token)) });
    }
    let got = all.join_all().await.iter().fold(String::new(), |got, read| got + &format!("{read:?}\n"));
    std::fs::write(into.with_extension("new"), got).expect("it can be written");
    std::fs::rename(into.with_extension("new"), into).expect("it can be written");
}

/// What keeps a refresh token that is good for one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saviour {
    /// Our own process that outlives the server.
    Courier,
    /// The network, which takes a spent token again for some seconds.
    Grace,
    Nobody,
}

/// What the server does by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Nothing,
    /// Refreshes every grant again and again.
    Hammers,
    /// So many readers read, when they are told.
    Reads(usize),
}

/// A server of the world's data that can be killed.
pub struct Victim<'w> {
    pub world: &'w World,
    pub database: Option<String>,
    pub saviour: Saviour,
}

impl Victim<'_> {
    pub fn starts(&self, does: Does) -> Child {
        self.starts_at(self.world.origin.trim_start_matches("http://"), does)
    }

    pub fn starts_at(&self, address: &str, does: Does) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("it runs"));
        command
            .args(["--exact", "tests::victim::as_a_server", "--ignored", "--nocapture"])
            .env(ADDRESS, address)
            .env(DATA, self.world.data.path())
            .env(SANDBOX, &self.world.sandbox)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.log());
        if let Some(database) = &self.database {
            command.env(DATABASE, database);
        }
        if self.saviour == Saviour::Courier {
            command.env(COURIER, "1");
        }
        match does {
            Does::Nothing => {}
            Does::Hammers => drop(command.env(HAMMERS, "1")),
            Does::Reads(count) => drop(command.env(READERS, count.to_string())),
        }
        command.spawn().expect("it starts")
    }

    pub async fn is_up(&self) {
        self.is_up_at(&self.world.origin).await;
    }

    pub async fn is_up_at(&self, origin: &str) {
        for _ in 0..3_000 {
            let asked = self.world.http.get(format!("{origin}/healthz")).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server does not come up: {}", self.said());
    }

    /// What servers say, one after the other.
    fn log(&self) -> std::fs::File {
        let path = self.world.data.path().join(LOG);
        std::fs::OpenOptions::new().create(true).append(true).open(path).expect("it can be written")
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.world.data.path().join(LOG)).unwrap_or_default()
    }

    /// Waits until a server that hammers is at it.
    pub async fn is_at_it(&self) {
        for _ in 0..15_000 {
            if std::fs::remove_file(self.world.data.path().join(AT_IT)).is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the server is not at it: {}", self.said());
    }

    /// Waits until no refresh is under way.
    pub async fn is_settled(&self) {
        for _ in 0..600 {
            if self.is_quiet().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As [`Victim::is_settled`], or until nobody is left to settle anything.
    pub async fn is_settled_or_gone(&self, server: &mut Child) {
        while !self.is_quiet().await && server.try_wait().is_ok_and(|end| end.is_none()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn is_quiet(&self) -> bool {
        pages::interrupted(self.world.app.store.read(), None).await.expect("it answers").is_empty()
    }

    /// Which of these pages are connected no more, or hold a refresh token that the network does not take.
    pub async fn lost(&self, owner: &Person<'_>, kept: &[PageId]) -> Vec<PageId> {
        self.is_settled().await;
        let current = self.world.current("chirper", "refresh").await;
        let mut lost = vec![];
        for page in kept {
            let is_kept = owner.sees(*page).await == Status::Connected;
            if !is_kept || !current.contains(&self.world.stored_refresh(*page).await) {
                lost.push(*page);
            }
        }
        lost
    }
}

/// Sends it to the server.
pub fn signal(name: &str, server: &Child) {
    let sent = Command::new("kill").args(["-s", name, "--", &server.id().to_string()]).stderr(Stdio::null()).status();
    // It may have ended by itself: that is what some of these are about.
    let _ = sent.expect("kill is there");
}

/// And waits until it is gone.
pub fn kill(mut server: Child) {
    signal("KILL", &server);
    server.wait().expect("it is gone");
}

/// Traces the server, and lets its calls of the system end as `inject` says; it is at it when this returns.
pub fn trace(server: &Child, calls: &str, inject: &str) -> Child {
    use std::io::{BufRead, BufReader};
    let mut strace = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:{inject}")])
        .args(["-p", &server.id().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace is there");
    let mut said = BufReader::new(strace.stderr.take().expect("it was piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it speaks");
    assert!(line.contains("attached"), "strace may not trace: {line}");
    // It says more, and must not wait for somebody to read it.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    strace
}

/// Lets the server go on as it was.
pub fn untrace(mut strace: Child) {
    signal("INT", &strace);
    strace.wait().expect("it ends");
}
