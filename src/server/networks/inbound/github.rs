//! GitHub: `sha256=<hex>` over the body.

use super::{Letter, Message, signature::hex};
use crate::{domain::Reason, server::networks::client::text_at};

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let signature = hex(letter.header("x-hub-signature-256")?.strip_prefix("sha256=")?)?;
    if !letter.is_signed(&[letter.body], &signature) {
        return None;
    }
    let json = letter.json()?;
    let is_revoked = letter.header("x-github-event")? == "github_app_authorization"
        && text_at(&json, "action").as_deref() == Some("revoked");
    if is_revoked {
        return Some(Message::about(vec![text_at(&json, "sender.id")?], Reason::Removed));
    }
    Some(Message::nothing())
}
