//! The keys that networks publish, as they were last seen. A token that names a key which is not among them has us look
//! once more: networks change their keys without asking anybody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::header::{ACCEPT, USER_AGENT};
use serde_json::Value;

use super::{
    NetworkClient, NoAnswer,
    client::{Answer, USER_AGENT as OURS},
    jose::{Alg, By, Key, Signed, keys},
    outside::Door,
};
use crate::domain::Moment;

/// A key that was withdrawn is believed no longer than this.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// Keys by the address where they are published. Cheap to clone; one per process.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<Mutex<HashMap<String, Seen>>>);

#[derive(Clone, Debug)]
struct Seen {
    keys: Arc<Vec<Key>>,
    at: Moment,
}

/// Why something signed is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// The network's keys cannot be had just now.
    #[error("the network's keys cannot be had: {0}")]
    NoKeys(#[from] NoAnswer),
    /// It names a key that the network does not publish: not yet, or nobody's.
    #[error("it names a key that the network does not publish")]
    UnknownKey,
    /// It is not signed by the network.
    #[error("it is not signed by the network")]
    NotSigned,
    /// It is, and says what it must not, or lacks what it must say.
    #[error("it does not say what it must: {0}")]
    Says(&'static str),
}

impl NetworkClient {
    /// What `token` says, if one of the keys at `address` has signed it. For a key that nobody knows the set is fetched
    /// anew, unless it is younger than `no_sooner_than`: who may send us tokens without having been asked, must not make us
    /// ask a network as often as they like.
    ///
    /// # Errors
    /// [`NotBelieved`].
    pub async fn believed(
        &self,
        token: &str,
        (door, address, allowed): (Door, &str, &[Alg]),
        (now, no_sooner_than): (Moment, Duration),
    ) -> Result<Value, NotBelieved> {
        let signed = Signed::read(token).ok_or(NotBelieved::NotSigned)?;
        let known = self.keyring.at(address).filter(|seen| now.since(seen.at) < KEPT_FOR);
        let is_known = known.is_some();
        let seen = match known {
            Some(seen) => seen,
            None => self.fetch((door, address), now).await?,
        };
        let by = match signed.by(&seen.keys, allowed) {
            By::UnknownKey if is_known && now.since(seen.at) >= no_sooner_than => {
                signed.by(&self.fetch((door, address), now).await?.keys, allowed)
            }
            by => by,
        };
        match by {
            By::Theirs => Ok(signed.says().clone()),
            By::UnknownKey => Err(NotBelieved::UnknownKey),
            By::Nobody => Err(NotBelieved::NotSigned),
        }
    }

    async fn fetch(&self, (door, address): (Door, &str), now: Moment) -> Result<Seen, NoAnswer> {
        let request = http::Request::get(address).header(ACCEPT, "application/json").header(USER_AGENT, OURS);
        let answer: Answer = self.answer(door, request.body(vec![]).ok().ok_or(NoAnswer::BadAddress)?).await?;
        let keys = keys(&answer.json);
        // A page for people, or a set without a key: what is known stays known.
        if !answer.is_ok() || keys.is_empty() {
            return Err(NoAnswer::Down);
        }
        let seen = Seen { keys: Arc::new(keys), at: now };
        self.keyring.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_owned(), seen.clone());
        Ok(seen)
    }
}

impl Keyring {
    fn at(&self, address: &str) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }
}
