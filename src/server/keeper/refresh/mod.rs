//! New tokens for old ones, and none lost: one refresh in flight per grant over all processes, marked before it leaves,
//! kept before it is saved, and gone on with by whoever comes after a crash.
//!
//! [`fresh_token`] is for readers, [`start`] for the schedule; both join a flight that is under way. [`mod@flight`] is the
//! flight, [`mod@looking`] and [`mod@marking`] what comes before it, [`mod@wire`] what its request goes through,
//! [`mod@landing`] what becomes of its answer, [`mod@saving`] how that is saved, [`mod@recover`] what happens at start. Looks,
//! marks and new tokens share their statements and commits ([`mod@together`]): the disk, and not the network, would be the
//! limit else.

mod flight;
mod landing;
mod looking;
mod marking;
mod recover;
mod saving;
mod seats;
mod together;
mod wire;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth2::HttpResponse;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Notify, Semaphore, watch};
use tracing::{Instrument, info_span};
use uuid::Uuid;

pub use recover::recover;
pub(super) use seats::{Seats, Ticket};

use super::{
    super::{
        App,
        connect::ConnectError,
        courier::{self, Courier},
        pages::{self, Grant, NotChanged},
        store::{Backend, StoreError},
        vault::{VaultError, hash},
    },
    VisitError,
    spool::{Left, Spool},
};
use crate::domain::{GrantId, Moment, WorkspaceId};
use looking::Looking;
use marking::Marking;
use saving::Saving;
use together::Together;

/// A token that ends sooner is not handed out while a fresh one is to be had.
const LEAST_LEFT: Duration = Duration::from_mins(1);
/// Of those that write alone, on PostgreSQL: as many as leave connections for others.
const WRITERS: usize = 6;
/// How long a reader waits. The refresh goes on without it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a reader looks whether another process is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the engine remembers between flights.
pub struct Refreshing {
    folder: PathBuf,
    spool: Spool,
    left: Mutex<Option<Left>>,
    /// Answers that another process left, by attempt, and when they were asked for: its flight is gone on with, and does
    /// not ask again.
    kept: Mutex<HashMap<Uuid, (Moment, HttpResponse)>>,
    flights: Mutex<HashMap<GrantId, UnderWay>>,
    per_second: u32,
    courier: Option<Courier>,
    /// Who writes to the database: SQLite takes one, and lets the others sleep much longer than they must.
    turns: Arc<Semaphore>,
    looks: Together<Looking>,
    marks: Together<Marking>,
    saves: Together<Saving>,
}

/// A flight of this process.
struct UnderWay {
    end: watch::Receiver<Option<End>>,
    /// Somebody waits for it who does not queue with the schedule.
    is_wanted: Arc<Notify>,
}

/// How a flight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There are new tokens, from this flight or somebody else's.
    Renewed,
    /// Another process is at it.
    Held,
    /// Not now; it is tried again, not before then if that is known.
    NotNow(Option<Moment>),
    /// The network has no new tokens for this grant; a person must act in the end.
    NoMeans,
    /// The grant is dead or gone.
    Gone,
}

/// Why a reader gets no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// There is no such grant, or it is dead at the network.
    #[error("the permission is gone; a person must connect the page again")]
    Gone,
    /// The token has ended, and the network gives no other without a person.
    #[error("the permission has ended; a person must connect the page again")]
    Ended,
    /// The network does not answer just now.
    #[error("the network has no new token just now; ask again")]
    NotNow,
    /// Something of ours does not work.
    #[error("the token cannot be read just now; ask again")]
    Unavailable,
}

