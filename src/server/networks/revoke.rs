//! Giving a permission back at the network.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{
    Bearer, NetworkApp, NetworkClient, NoAnswer, Verdict,
    asking::ask,
    check,
    definition::{Auth, WhichToken},
};
use crate::domain::Returned;

/// The tokens of a permission that goes back, and whose it is.
pub struct GivenBack<'a> {
    /// The access token.
    pub access: &'a SecretString,
    /// The refresh token, where there is one.
    pub refresh: Option<&'a SecretString>,
    /// The network's id of the person.
    pub person_id: &'a str,
    /// The key that they are bound to, if there is one.
    pub key: Option<&'a SecretString>,
    /// What was kept of the token's answer.
    pub kept: &'a BTreeMap<String, String>,
}

/// Gives the permission back. `Ok(None)` means: try again later.
///
/// # Errors
/// [`NoAnswer`]; the permission must then be taken to exist still.
pub async fn revoke(
    client: &NetworkClient,
    app: &NetworkApp,
    given: GivenBack<'_>,
) -> Result<Option<Returned>, NoAnswer> {
    let Some(revoke) = &app.definition.revoke else { return Ok(Some(Returned::ByHand)) };
    let token = match revoke.token {
        WhichToken::Refresh => given.refresh.unwrap_or(given.access),
        WhichToken::Access => given.access,
    };
    let bearer = Bearer { access: token, key: given.key, kept: given.kept };
    let answer = ask(client, app, &revoke.ask, (bearer, &[("user_id", app.unqualified(given.person_id))])).await;
    let verdict = Verdict::of_call(&app.definition, &answer, revoke.ask.ok.as_ref());
    // A token that is dead already cannot be revoked, and needs not be.
    if revoke.ask.auth == Auth::Bearer && matches!(verdict, Verdict::Dead(_)) {
        return Ok(Some(Returned::Returned));
    }
    let answer = answer?;
    let is_gone = revoke.gone.contains(&answer.status);
    let is_done = (200..300).contains(&answer.status) && (revoke.ask.ok.is_none() || verdict == Verdict::Alive);
    if !is_gone && !is_done {
        return Ok(not_done(answer.status));
    }
    if !revoke.verify {
        return Ok(Some(Returned::Returned));
    }
    let bearer = Bearer { access: given.access, key: given.key, kept: given.kept };
    let is_dead = matches!(check(client, app, bearer).await, Verdict::Dead(_));
    Ok(Some(if is_dead { Returned::Returned } else { Returned::ByHand }))
}

/// 503 is "it still exists" (RFC 7009, section 2.2.1). A 200 that says no is a no.
fn not_done(status: u16) -> Option<Returned> {
    match status {
        408 | 425 | 429 | 500.. => None,
        _ => Some(Returned::Failed),
    }
}
