//! What networks tell us by themselves: a person removed our app, an account is gone. Each network signs in its own way;
//! a definition names the way, and each way is a file here.
//!
//! A message is a reason to look, and never a death by itself: whoever repeats an old one makes us ask the network once
//! more, and nothing else. What it says is kept as the word for a death that the network then confirms.

mod github;
mod meta;
mod shopify;
mod signature;
mod slack;
mod tiktok;
mod twitch;

use http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::NetworkApp;
use crate::domain::{Moment, Reason};

/// How a network signs what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
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
}

impl Inbound {
    /// Whether it signs by a secret of their own, and not by the app's.
    #[must_use]
    pub fn has_a_secret(self) -> bool {
        matches!(self, Self::Twitch | Self::Slack | Self::Github)
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
}

/// What a network wants to hear.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// That it arrived.
    Heard,
    /// The words that it sent, so that it knows that this address listens.
    Echo(String),
    /// Where a person can ask what became of their data, and by which code (Meta's data deletion callback).
    Deletion(String),
}

impl Message {
    fn nothing() -> Self {
        Self { people: People::Nobody, reason: None, reply: Reply::Heard }
    }

    fn echo(words: Option<&str>) -> Self {
        Self { reply: Reply::Echo(words.unwrap_or_default().to_owned()), ..Self::nothing() }
    }

    fn about(people: Vec<String>, reason: Reason) -> Self {
        Self { people: People::These(people), reason: Some(reason), ..Self::nothing() }
    }
}

/// Reads a message, if it is signed by who shares our app's secret, and recent where it says when it was sent.
#[must_use]
pub fn read(app: &NetworkApp, headers: &HeaderMap, body: &[u8], now: Moment) -> Option<Message> {
    let letter = Letter { app, headers, body, now };
    match app.definition.inbound? {
        Inbound::SignedRequest => meta::read(&letter),
        Inbound::Tiktok => tiktok::read(&letter),
        Inbound::Twitch => twitch::read(&letter),
        Inbound::Slack => slack::read(&letter),
        Inbound::Shopify => shopify::read(&letter),
        Inbound::Github => github::read(&letter),
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
