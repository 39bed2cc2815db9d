//! What a refresh's request goes through: an answer that is there already is not asked for again, and one that arrives
//! is on the disk before anybody reads it.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use http::header::CONTENT_TYPE;
use oauth2::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tracing::error;
use uuid::Uuid;

use super::{Ticket, flight::Flight};
use crate::{
    domain::{GrantId, Moment, NetworkAppId, WorkspaceId},
    server::{
        App,
        courier::{self, Courier, CourierError, Ended, Errand, Told, Whose},
        keeper::spool::Line,
        networks::{Door, NoAnswer},
        pages::{Grant, Mark},
        vault::{Place, Sealer, VaultError, new_seal},
    },
};

/// What an answer belongs to, so that it can be given back when nothing else is left.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct About {
    pub grant: GrantId,
    pub network_app: NetworkAppId,
    pub person_id: String,
}

/// An answer in the spool.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub about: About,
    /// When the request was sent.
    pub sent_at: Moment,
    status: u16,
    content_type: Option<String>,
    body: String,
}

impl Kept {
    /// What was sealed, and the answer in it.
    pub(super) fn read(plain: &SecretString) -> Option<(Self, HttpResponse)> {
        let kept: Self = serde_json::from_str(plain.expose_secret()).ok()?;
        let answer = kept.answer()?;
        Some((kept, answer))
    }

    fn answer(&self) -> Option<HttpResponse> {
        let mut answer = http::Response::builder().status(self.status);
        if let Some(kind) = &self.content_type {
            answer = answer.header(CONTENT_TYPE, kind);
        }
        answer.body(BASE64_STANDARD_NO_PAD.decode(&self.body).ok()?).ok()
    }
}

/// Where an attempt's answer is sealed in the spool.
pub(super) fn place(workspace: WorkspaceId, attempt: Uuid) -> Place {
    Place { workspace, table: "spool", column: "answer", row: attempt }
}

/// What goes with a request to the courier, sealed.
#[derive(Serialize, Deserialize)]
struct Key {
    about: About,
    key: String,
}

impl Key {
    fn read(plain: &SecretString) -> Option<(About, [u8; 32])> {
        let Self { about, key } = serde_json::from_str(plain.expose_secret()).ok()?;
        Some((about, BASE64_STANDARD_NO_PAD.decode(key).ok()?.try_into().ok()?))
    }
}

/// Where the key of an answer is sealed that the courier keeps.
fn key_place(workspace: WorkspaceId, attempt: Uuid) -> Place {
    Place { workspace, table: "courier", column: "key", row: attempt }
}

/// What the courier kept for an attempt that nobody goes on with, and what it belongs to. `None`: there is nothing in it.
pub(super) async fn left(app: &App, attempt: Uuid, told: &Told) -> Result<Option<(About, HttpResponse)>, VaultError> {
    let Ended::Answered(sealed) = &told.ended else { return Ok(None) };
    let Ok(sealed_key) = BASE64_STANDARD_NO_PAD.decode(&told.sealed_key) else { return Ok(None) };
    let plain = app.vault.unseal(app.store.read(), key_place(told.workspace, attempt), &sealed_key).await?;
    Ok(Key::read(&plain).and_then(|(about, key)| Some((about, courier::opened(&key, sealed)?))))
}

/// While the database does not say by which key.
const OPENS_AGAIN: Duration = Duration::from_secs(1);

/// The wire of one attempt.
pub(super) struct Wire {
    app: App,
    grant: Grant,
    mark: Mark,
    sealer: Sealer,
    is_single_use: bool,
    door: Door,
    sent: AtomicU32,
    unclear: AtomicBool,
    /// When the request left whose answer came; of another process it may be.
    sent_at: Mutex<Option<Moment>>,
    /// Whether the answer lies where the next start finds it.
    is_kept: AtomicBool,
    /// Until the answer is there.
    ticket: Mutex<Option<Ticket>>,
}

impl Wire {
    /// `sealer` is made before anything leaves: later the database may not answer.
    pub(super) fn new(flight: &Flight<'_>, sealer: Sealer, ticket: Option<Ticket>) -> Self {
        Self {
            app: flight.app.clone(),
            grant: flight.grant.clone(),
            mark: flight.mark,
            sealer,
            is_single_use: flight.network_app.definition.clocks().is_single_use,
            door: flight.network_app.door(),
            sent: AtomicU32::new(0),
            unclear: AtomicBool::new(false),
            sent_at: Mutex::default(),
            is_kept: AtomicBool::new(false),
            ticket: Mutex::new(ticket),
        }
    }

    /// The answer is there, and the seat is another's before the disk has it.
    fn answered(&self) {
        if let Some(ticket) = self.ticket.lock().unwrap_or_else(PoisonError::into_inner).take() {
            ticket.answered();
        }
    }

