//! Slack: `v0=<hex>` over the version, the time and the body, with colons between.

use serde_json::Value;

use super::{Letter, Message, signature::hex};
use crate::{
    domain::Reason,
    server::networks::client::{at, text_at},
};

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let sent_at = letter.header("x-slack-request-timestamp")?;
    let signature = hex(letter.header("x-slack-signature")?.strip_prefix("v0=")?)?;
    if !letter.is_recent_second(sent_at)
        || !letter.is_signed(&[b"v0:", sent_at.as_bytes(), b":", letter.body], &signature)
    {
        return None;
    }
    let json = letter.json()?;
    if text_at(&json, "type")? == "url_verification" {
        return Some(Message::echo(text_at(&json, "challenge").as_deref()));
    }
    match text_at(&json, "event.type")?.as_str() {
        "tokens_revoked" => {
            let of = |path: &str| at(&json, path).and_then(Value::as_array).cloned().unwrap_or_default();
            let people = [of("event.tokens.oauth"), of("event.tokens.bot")].concat();
            let people = people.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            Some(Message::about(people, Reason::Removed))
        }
        "app_uninstalled" => Some(Message::about(vec![text_at(&json, "team_id")?], Reason::Removed)),
        _ => Some(Message::nothing()),
    }
}
