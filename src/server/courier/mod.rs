//! The courier: a tiny process of its own that sends a refresh and keeps the answer, whatever becomes of the server.
//!
//! Where a refresh token is good for one use and the network forgives nothing, an answer that arrives in a process that
//! was just killed is a grant lost. So the request is handed to a process that nobody kills: it writes down that it
//! sends, sends, writes down the sealed answer, and hands it over as often as it is asked, until it hears that the answer
//! is saved. It knows no database and no key but the one that comes with a request, for that request's answer alone.
//!
//! [`mod@child`] is the process, [`mod@journal`] its memory, [`mod@hand`] the server's hand. What neither can bring back:
//! an answer that the network itself loses, and a whole machine that dies within one round trip.

mod child;
mod hand;
mod journal;

use std::{collections::HashSet, io::ErrorKind, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use oauth2::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use child::run;
pub use hand::{Courier, CourierError, opened};

use super::{networks::NoAnswer, vault::key_of};
use crate::domain::{Moment, WorkspaceId};

/// Its door, in the folder that it works in. A newer version of the words between the two has another name, and with it
/// another courier; the older one ends when nobody asks it any more.
const DOOR: &str = "courier-1.sock";

/// What it remembers over its own death, in the same folder.
const JOURNAL: &str = "courier-1.journal";

/// The data keys that the answers in `folder`, which nobody has fetched yet, are sealed by.
///
/// # Errors
/// When there is a journal and it cannot be read.
pub fn named_keys(folder: &Path) -> std::io::Result<HashSet<Uuid>> {
    let text = match std::fs::read_to_string(folder.join(JOURNAL)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(HashSet::new()),
        text => text?,
    };
    let keys =
        journal::known(&text).into_values().filter_map(|told| BASE64_STANDARD_NO_PAD.decode(told.sealed_key).ok());
    Ok(keys.filter_map(|sealed| key_of(&sealed).ok()).collect())
}

/// What the server says, one line of JSON a connection.
#[derive(Serialize, Deserialize)]
enum Word {
    /// Send this, unless it was sent: then only tell.
    Send(Errand),
    /// The same, to a host that nobody here chose. A word of its own, so that a courier of an older version, which knows
    /// no such door, sends nothing.
    SendOutside(Errand),
    /// The answers of this attempt are saved, or nobody needs them.
    Done {
        /// Which.
        attempt: String,
    },
    /// What is kept and nobody has said to be done.
    Kept,
}

/// What an errand is called by, and whose it is.
#[derive(Clone, Serialize, Deserialize)]
pub struct Whose {
    /// The attempt; the courier knows an errand by this and its number alone.
    pub attempt: String,
    /// The how-manieth request of the attempt it is.
    pub number: u32,
    /// Where its key was sealed.
    pub workspace: WorkspaceId,
}

/// What is to be sent.
#[derive(Serialize, Deserialize)]
pub struct Errand {
    /// Whose.
    pub whose: Whose,
    /// The key that the answer is sealed by, for as long as the request is under way.
    pub key: [u8; 32],
    /// The same key, sealed by the vault, for whoever fetches the answer.
    pub sealed_key: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    /// For a host that nobody here chose: those that are let in by name.
    #[serde(default)]
    pub outside: Option<Vec<String>>,
}

impl Errand {
    /// Of a request. `None`: it holds what no token request does.
    #[must_use]
    pub fn new(whose: Whose, request: &HttpRequest, key: [u8; 32], sealed_key: String) -> Option<Self> {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        Some(Self {
            whose,
            key,
            sealed_key,
            method: request.method().to_string(),
            url: request.uri().to_string(),
            headers: request.headers().iter().map(header).collect::<Option<_>>()?,
            body: BASE64_STANDARD_NO_PAD.encode(request.body()),
            outside: None,
        })
    }

    fn request(&self) -> Option<HttpRequest> {
        let mut request = http::Request::builder().method(self.method.as_str()).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(BASE64_STANDARD_NO_PAD.decode(&self.body).ok()?).ok()
    }

    fn name(&self) -> String {
        format!("{}:{}", self.whose.attempt, self.whose.number)
    }
}

/// How an errand ended.
#[derive(Clone, Serialize, Deserialize)]
pub struct Told {
    /// Where its key was sealed.
    pub workspace: WorkspaceId,
    /// As it came with the errand.
    pub sealed_key: String,
    /// When it was sent, by the courier's clock.
    pub sent_at: Moment,
    /// How long ago that was when this was told.
    pub age_ms: u64,
    /// The sealed answer, or why there is none.
    pub ended: Ended,
}

/// See [`Told`].
#[derive(Clone, Serialize, Deserialize)]
pub enum Ended {
    /// An [`Answer`], sealed by the errand's key.
    Answered(String),
    /// Nothing left.
    Unreachable,
    /// It left, and nothing readable came back.
    Lost,
}

/// An answer as it is sealed.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// Of a response.
    #[must_use]
    pub fn of(response: &HttpResponse) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        Self {
            status: response.status().as_u16(),
            headers: response.headers().iter().filter_map(header).collect(),
            body: BASE64_STANDARD_NO_PAD.encode(response.body()),
        }
    }

    /// The response again.
    #[must_use]
    pub fn response(&self) -> Option<HttpResponse> {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(BASE64_STANDARD_NO_PAD.decode(&self.body).ok()?).ok()
    }
}

fn ended(error: NoAnswer) -> Ended {
    match error {
        NoAnswer::Unreachable | NoAnswer::BadAddress => Ended::Unreachable,
        _ => Ended::Lost,
    }
}
