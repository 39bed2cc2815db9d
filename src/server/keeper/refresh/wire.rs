//! What a refresh's request goes through: an answer that is there already is not asked for again, and one that arrives
//! is on the disk before anybody reads it.

use std::sync::{Mutex, PoisonError};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use http::header::CONTENT_TYPE;
use oauth2::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tracing::error;
use uuid::Uuid;

use crate::{
    domain::{GrantId, NetworkAppId, WorkspaceId},
    server::{
        App,
        keeper::spool::Line,
        networks::NoAnswer,
        pages::{Grant, Mark},
        vault::{Place, Sealer},
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

/// The wire of one attempt.
pub(super) struct Wire {
    app: App,
    grant: Grant,
    mark: Mark,
    sealer: Sealer,
    unclear: Mutex<bool>,
}

impl Wire {
    /// `sealer` is made before anything leaves: later the database may not answer.
    pub(super) fn new(app: &App, grant: &Grant, mark: Mark, sealer: Sealer) -> Self {
        Self { app: app.clone(), grant: grant.clone(), mark, sealer, unclear: Mutex::new(false) }
    }

    /// Whether the last request may have spent the token though nothing readable came back.
    pub(super) fn was_unclear(&self) -> bool {
        *self.unclear.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends, and keeps what comes.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        if let Some(kept) = self.app.refreshing.kept().remove(&self.mark.attempt) {
            return Ok(kept);
        }
        let answer = self.app.client.send(request).await;
        let unclear = match &answer {
            Ok(answer) => answer.status().is_success() || matches!(answer.status().as_u16(), 502 | 504),
            Err(NoAnswer::Unreachable | NoAnswer::BadAddress) => false,
            Err(_) => true,
        };
        *self.unclear.lock().unwrap_or_else(PoisonError::into_inner) = unclear;
        if let Ok(answer) = &answer
            && answer.status().is_success()
        {
            self.keep(answer).await;
        }
        answer
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
