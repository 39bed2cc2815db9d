//! `TikTok`: `TikTok-Signature: t=<seconds>,s=<hex>` over the time, a dot, and the body.

use super::{Letter, Message, signature::hex};
use crate::{domain::Reason, server::networks::client::text_at};

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let header = letter.header("tiktok-signature")?;
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (sent_at, signature) = (part("t")?, hex(part("s")?)?);
    if !letter.is_recent_second(sent_at) || !letter.is_signed(&[sent_at.as_bytes(), b".", letter.body], &signature) {
        return None;
    }
    let json = letter.json()?;
    match text_at(&json, "event")?.as_str() {
        // Its reasons (disconnected, deleted, banned …) all end the permission.
        "authorization.removed" => Some(Message::about(vec![text_at(&json, "user_openid")?], Reason::Removed)),
        _ => Some(Message::nothing()),
    }
}
