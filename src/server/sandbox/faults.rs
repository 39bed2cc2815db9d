//! How a network misbehaves just now.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{networks::Network, people::Person, way_back::Mode};

/// A slower answer than any client waits for proves nothing more.
const LONGEST_DELAY_MS: u64 = 600_000;

/// The issuer that `iss: "wrong"` names.
const WRONG_ISSUER: &str = "https://wrong.sandbox.example";

/// The state that `state: "wrong"` sends.
const WRONG_STATE: &str = "a-state-that-nobody-gave-anybody-0123456789";

/// What is switched on for one request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Faults {
    /// How long tokens live that are issued from now on, in seconds; told where the network tells it.
    pub expires_in: Option<u64>,
    /// Token, revocation and data endpoints answer a 503 page.
    pub down: bool,
    /// The answer waits this long; what it does, it does at once.
    delay_ms: u64,
    iss: Option<Altered>,
    iss_value: Option<String>,
    iss_twice: bool,
    pub coop: Option<Coop>,
    /// The token endpoint answers this error and does nothing.
    pub token_error: Option<String>,
    /// The token endpoint answers this, word for word, and does nothing.
    pub token_answer: Option<Wording>,
    /// The token endpoint does its work, and the connection dies in the middle of the answer.
    pub cut: bool,
    /// The token endpoint does its work, and the connection dies before a word of the answer.
    pub hang_up: bool,
    /// Laid over the token answer; `null` takes a field away.
    pub answer: Map<String, Value>,
    state: Option<Altered>,
    /// How answers travel, whatever was asked for.
    pub response_mode: Option<Mode>,
    /// By client id: the only address that is accepted, as every real network has it. Without an entry any is.
    registered: BTreeMap<String, String>,
    /// The authorization endpoint sends the browser on, with the same state, to another application's.
    pub leads_to: Option<Elsewhere>,
    pub rotate: Option<Rotate>,
    /// Calls about the person are refused until they have logged in there.
    pub checkpoint: bool,
    /// Ids of pages that the list of accounts does not show any more.
    pub lost_pages: Vec<String>,
    /// Ids of other people's pages that the person looks after too.
    pub also_pages: Vec<String>,
    /// Ids of pages at which the person may only look any more.
    pub watched_pages: Vec<String>,
    /// The token endpoint answers 429 and does nothing; with a number or a date in `Retry-After`, or an empty one without.
    pub slow_down: Option<String>,
    /// The revocation endpoint answers this error and does nothing; `unsupported_token_type` only to a refresh token.
    pub revoke_error: Option<String>,
    /// The list of accounts says that it goes on there.
    pub accounts_go_on: Option<String>,
    /// Who a token is of is not told: a 503 page.
    pub me_down: bool,
}

/// An answer as it stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wording {
    pub status: u16,
    pub content_type: String,
    pub body: String,
    /// Spaces before the body, so that a megabyte need not be sent here first.
    pub padding: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Altered {
    Wrong,
    Missing,
}

/// Where a network leads a person that was on the way to it: what a mix-up begins with (RFC 9700, section 4.4).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Elsewhere {
    pub network: String,
    pub client_id: String,
    /// The one that was sent, without this.
    pub redirect_uri: Option<String>,
}

/// A `Cross-Origin-Opener-Policy` on the consent page.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Coop {
    SameOrigin,
    SameOriginAllowPopups,
    NoopenerAllowPopups,
}

/// Another way with refresh tokens than the network's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rotate {
    /// A new one each time; a second use of an old one ends the grant.
    Strict,
    /// A new one each time; the one before it is taken for ten seconds more, in case its answer was lost.
    Grace,
    /// The same one for good.
    None,
}

impl Faults {
    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.min(LONGEST_DELAY_MS))
    }

    /// The values of `iss` to send: none, one, or the same one twice.
    pub(super) fn issuers(&self, honest: &str) -> Vec<String> {
        let value = match (self.iss, &self.iss_value) {
            (Some(Altered::Missing), _) => return Vec::new(),
            (_, Some(value)) => value.clone(),
            (Some(Altered::Wrong), None) => WRONG_ISSUER.to_owned(),
            (None, None) => honest.to_owned(),
        };
        vec![value; if self.iss_twice { 2 } else { 1 }]
    }

    /// The state to send back.
    pub(super) fn state(&self, honest: Option<&str>) -> Option<String> {
        match self.state {
            None => honest.map(str::to_owned),
            Some(Altered::Wrong) => Some(WRONG_STATE.to_owned()),
            Some(Altered::Missing) => None,
        }
    }

    pub(super) fn is_registered(&self, client_id: &str, redirect_uri: &str) -> bool {
        self.registered.get(client_id).is_none_or(|only| only == redirect_uri)
    }
}

impl Coop {
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameOriginAllowPopups => "same-origin-allow-popups",
            Self::NoopenerAllowPopups => "noopener-allow-popups",
        }
    }
}

/// All faults that are switched on: by network, and then for everybody (the empty name) or for one person.
#[derive(Default)]
pub(super) struct Switchboard(BTreeMap<(&'static str, &'static str), Map<String, Value>>);

impl Switchboard {
    /// Merges one message of `POST /faults`; `null` switches a fault off. Errors are sentences for its sender.
    pub(super) fn set(&mut self, mut message: Map<String, Value>) -> Result<(), String> {
        let place = place(&mut message)?;
        let mut merged = self.0.get(&place).cloned().unwrap_or_default();
        merged.extend(message);
        merged.retain(|_, value| !value.is_null());
        read(&merged)?;
        self.0.insert(place, merged);
        Ok(())
    }

    /// What holds for this person at this network; their own faults go before those for everybody.
    pub(super) fn at(&self, network: &Network, person: Option<&str>) -> Faults {
        let everybody = self.0.get(&(network.id, "")).into_iter();
        let own = person.and_then(|person| self.0.iter().find(|(place, _)| **place == (network.id, person)));
        let merged = everybody.chain(own.map(|(_, faults)| faults)).flatten();
        read(&merged.map(|(name, value)| (name.clone(), value.clone())).collect()).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// In the shape in which they were sent.
    pub(super) fn shown(&self) -> Vec<Value> {
        self.0.iter().filter(|(_, faults)| !faults.is_empty()).map(|(place, faults)| shown(*place, faults)).collect()
    }
}

fn shown((network, person): (&str, &str), faults: &Map<String, Value>) -> Value {
    let mut all = faults.clone();
    all.insert("network".into(), network.into());
    all.insert("person".into(), if person.is_empty() { Value::Null } else { person.into() });
    Value::Object(all)
}

fn read(faults: &Map<String, Value>) -> Result<Faults, String> {
    serde_json::from_value(Value::Object(faults.clone())).map_err(|error| error.to_string())
}

/// Takes network and person out of the message.
fn place(message: &mut Map<String, Value>) -> Result<(&'static str, &'static str), String> {
    let network = message.remove("network").unwrap_or_default();
    let network = network.as_str().and_then(Network::called).ok_or("network: unknown or missing")?;
    let person = match message.remove("person").unwrap_or_default() {
        Value::Null => "",
        other => other.as_str().and_then(Person::called).ok_or("person: unknown")?.id,
    };
    Ok((network.id, person))
}
