//! `GET /w/{workspace}/events`: what happens in a workspace, as it happens, from any number on.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{self, Sse},
    },
};
use serde_json::json;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};
use tokio_stream::wrappers::ReceiverStream;

use super::{Page, resume::resume};
use crate::{
    domain::{CatchUp, WorkspaceId},
    server::{App, Caller, Member, accounts, events, store::StoreError},
};

/// Shorter than the idle limit of any proxy that is met in the field.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A reader that lets this many wait is cut, and resumes from its last number.
const QUEUE: usize = 1_024;

/// Follows a workspace's events after `Last-Event-ID`, or `?after=`, or from now on.
pub async fn stream(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Page> {
    let member = caller.member(&workspace).await?;
    let id = member.workspace().id;
    // Followed before the number is read: what is committed in between wakes the loop.
    let wake = app.bus.follow();
    let current = events::current(app.store.read(), id).await.map_err(crate::server::Refusal::from)?;
    let last = resume(headers.get_all("last-event-id"), &query.unwrap_or_default(), current);
    let (send, receive) = mpsc::channel(QUEUE);
    tokio::spawn(Feed { member, send, last }.run(wake, current));
    let mut response = Sse::new(ReceiverStream::new(receive)).into_response();
    // nginx would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

type Message = Result<sse::Event, Infallible>;

/// The browser is gone, or too slow.
struct Gone;

impl From<StoreError> for Gone {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a stream ends; its browser will resume");
        Self
    }
}

struct Feed {
    member: Member,
    send: mpsc::Sender<Message>,
    /// The last event that the reader has; without one it needs a new board.
    last: Option<i64>,
}

impl Feed {
    async fn run(mut self, wake: broadcast::Receiver<WorkspaceId>, current: i64) {
        // Gone is an ending, not an error: the browser resumes where it was.
        let _: Result<(), Gone> = self.follow(wake, current).await;
    }

    async fn follow(&mut self, mut wake: broadcast::Receiver<WorkspaceId>, current: i64) -> Result<(), Gone> {
        let app = self.member.app().clone();
        let _counted = app.counts.opens_stream();
        let workspace = self.member.workspace().id;
        self.say("hello", &json!({ "seq": current }))?;
        self.catch_up().await?;
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                () = app.stopping.cancelled() => return Err(Gone),
                () = self.send.closed() => return Err(Gone),
                _ = heartbeat.tick() => {
                    self.check_session().await?;
                    self.say("beat", &json!({}))?;
                    self.catch_up().await?;
                }
                woken = wake.recv() => match woken {
                    Ok(other) if other != workspace => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        self.check_session().await?;
                        self.catch_up().await?;
                    }
                    Err(RecvError::Closed) => return Err(Gone),
                },
            }
        }
    }

    /// A session that was ended elsewhere hears no more.
    async fn check_session(&self) -> Result<(), Gone> {
        if accounts::follow(self.member.app(), self.member.session().id).await? {
            return Ok(());
        }
        self.say("signed-out", &json!({}))?;
        Err(Gone)
    }

    async fn catch_up(&mut self) -> Result<(), Gone> {
        let app: &App = self.member.app();
        let missed = match self.last {
            Some(last) => events::after_in(&app.store, self.member.workspace().id, last).await?,
            None => CatchUp::Snapshot,
        };
        match missed {
            CatchUp::Events(missed) => {
                for event in missed {
                    let message = sse::Event::default().event("change").id(event.seq.to_string());
                    self.last = Some(event.seq);
                    self.put(message.json_data(&event).ok().ok_or(Gone)?)?;
                }
            }
            CatchUp::Snapshot => {
                let now = events::current(app.store.read(), self.member.workspace().id).await?;
                self.last = Some(now);
                let message = sse::Event::default().event("snapshot").id(now.to_string());
                self.put(message.json_data(json!({ "seq": now })).ok().ok_or(Gone)?)?;
            }
        }
        Ok(())
    }

    fn say(&self, name: &str, data: &serde_json::Value) -> Result<(), Gone> {
        self.put(sse::Event::default().event(name).json_data(data).ok().ok_or(Gone)?)
    }

    fn put(&self, message: sse::Event) -> Result<(), Gone> {
        self.send.try_send(Ok(message)).ok().ok_or(Gone)
    }
}
