//! Meta: a form with `signed_request`, which is a signature and a payload, both base64url, with a dot between
//! (HMAC-SHA256 over the encoded payload). It comes when a
//! person removes the app, and when they ask that their data be deleted; the answer serves both.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2::url::form_urlencoded;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Letter, Message, Reply};
use crate::{domain::Reason, server::networks::client::text_at};

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let (_, signed) = form_urlencoded::parse(letter.body).find(|(name, _)| name == "signed_request")?;
    let (signature, payload) = signed.split_once('.')?;
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    if !letter.is_signed(&[payload.as_bytes()], &decoded(signature)?) {
        return None;
    }
    let payload: Value = serde_json::from_slice(&decoded(payload)?).ok()?;
    // The one that was checked; another would be a downgrade.
    if !text_at(&payload, "algorithm")?.eq_ignore_ascii_case("HMAC-SHA256") {
        return None;
    }
    if !letter.is_recent_second(&text_at(&payload, "issued_at")?) {
        return None;
    }
    let person = text_at(&payload, "user_id")?;
    let code = code_of(&person);
    Some(Message { reply: Reply::Deletion(code), ..Message::about(vec![person], Reason::Removed) })
}

/// What the person can name later; it tells nobody who they are.
fn code_of(person: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(person.as_bytes())[..12])
}
