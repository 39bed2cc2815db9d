//! HMAC-SHA256 by the app's secret, compared in constant time, and how old a message may be.

use std::time::Duration;

use ring::hmac::{HMAC_SHA256, Key, verify};
use secrecy::ExposeSecret;

use super::Letter;
use crate::domain::Moment;

/// Networks repeat what they could not deliver, with a new time; what is older was recorded by somebody.
const OLDEST: Duration = Duration::from_mins(10);

impl Letter<'_> {
    /// Whether `signature` is the app's secret over `parts`, one after the other.
    pub(super) fn is_signed(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let secret = self.app.hook_secret.as_ref().unwrap_or(&self.app.client_secret);
        let key = Key::new(HMAC_SHA256, secret.expose_secret().as_bytes());
        verify(&key, &parts.concat(), signature).is_ok()
    }

    /// Whether it was sent a moment ago, by the network's clock and ours.
    pub(super) fn is_recent(&self, sent_at: Moment) -> bool {
        self.now.since(sent_at) < OLDEST && sent_at.since(self.now) < OLDEST
    }

    /// As [`Letter::is_recent`], of seconds since 1970.
    pub(super) fn is_recent_second(&self, text: &str) -> bool {
        let seconds: Option<i64> = text.parse().ok();
        seconds.is_some_and(|seconds| self.is_recent(Moment(seconds.saturating_mul(1_000))))
    }
}

/// Bytes of hexadecimal digits.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