#[derive(Debug, thiserror::Error)]
enum RefreshFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Visit(#[from] VisitError),
    /// Of a write that was one for many.
    #[error(transparent)]
    Shared(#[from] Arc<RefreshFailure>),
}

impl Refreshing {
    /// Opens this process's spool in `folder`; at most `per_second` requests leave for one network app, 0 for any. With
    /// `courier`, tokens that are good for one use are sent by it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &std::path::Path, per_second: u32, courier: bool, backend: Backend) -> std::io::Result<Self> {
        let (spool, left) = Spool::open(folder)?;
        let left = Mutex::new(Some(left));
        let turns = Arc::new(Semaphore::new(if backend == Backend::Sqlite { 1 } else { WRITERS }));
        let own = || if backend == Backend::Sqlite { turns.clone() } else { Arc::new(Semaphore::new(1)) };
        let looks = Together::taking(Arc::new(Semaphore::new(1)));
        let (marks, saves) = (Together::taking(own()), Together::taking(own()));
        let courier = courier.then(|| Courier::of(folder.to_owned()));
        let folder = folder.to_owned();
        let (kept, flights) = (Mutex::default(), Mutex::default());
        Ok(Self { folder, spool, left, kept, flights, per_second, courier, turns, looks, marks, saves })
    }

    /// The data keys that answers outside of the database are sealed by.
    ///
    /// # Errors
    /// When what lies there cannot be read.
    pub(super) fn named_keys(&self) -> std::io::Result<HashSet<Uuid>> {
        let mut named = self.spool.named_keys(&self.folder)?;
        named.extend(courier::named_keys(&self.folder)?);
        Ok(named)
    }

    /// The attempt's answers are saved, or nobody needs them.
    fn is_done(&self, app: &App, attempt: Uuid) {
        self.spool.is_done(attempt);
        if self.courier.is_some() {
            let app = app.clone();
            tokio::spawn(async move {
                if let Some(courier) = &app.refreshing.courier {
                    courier.done(attempt.to_string()).await;
                }
            });
        }
    }

    /// How many refreshes, and how many checks, leave for one network app in a second at most.
    pub(super) fn per_second(&self) -> u32 {
        self.per_second
    }

    /// Whether a flight of this process is about that grant.
    pub(super) fn is_under_way(&self, id: GrantId) -> bool {
        self.flights().contains_key(&id)
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<GrantId, UnderWay>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Uuid, (Moment, HttpResponse)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a flight off the list however it ends.
struct Listed(App, GrantId);

impl Drop for Listed {
    fn drop(&mut self) {
        self.0.refreshing.flights().remove(&self.1);
    }
}

/// Why a flight begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is due, or somebody needs a token now.
    Due,
    /// The process that was at it is gone.
    Interrupted,
}

/// Which tokens are to be refreshed.
#[derive(Clone, Copy)]
struct Seen {
    grant: GrantId,
    workspace: WorkspaceId,
    version: i64,
}

/// Begins a refresh of the tokens that `grant` was read with, or joins the one that is under way. It goes on whoever
/// stops waiting for it. With a ticket it waits for a seat, until somebody joins it without one.
pub(super) fn start(app: &App, grant: &Grant, why: Why, ticket: Option<Ticket>) -> watch::Receiver<Option<End>> {
    let (id, seen) = (grant.id, Seen { grant: grant.id, workspace: grant.workspace, version: grant.version });
    let mut flights = app.refreshing.flights();
    if let Some(under_way) = flights.get(&id) {
        if ticket.is_none() {
            under_way.is_wanted.notify_one();
        }
        return under_way.end.clone();
    }
    let (tell, hear) = watch::channel(None);
    let is_wanted = Arc::new(Notify::new());
    flights.insert(id, UnderWay { end: hear.clone(), is_wanted: is_wanted.clone() });
    let listed = Listed(app.clone(), id);
    let span = info_span!("refresh", grant = %id, workspace = %grant.workspace, network_app = %grant.network_app);
    let flight = async move {
        let end = flight::fly(&listed.0, seen, why, ticket.map(|ticket| (ticket, is_wanted))).await;
        drop(listed);
        // Nobody waits: nobody to tell.
        let _ = tell.send(Some(end));
    };
    app.tasks.spawn(flight.instrument(span));
    hear
}

/// How the flight ends.
pub(super) async fn end_of(mut hear: watch::Receiver<Option<End>>) -> End {
    let told = hear.wait_for(Option::is_some).await.ok().and_then(|end| *end);
    told.unwrap_or(End::NotNow(None))
}

/// A token that works now: the stored one while it does, else a fresh one. Of any number of readers in any number of
/// processes one causes a request.
///
/// # Errors
/// [`NoToken`] says whose move it is.
pub async fn fresh_token(app: &App, id: GrantId) -> Result<SecretString, NoToken> {
    let waited = tokio::time::timeout(PATIENCE, fresh(app, id)).await;
    match waited {
        Ok(answer) => answer,
        Err(_) => stored(app, id).await,
    }
}

/// A consumer says that the network refused a token. If it is the one that is stored, new ones are asked for, and the
/// keeper looks whether the permission is there still; about an older one nothing needs to be done.
///
/// # Errors
/// As [`fresh_token`].
pub async fn report_refusal(app: &App, id: GrantId, refused: &Fingerprint) -> Result<(), NoToken> {
    let grant = read(app, id).await?;
    if fingerprint(&open(app, &grant).await?) != *refused {
        return Ok(());
    }
    end_of(start(app, &grant, Why::Due, None)).await;
    let visited = pages::visit_now(app.store.read(), id, app.clock.now()).await;
    visited.ok().ok_or(NoToken::Unavailable)
}

/// What a token is recognised by without being said: its SHA-256.
pub type Fingerprint = Vec<u8>;

/// The token's fingerprint.
#[must_use]
pub fn fingerprint(token: &SecretString) -> Fingerprint {
    hash(token.expose_secret())
}

async fn fresh(app: &App, id: GrantId) -> Result<SecretString, NoToken> {
    loop {
        let grant = read(app, id).await?;
        if has_left(&grant, app.clock.now(), LEAST_LEFT) {
            return open(app, &grant).await;
        }
        match end_of(start(app, &grant, Why::Due, None)).await {
            End::Renewed => {}
            End::Held => tokio::time::sleep(LOOK_EVERY).await,
            End::Gone => return Err(NoToken::Gone),
            End::NoMeans => return stored(app, id).await.or(Err(NoToken::Ended)),
            End::NotNow(_) => return stored(app, id).await,
        }
    }
}

/// The stored token, as long as it works at all.
async fn stored(app: &App, id: GrantId) -> Result<SecretString, NoToken> {
    let grant = read(app, id).await?;
    if has_left(&grant, app.clock.now(), Duration::ZERO) { open(app, &grant).await } else { Err(NoToken::NotNow) }
}

async fn read(app: &App, id: GrantId) -> Result<Grant, NoToken> {
    let found = pages::grant(app.store.read(), id).await.ok().ok_or(NoToken::Unavailable)?;
    found.filter(Grant::is_alive).ok_or(NoToken::Gone)
}

async fn open(app: &App, grant: &Grant) -> Result<SecretString, NoToken> {
    app.vault.get(app.store.read(), grant.access()).await.ok().ok_or(NoToken::Unavailable)
}

/// A missing end is unknown, never over. What is short-lived is not refreshed for its whole life.
fn has_left(grant: &Grant, now: Moment, least: Duration) -> bool {
    if grant.is_of_another_time(now) {
        return false;
    }
    let Some(end) = grant.expires_at else { return true };
    let life = grant.issued_at.map_or(Duration::MAX, |issued| end.since(issued));
    end.since(now) > least.min(life / 4)
}
