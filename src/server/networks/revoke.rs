//! Giving a permission back at the network.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{
    Bearer, NetworkApp, NetworkClient, NoAnswer, Verdict,
    asking::ask,
    check,
    client::Answer,
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
    let (first, other) = match (revoke.token, given.refresh) {
        (WhichToken::Refresh, Some(refresh)) => (refresh, Some(given.access)),
        (_, refresh) => (given.access, refresh),
    };
    let tell = async |token| {
        let bearer = Bearer { access: token, key: given.key, kept: given.kept };
        ask(client, app, &revoke.ask, (bearer, &[("user_id", app.unqualified(given.person_id))])).await
    };
    let mut answer = tell(first).await;
    if let (Some(other), true) = (other, answer.as_ref().is_ok_and(wants_the_other)) {
        answer = tell(other).await;
    }
    let verdict = Verdict::of_call(&app.definition, &answer, revoke.ask.ok.as_ref());
    // A token that is dead already cannot be revoked, and needs not be.
    if revoke.ask.auth == Auth::Bearer && matches!(verdict, Verdict::Dead(_)) {
        return Ok(Some(Returned::Returned));
    }
    let answer = answer?;
    let is_gone = revoke.gone.contains(&answer.status);
    let is_done = (200..300).contains(&answer.status) && (revoke.ask.ok.is_none() || verdict == Verdict::Alive);
    if !is_gone && !is_done {
        return Ok(if may_be_done_yet(revoke.ask.auth, verdict, &answer) { None } else { Some(Returned::Failed) });
    }
    if !revoke.verify {
        return Ok(Some(Returned::Returned));
    }
    let bearer = Bearer { access: given.access, key: given.key, kept: given.kept };
    let is_dead = matches!(check(client, app, bearer).await, Verdict::Dead(_));
    Ok(Some(if is_dead { Returned::Returned } else { Returned::ByHand }))
}

/// A server may take only one of the two kinds of token (RFC 7009, section 2.2.1).
fn wants_the_other(answer: &Answer) -> bool {
    !answer.is_ok() && answer.text("error").as_deref() == Some("unsupported_token_type")
}

/// Whether a no is one that passes: because the network cannot just now (503 is "it still exists", RFC 7009, section
/// 2.2.1), because it refuses us and not the token, or because it is no word of the network's at all. Any other no
/// stands, a 200 that says no too.
fn may_be_done_yet(auth: Auth, verdict: Verdict, answer: &Answer) -> bool {
    let error = answer.text("error");
    let is_of_app = matches!(auth, Auth::App | Auth::Basic) && answer.status == 401;
    let refuses_us = is_of_app || matches!(error.as_deref(), Some("invalid_client" | "unauthorized_client"));
    let passes = matches!(verdict, Verdict::SlowDown(_) | Verdict::OurAppIsWrong | Verdict::PersonMustAct);
    passes || refuses_us || !answer.json.is_object() || matches!(answer.status, 408 | 425 | 429 | 500..)
}
