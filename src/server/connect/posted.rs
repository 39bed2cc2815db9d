//! An answer that came by a form (`response_mode=form_post`). The network's page posts it across sites, so neither of
//! our cookies comes with it and nothing can be compared yet. It is sealed under its attempt, which it does not spend,
//! until the same browser fetches it at an address of ours.
//!
//! "The same browser" is proven by a token of its own. Without that, whoever began the attempt could send its address to
//! somebody else and fetch what that person's browser has posted, before it does.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    Callback, ConnectError,
    attempts::{self, Secrets},
};
use crate::{
    domain::{AttemptId, NetworkAppId},
    server::{
        App, Refusal,
        vault::{hash, random_token},
    },
};

/// A [`Callback`] as it is sealed. Not `Debug`: it holds a code.
#[derive(Serialize, Deserialize)]
struct Posted {
    /// The hash of what the posting browser was given.
    browser: Vec<u8>,
    network_app: NetworkAppId,
    state: String,
    answer: Result<String, String>,
    iss: Option<String>,
}

/// Where the browser goes on, and what it must bring.
pub struct Sealed {
    /// The attempt.
    pub attempt: AttemptId,
    /// Only its hash is kept.
    pub cookie: String,
}

/// Seals the answer under the attempt that waits for it; the latest counts. `None`: nothing waits for it.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn post(app: &App, callback: Callback) -> Result<Option<Sealed>, ConnectError> {
    let Some(attempt) = attempts::waiting(app, &callback.state).await? else { return Ok(None) };
    let cookie = random_token();
    let posted = Posted {
        browser: hash(&cookie),
        network_app: callback.network_app,
        state: callback.state,
        answer: callback.answer.map(|code| code.expose_secret().to_owned()),
        iss: callback.iss,
    };
    let text = serde_json::to_string(&posted).ok().ok_or(ConnectError::Unreadable)?;
    app.vault.put(app.store.read(), Secrets(&attempt).posted(), &text.into()).await?;
    Ok(Some(Sealed { attempt: attempt.id, cookie }))
}

/// What this browser posted for the attempt, if it did.
///
/// # Errors
/// When the database or the vault does not answer.
pub async fn posted(app: &App, id: AttemptId, cookie: &str) -> Result<Option<Callback>, Refusal> {
    let db = app.store.read();
    let Some(attempt) = attempts::find(db, id).await? else { return Ok(None) };
    let Some(text) = app.vault.find(db, Secrets(&attempt).posted()).await? else { return Ok(None) };
    let posted: Posted = serde_json::from_str(text.expose_secret()).ok().ok_or(ConnectError::Unreadable)?;
    if posted.browser != hash(cookie) {
        return Ok(None);
    }
    let Posted { network_app, state, answer, iss, .. } = posted;
    Ok(Some(Callback { network_app, state, answer: answer.map(SecretString::from), iss, instance: None }))
}
