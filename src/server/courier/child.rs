//! The courier's own process: it opens its door in the folder that it was started in, runs errands, and ends when
//! nobody has asked for a long time, or when its folder is gone.

use std::{
    collections::{HashMap, HashSet},
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Answer, DOOR, Ended, Errand, JOURNAL, Told, Word, ended,
    hand::place,
    journal::{Journal, is_of},
};
use crate::server::{
    clock::Clock,
    networks::{Door, NetworkClient, NoAnswer, Patience},
    vault::seal_by,
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::watch,
    time::Instant,
};

/// A server that was killed is back by then. What is not fetched stays in the journal for the next courier.
const IDLE: Duration = Duration::from_mins(10);
/// How often it looks whether it is needed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

type Known = HashMap<String, watch::Receiver<Option<Told>>>;

#[derive(Clone)]
struct Desk(Arc<Parts>);

struct Parts {
    client: NetworkClient,
    journal: Mutex<Journal>,
    known: Mutex<Known>,
    /// What the journal did not take.
    unwritten: Mutex<HashSet<String>>,
    asked_at: Mutex<Instant>,
    clock: Clock,
}

/// Runs in the current folder. Another that runs there already is enough.
///
/// # Errors
/// When the folder cannot be written.
pub async fn run() -> std::io::Result<()> {
    let lock = OpenOptions::new().create(true).append(true).mode(0o600).open("courier-1.lock")?;
    if lock.try_lock().is_err() {
        return Ok(());
    }
    let (journal, left) = Journal::open(Path::new(JOURNAL))?;
    let client = NetworkClient::new(Patience::default(), &[]).map_err(std::io::Error::other)?;
    let known = left.into_iter().map(|(name, told)| (name, watch::channel(Some(told)).1)).collect();
    let (journal, known, asked_at) = (Mutex::new(journal), Mutex::new(known), Mutex::new(Instant::now()));
    let (unwritten, clock) = (Mutex::default(), Clock::default());
    let desk = Desk(Arc::new(Parts { client, journal, known, unwritten, asked_at, clock }));
    // The one before us may have been killed.
    let _ = std::fs::remove_file(DOOR);
    let door = UnixListener::bind(DOOR)?;
    loop {
        tokio::select! {
            Ok((caller, _)) = door.accept() => {
                let desk = desk.clone();
                // A caller that hangs up asks again.
                tokio::spawn(async move { desk.serve(caller).await });
            }
            () = tokio::time::sleep(LOOK_EVERY) => {
                if !Path::new(DOOR).exists() || desk.is_idle() {
                    return Ok(());
                }
            }
        }
    }
}

impl Desk {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.0.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self) -> bool {
        let is_at_it = self.known().values().any(|told| told.borrow().is_none()) || !self.unwritten().is_empty();
        let since = self.0.asked_at.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        !is_at_it && since > IDLE
    }

    async fn serve(&self, caller: UnixStream) -> std::io::Result<()> {
        *self.0.asked_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let (from, mut to) = caller.into_split();
        let mut line = String::new();
        BufReader::new(from).read_line(&mut line).await?;
        let answer = match serde_json::from_str(&line)? {
            Word::Send(errand) | Word::SendOutside(errand) => serde_json::to_string(&self.errand(errand).await?)?,
            Word::Kept => serde_json::to_string(&self.kept())?,
            Word::Done { attempt } => {
                self.known().retain(|name, _| !is_of(name, &attempt));
                self.unwritten().retain(|name| !is_of(name, &attempt));
                self.journal().done(&attempt)?;
                "null".to_owned()
            }
        };
        to.write_all((answer + "\n").as_bytes()).await
    }

    fn kept(&self) -> HashMap<String, Told> {
        let known = self.known();
        let ended = known.iter().filter_map(|(name, told)| Some((name.clone(), told.borrow().clone()?)));
        ended.map(|(name, told)| (name, self.told_now(told))).collect()
    }

    fn told_now(&self, told: Told) -> Told {
        let age = self.0.clock.now().since(told.sent_at).as_millis();
        Told { age_ms: u64::try_from(age).unwrap_or(u64::MAX), ..told }
    }

    /// Runs it once, whoever asks how often.
    async fn errand(&self, errand: Errand) -> std::io::Result<Told> {
        let name = errand.name();
        let mut told = {
            let mut known = self.known();
            if let Some(told) = known.get(&name) {
                told.clone()
            } else {
                let (tell, hear) = watch::channel(None);
                known.insert(name, hear.clone());
                let desk = self.clone();
                tokio::spawn(async move { tell.send(Some(desk.go(&errand).await)) });
                hear
            }
        };
        let told = told.wait_for(Option::is_some).await.map_err(std::io::Error::other)?;
        let told = told.clone().ok_or_else(|| std::io::Error::other("an errand without an end"))?;
        Ok(self.told_now(told))
    }

    async fn go(&self, errand: &Errand) -> Told {
        let (name, sent_at) = (errand.name(), self.0.clock.now());
        // Until it has another end.
        let (workspace, sealed_key) = (errand.whose.workspace, errand.sealed_key.clone());
        let lost = Told { workspace, sealed_key, sent_at, age_ms: 0, ended: Ended::Lost };
        let is_noted = self.journal().began(&name, &lost).is_ok();
        let ended = match errand.request().filter(|_| is_noted) {
            Some(request) => self.send(errand, request).await,
            // What cannot be written down is not sent.
            None => Ended::Unreachable,
        };
        let told = Told { ended, ..lost };
        // On a disk that is full by now: the answer lives as long as we do, and we live until it is fetched.
        let is_written = self.journal().ended(&name, &told).is_ok();
        if !is_written {
            self.unwritten().insert(name);
        }
        told
    }

    async fn send(&self, errand: &Errand, request: oauth2::HttpRequest) -> Ended {
        let client = &self.0.client;
        let response: Result<_, NoAnswer> = match &errand.outside {
            Some(allowed) => client.allowing(allowed.clone()).send(Door::Outside, request).await,
            None => client.send(Door::Known, request).await,
        };
        match response {
            Ok(response) => {
                let plain = serde_json::to_vec(&Answer::of(&response)).unwrap_or_default();
                Ended::Answered(BASE64_STANDARD_NO_PAD.encode(seal_by(&errand.key, &place(), &plain)))
            }
            Err(error) => ended(error),
        }
    }
}
