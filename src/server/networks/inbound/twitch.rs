//! Twitch `EventSub`: `sha256=<hex>` over the message's id, its time as it stands in the header, and the body.

use super::{Letter, Message, signature::hex};
use crate::{
    domain::{Moment, Reason},
    server::networks::client::text_at,
};

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let id = letter.header("twitch-eventsub-message-id")?;
    let sent_at = letter.header("twitch-eventsub-message-timestamp")?;
    let signature = hex(letter.header("twitch-eventsub-message-signature")?.strip_prefix("sha256=")?)?;
    if !letter.is_signed(&[id.as_bytes(), sent_at.as_bytes(), letter.body], &signature) {
        return None;
    }
    if !letter.is_recent(Moment::parse(sent_at)?) {
        return None;
    }
    let json = letter.json()?;
    match letter.header("twitch-eventsub-message-type")? {
        "webhook_callback_verification" => Some(Message::echo(text_at(&json, "challenge").as_deref())),
        "notification" if text_at(&json, "subscription.type")? == "user.authorization.revoke" => {
            Some(Message::about(vec![text_at(&json, "event.user_id")?], Reason::Removed))
        }
        _ => Some(Message::nothing()),
    }
}
