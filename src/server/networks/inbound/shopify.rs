//! Shopify: base64 over the body. The header tells which event; each shop is an app of its own here.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Letter, Message, People};
use crate::domain::Reason;

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let signature = BASE64_STANDARD.decode(letter.header("x-shopify-hmac-sha256")?).ok()?;
    if !letter.is_signed(&[letter.body], &signature) {
        return None;
    }
    match letter.header("x-shopify-topic")? {
        "app/uninstalled" => {
            Some(Message { people: People::Everybody, reason: Some(Reason::Removed), ..Message::nothing() })
        }
        _ => Some(Message::nothing()),
    }
}