    /// When the request left whose answer came.
    pub(super) fn sent_at(&self) -> Option<Moment> {
        *self.sent_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn was_sent_at(&self, at: Moment) {
        *self.sent_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// Whether the answer lies where the next start finds it.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }

    /// Whether the last request may have spent the token though nothing readable came back.
    pub(super) fn was_unclear(&self) -> bool {
        self.unclear.load(Ordering::Relaxed)
    }

    /// Sends, and keeps what comes.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        if let Some((sent_at, kept)) = self.app.refreshing.kept().remove(&self.mark.attempt) {
            self.was_sent_at(sent_at);
            self.is_kept.store(true, Ordering::Relaxed);
            return Ok(kept);
        }
        let carried = match &self.app.refreshing.courier {
            Some(courier) if self.is_single_use => self.by_courier(courier, &request).await,
            _ => None,
        };
        let answer = match carried {
            Some(carried) => carried,
            None => self.by_ourselves(request).await,
        };
        let unclear = match &answer {
            Ok(answer) => answer.status().is_success() || matches!(answer.status().as_u16(), 502 | 504),
            Err(NoAnswer::Unreachable | NoAnswer::BadAddress) => false,
            Err(_) => true,
        };
        self.unclear.store(unclear, Ordering::Relaxed);
        answer
    }

    async fn by_ourselves(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let sent_at = self.app.clock.now();
        self.was_sent_at(sent_at);
        let answer = self.app.client.send(self.door, request).await?;
        if answer.status().is_success() {
            self.answered();
            self.keep(&answer, sent_at).await;
        }
        Ok(answer)
    }

    /// `None`: it cannot be had, and nothing has left.
    async fn by_courier(&self, courier: &Courier, request: &HttpRequest) -> Option<Result<HttpResponse, NoAnswer>> {
        let attempt = self.mark.attempt.to_string();
        let (key, number) = (new_seal(), self.sent.fetch_add(1, Ordering::Relaxed));
        let plain = Key { about: self.about(), key: BASE64_STANDARD_NO_PAD.encode(key) };
        let plain = serde_json::to_vec(&plain).expect("text is always JSON");
        let sealed_key = self.sealer.seal(&key_place(self.grant.workspace, self.mark.attempt), &plain);
        let sealed_key = BASE64_STANDARD_NO_PAD.encode(sealed_key);
        let whose = Whose { attempt, number, workspace: self.grant.workspace };
        let mut errand = Errand::new(whose, request, key, sealed_key)?;
        errand.outside = (self.door == Door::Outside).then(|| self.app.client.allowed().to_vec());
        match courier.send(errand).await {
            Ok(told) => Some(self.opened(told).await),
            Err(CourierError::NotThere(cause)) => {
                error!(%cause, "the courier does not run: a refresh is not safe from this process's own end");
                None
            }
            Err(CourierError::Broken(cause)) => {
                error!(grant = %self.grant.id, %cause, "the courier did not tell how a refresh ended");
                Some(Err(NoAnswer::Lost))
            }
        }
    }

    async fn opened(&self, told: Told) -> Result<HttpResponse, NoAnswer> {
        self.was_sent_at(self.app.clock.now() - Duration::from_millis(told.age_ms));
        let sealed = match told.ended {
            Ended::Answered(sealed) => sealed,
            Ended::Unreachable => return Err(NoAnswer::Unreachable),
            Ended::Lost => return Err(NoAnswer::Lost),
        };
        self.answered();
        let place = key_place(self.grant.workspace, self.mark.attempt);
        let sealed_key = BASE64_STANDARD_NO_PAD.decode(&told.sealed_key).ok().ok_or(NoAnswer::Lost)?;
        // Of an earlier process it may be, so the key is opened and not remembered.
        let key = loop {
            match self.app.vault.unseal(self.app.store.read(), place, &sealed_key).await {
                Ok(key) => break Key::read(&key).ok_or(NoAnswer::Lost)?.1,
                Err(cause) if cause.is_lost() => return Err(NoAnswer::Lost),
                Err(cause) => {
                    error!(grant = %self.grant.id, %cause, "a kept answer cannot be opened yet");
                    tokio::time::sleep(OPENS_AGAIN).await;
                }
            }
        };
        self.is_kept.store(true, Ordering::Relaxed);
        courier::opened(&key, &sealed).ok_or(NoAnswer::Lost)
    }

    fn about(&self) -> About {
        let Grant { id, network_app, ref person_id, .. } = self.grant;
        About { grant: id, network_app, person_id: person_id.clone() }
    }

    async fn keep(&self, answer: &HttpResponse, sent_at: Moment) {
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kept = Kept {
            about: self.about(),
            sent_at,
            status: answer.status().as_u16(),
            content_type: kind.map(str::to_owned),
            body: BASE64_STANDARD_NO_PAD.encode(answer.body()),
        };
        let plain = serde_json::to_vec(&kept).expect("text and numbers are always JSON");
        let sealed = self.sealer.seal(&place(self.grant.workspace, self.mark.attempt), &plain);
        let line = Line::new(self.mark.attempt, self.grant.workspace, &sealed);
        match self.app.refreshing.spool.keep(&line).await {
            Ok(()) => self.is_kept.store(true, Ordering::Relaxed),
            // The database is the other place, and this process holds it until one of them takes it.
            Err(cause) => {
                error!(grant = %self.grant.id, %cause, "an answer cannot be spooled; make room in the data folder");
            }
        }
    }
}
