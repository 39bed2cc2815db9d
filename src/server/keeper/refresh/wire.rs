//! What a refresh's request goes through: an answer that is there already is not asked for again, and one that arrives
//! is on the disk before anybody reads it.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use http::header::CONTENT_TYPE;
use oauth2::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tracing::error;
use uuid::Uuid;

use super::flight::Flight;
use crate::{
    domain::{GrantId, NetworkAppId, WorkspaceId},
    server::{
        App,
        courier::{self, Courier, CourierError, Ended, Errand, Told},
        keeper::spool::Line,
        networks::{Door, NoAnswer},
        pages::{Grant, Mark},
        vault::{Place, Sealer, new_seal},
    },
};

/// An answer and what it belongs to, so that it can be gone on with, or given back, when nothing else is left.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub grant: GrantId,
    pub network_app: NetworkAppId,
    pub person_id: String,
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

/// Where the key of an answer is sealed that the courier keeps.
fn key_place(workspace: WorkspaceId, attempt: Uuid) -> Place {
    Place { workspace, table: "courier", column: "key", row: attempt }
}

fn key_of(text: &SecretString) -> Option<[u8; 32]> {
    BASE64_STANDARD_NO_PAD.decode(text.expose_secret()).ok()?.try_into().ok()
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
}

impl Wire {
    /// `sealer` is made before anything leaves: later the database may not answer.
    pub(super) fn new(flight: &Flight<'_>, sealer: Sealer) -> Self {
        Self {
            app: flight.app.clone(),
            grant: flight.grant.clone(),
            mark: flight.mark,
            sealer,
            is_single_use: flight.network_app.definition.clocks().is_single_use,
            door: flight.network_app.door(),
            sent: AtomicU32::new(0),
            unclear: AtomicBool::new(false),
        }
    }

    /// Whether the last request may have spent the token though nothing readable came back.
    pub(super) fn was_unclear(&self) -> bool {
        self.unclear.load(Ordering::Relaxed)
    }

    /// Sends, and keeps what comes.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        if let Some(kept) = self.app.refreshing.kept().remove(&self.mark.attempt) {
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
        let answer = self.app.client.send(self.door, request).await?;
        if answer.status().is_success() {
            self.keep(&answer).await;
        }
        Ok(answer)
    }

    /// `None`: it cannot be had, and nothing has left.
    async fn by_courier(&self, courier: &Courier, request: &HttpRequest) -> Option<Result<HttpResponse, NoAnswer>> {
        let attempt = self.mark.attempt.to_string();
        let (key, number) = (new_seal(), self.sent.fetch_add(1, Ordering::Relaxed));
        let sealed_key = self
            .sealer
            .seal(&key_place(self.grant.workspace, self.mark.attempt), BASE64_STANDARD_NO_PAD.encode(key).as_bytes());
        let sealed_key = BASE64_STANDARD_NO_PAD.encode(sealed_key);
        let mut errand = Errand::new(attempt, number, request, key, sealed_key)?;
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
        let sealed = match told.ended {
            Ended::Answered(sealed) => sealed,
            Ended::Unreachable => return Err(NoAnswer::Unreachable),
            Ended::Lost => return Err(NoAnswer::Lost),
        };
        let place = key_place(self.grant.workspace, self.mark.attempt);
        let sealed_key = BASE64_STANDARD_NO_PAD.decode(&told.sealed_key).ok().ok_or(NoAnswer::Lost)?;
        // Of an earlier process it may be, so the key is opened and not remembered.
        let key = loop {
            match self.app.vault.unseal(self.app.store.read(), place, &sealed_key).await {
                Ok(key) => break key_of(&key).ok_or(NoAnswer::Lost)?,
                Err(cause) if cause.is_lost() => return Err(NoAnswer::Lost),
                Err(cause) => {
                    error!(grant = %self.grant.id, %cause, "a kept answer cannot be opened yet");
                    tokio::time::sleep(OPENS_AGAIN).await;
                }
            }
        };
        courier::opened(&key, &sealed).ok_or(NoAnswer::Lost)
    }

    async fn keep(&self, answer: &HttpResponse) {
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kept = Kept {
            grant: self.grant.id,
            network_app: self.grant.network_app,
            person_id: self.grant.person_id.clone(),
            status: answer.status().as_u16(),
            content_type: kind.map(str::to_owned),
            body: BASE64_STANDARD_NO_PAD.encode(answer.body()),
        };
        let plain = serde_json::to_vec(&kept).expect("text and numbers are always JSON");
        let sealed = self.sealer.seal(&place(self.grant.workspace, self.mark.attempt), &plain);
        let line = Line::new(self.mark.attempt, self.grant.workspace, &sealed);
        if let Err(cause) = self.app.refreshing.spool.keep(&line).await {
            // The database is the other place, and this process holds it until one of them takes it.
            error!(grant = %self.grant.id, %cause, "an answer cannot be spooled; make room in the data folder");
        }
    }
}
