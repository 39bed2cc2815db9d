//! What an attempt is bound to, as one value that only its own browser can make again.

use super::attempts::Attempt;
use crate::server::vault::hash;

/// The attempt's cookie, hashed together with everything that the attempt was opened for (SECURITY: O-04). Most of that
/// comes back with no callback, so there is nothing else to compare it with: whoever could change rows, but has not the
/// cookie, would turn a yes to one page into a yes to another.
pub fn binding(attempt: &Attempt, cookie: &str) -> Vec<u8> {
    let Attempt { id, state_hash, workspace, page, user_id, session, network_app, .. } = attempt;
    let Attempt { issuer, token_endpoint, redirect_uri, scopes, nonce_hash, change_pages, created_at, .. } = attempt;
    let whom = (id, state_hash, workspace, page, user_id, session);
    let what = (network_app, issuer, token_endpoint, redirect_uri, &scopes.0, nonce_hash, change_pages, created_at);
    hash(&serde_json::to_string(&(cookie, whom, what)).expect("ids, texts and numbers are always JSON"))
}
