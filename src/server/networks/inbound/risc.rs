//! Google's Cross-Account Protection: a security event token (RFC 8417), which is a JSON object that Google has signed, as
//! the body. It has no end and is told again until it was heard; its `jti` says which it is.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::digest::{SHA512, digest};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;

use super::{Letter, Message, People, Reply, TokenMark};
use crate::{
    domain::{Moment, Reason},
    server::networks::{
        NetworkClient,
        client::text_at,
        fields::{address, some_text},
        jose::Alg,
        schema::{Address, Filled},
    },
};

/// Where the network's keys are, and how it calls itself in its messages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Risc {
    /// Compared as text with `iss`.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    issuer: String,
    /// Where it publishes its keys.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "Address")]
    keys: String,
}

/// Anybody can send us a token that names an unheard-of key.
const FETCHED_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// Its clock is not ours.
const SKEW: Duration = Duration::from_mins(5);

const OAUTH: &str = "https://schemas.openid.net/secevent/oauth/event-type/";
const ACCOUNT: &str = "https://schemas.openid.net/secevent/risc/event-type/";

pub(super) async fn read(client: &NetworkClient, letter: &Letter<'_>, risc: &Risc) -> Option<Message> {
    let token = std::str::from_utf8(letter.body).ok()?.trim();
    let by = (letter.app.door(), risc.keys.as_str(), &[Alg::Rs256, Alg::Es256][..]);
    let claims = match client.believed(token, by, (letter.now, FETCHED_AGAIN_AFTER)).await {
        Ok(claims) => claims,
        Err(error) => {
            warn!(network = %letter.app.definition.id, %error, "a security event is not believed");
            return None;
        }
    };
    let is_us = |value: &Value| value.as_str() == Some(&letter.app.client_id);
    // One project may have several apps, all of which hear of its people.
    let is_for_us = match claims.get("aud")? {
        Value::Array(all) => all.iter().any(is_us),
        one => is_us(one),
    };
    let issued = Moment(claims.get("iat")?.as_i64()?.saturating_mul(1_000));
    if text_at(&claims, "iss")? != risc.issuer || !is_for_us || issued.since(letter.now) > SKEW {
        return None;
    }
    let mut message = about(claims.get("events")?.as_object()?);
    message.id = Some(text_at(&claims, "jti").filter(|id| !id.is_empty())?);
    Some(message)
}

/// A token has one event, as a rule; of several the last that is about somebody.
fn about(events: &serde_json::Map<String, Value>) -> Message {
    let told = events.iter().filter_map(|(kind, event)| people(kind, event)).next_back();
    let (people, reason) = told.unwrap_or((People::Nobody, None));
    Message { people, reason, reply: Reply::Accepted, ..Message::nothing() }
}

/// Whom the event is about, and what became of their permission. Where it says nothing of that, the network is asked.
fn people(kind: &str, event: &Value) -> Option<(People, Option<Reason>)> {
    let person = || Some(People::These(vec![text_at(event, "subject.sub")?]));
    if let Some(kind) = kind.strip_prefix(OAUTH) {
        return match kind {
            "tokens-revoked" => Some((person()?, Some(Reason::Removed))),
            "token-revoked" => Some((People::Holder(mark(event.get("subject")?)?), Some(Reason::Removed))),
            _ => None,
        };
    }
    match kind.strip_prefix(ACCOUNT)? {
        "account-disabled" | "account-purged" | "account-enabled" | "account-credential-change-required" => {
            Some((person()?, None))
        }
        _ => None,
    }
}

fn mark(subject: &Value) -> Option<TokenMark> {
    let token = text_at(subject, "token").filter(|token| !token.is_empty())?;
    match text_at(subject, "token_identifier_alg")?.as_str() {
        "prefix" if token.len() >= 16 => Some(TokenMark::Prefix(token)),
        "hash_base64_sha512_sha512" => Some(TokenMark::Sha512Twice(token)),
        _ => None,
    }
}

impl TokenMark {
    /// Whether it is this token's.
    #[must_use]
    pub fn is_of(&self, token: &str) -> bool {
        match self {
            Self::Prefix(start) => token.starts_with(start),
            Self::Sha512Twice(hash) => {
                let once = digest(&SHA512, token.as_bytes());
                BASE64_STANDARD.encode(digest(&SHA512, once.as_ref())) == *hash
            }
        }
    }
}
