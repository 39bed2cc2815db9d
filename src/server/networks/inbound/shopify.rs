//! Shopify: base64 over the body. The headers tell which event, and which shop.

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
            let host = letter.header("x-shopify-shop-domain").map(str::to_owned);
            Some(Message { people: People::Everybody, reason: Some(Reason::Removed), host, ..Message::nothing() })
        }
        _ => Some(Message::nothing()),
    }
}
