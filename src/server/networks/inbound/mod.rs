//! What networks tell us by themselves: a person removed our app, an account is gone. Each network signs in its own way;
//! a definition names the way, and each way is a file here.
//!
//! A message is a reason to look, and never a death by itself: whoever repeats an old one makes us ask the network once
//! more, and nothing else. What it says is kept as the word for a death that the network then confirms.

mod discord;
mod github;
mod meta;
mod risc;
mod shopify;
mod signature;
mod slack;
mod tiktok;
mod twitch;

use http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{NetworkApp, NetworkClient};
use crate::domain::{Moment, Reason};

pub use risc::Risc;

/// How a network signs what it tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Inbound {
    /// Meta's `signed_request`: Facebook, Instagram, Threads.
    SignedRequest,
    /// `TikTok-Signature`.
    Tiktok,
    /// Twitch's `EventSub`.
    Twitch,
    /// `X-Slack-Signature`.
    Slack,
    /// `X-Shopify-Hmac-Sha256`.
    Shopify,
    /// `X-Hub-Signature-256`.
    Github,
    /// `X-Signature-Ed25519`.
    Discord,
    /// Security event tokens (RFC 8417), as Google has them.
    Risc(Risc),
}

impl Inbound {
    /// Whether it signs by a secret of their own, and not by the app's.
    #[must_use]
    pub fn has_a_secret(&self) -> bool {
        matches!(self, Self::Twitch | Self::Slack | Self::Github | Self::Discord)
    }
}

/// What a network told.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// About whom.
    pub people: People,
    /// What happened to their permission, if it says so.
    pub reason: Option<Reason>,
    /// What the network wants to hear.
    pub reply: Reply,
    /// At which of the network's addresses, where it says so.
    pub host: Option<String>,
    /// Which message it is, where the network says so: what was heard once is not acted on again.
    pub id: Option<String>,
}

/// Whom a message is about, by the network's ids.
#[derive(Debug, PartialEq, Eq)]
pub enum People {
    /// Nobody: it is a question, or about something else.
    Nobody,
    /// These.
    These(Vec<String>),
    /// Everybody who gave a permission to the app.
    Everybody,
    /// Whose refresh token it is.
    Holder(TokenMark),
}

/// A token, without the token.
#[derive(Debug, PartialEq, Eq)]
pub enum TokenMark {
    /// How it begins.
    Prefix(String),
    /// Its SHA-512, hashed once more, in base64.
    Sha512Twice(String),
}

/// What a network wants to hear.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// That it arrived.
    Heard,
    /// That, as a 202 (RFC 8935).
    Accepted,
    /// That, as a 204.
    Nothing,
    /// The words that it sent, so that it knows that this address listens.
    Echo(String),
    /// Where a person can ask what became of their data, and by which code (Meta's data deletion callback).
    Deletion(String),
}

impl Message {
    fn nothing() -> Self {
        Self { people: People::Nobody, reason: None, reply: Reply::Heard, host: None, id: None }
    }

    fn echo(words: Option<&str>) -> Self {
        Self { reply: Reply::Echo(words.unwrap_or_default().to_owned()), ..Self::nothing() }
    }

    fn about(people: Vec<String>, reason: Reason) -> Self {
        Self { people: People::These(people), reason: Some(reason), ..Self::nothing() }
    }
}

/// Reads a message, if it is signed by the network, and recent where it says when it was sent and does not come again.
pub async fn read(
    client: &NetworkClient,
    app: &NetworkApp,
    (headers, body): (&HeaderMap, &[u8]),
    now: Moment,
) -> Option<Message> {
    let letter = Letter { app, headers, body, now };
    match app.definition.inbound.as_ref()? {
        Inbound::SignedRequest => meta::read(&letter),
        Inbound::Tiktok => tiktok::read(&letter),
        Inbound::Twitch => twitch::read(&letter),
        Inbound::Slack => slack::read(&letter),
        Inbound::Shopify => shopify::read(&letter),
        Inbound::Github => github::read(&letter),
        Inbound::Discord => discord::read(&letter),
        Inbound::Risc(risc) => risc::read(client, &letter, risc).await,
    }
}

/// A message that nobody has believed yet.
struct Letter<'a> {
    app: &'a NetworkApp,
    headers: &'a HeaderMap,
    body: &'a [u8],
    now: Moment,
}

impl Letter<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok()
    }
}

#[cfg(test)]
mod tests;
