//! Discord's webhook events: Ed25519 over the time and the body. What the app's `hook_secret` holds is its public key, which
//! is no secret; messages are signed by nothing else.

use ring::signature::{ED25519, UnparsedPublicKey};
use secrecy::ExposeSecret;

use super::{Letter, Message, Reply, signature::hex};
use crate::{domain::Reason, server::networks::client::text_at};

pub(super) fn read(letter: &Letter<'_>) -> Option<Message> {
    let sent_at = letter.header("x-signature-timestamp")?;
    let signature = hex(letter.header("x-signature-ed25519")?)?;
    let key = hex(letter.app.hook_secret.as_ref()?.expose_secret().trim())?;
    let signed = [sent_at.as_bytes(), letter.body].concat();
    let is_signed = UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature).is_ok();
    if !is_signed || !letter.is_recent_second(sent_at) {
        return None;
    }
    let json = letter.json()?;
    match text_at(&json, "event.type").as_deref() {
        Some("APPLICATION_DEAUTHORIZED") => {
            let person = text_at(&json, "event.data.user.id")?;
            Some(Message { reply: Reply::Nothing, ..Message::about(vec![person], Reason::Removed) })
        }
        // A question whether somebody listens is answered in the same way.
        _ => Some(Message { reply: Reply::Nothing, ..Message::nothing() }),
    }
}
