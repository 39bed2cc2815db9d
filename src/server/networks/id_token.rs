//! Who approved, in the network's own signed words (OpenID Connect Core, sections 2, 3.1.3.7 and 12.2).

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, SHA512, digest};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tracing::warn;

use super::{
    NetworkApp, NetworkClient, Tokens, Verdict, WhoError,
    definition::IdToken,
    jose::{Alg, Signed},
    keyring::NotBelieved,
};
use crate::domain::{Account, Moment};

/// Their clock is not ours.
const SKEW: Duration = Duration::from_mins(1);

/// What an `id_token` that came with a code's answer must fit.
pub struct Expected<'a> {
    /// The person, as they were asked about by the access token.
    pub person: &'a Account,
    /// Whether this is the attempt's nonce.
    pub is_nonce: &'a (dyn Fn(&str) -> bool + Sync),
    /// The access token that came with it.
    pub access: &'a SecretString,
    /// When it came.
    pub came_at: Moment,
}

/// Checks the `id_token` of a code's answer, where the definition says that there is one.
///
/// # Errors
/// [`WhoError::Odd`] when it is missing, not signed by the network, not for us, not of now, or about somebody else;
/// [`WhoError::Refused`] when the network's keys cannot be had.
pub async fn confirm(
    client: &NetworkClient,
    app: &NetworkApp,
    id_token: Option<&SecretString>,
    expected: &Expected<'_>,
) -> Result<(), WhoError> {
    let Some(wanted) = &app.definition.id_token else { return Ok(()) };
    let checked = match id_token {
        Some(token) => check(client, (app, wanted), token, expected).await,
        None => Err(NotBelieved::Says("there is none")),
    };
    checked.map_err(|error| {
        warn!(network = %app.definition.id, %error, "an id_token is not believed");
        match error {
            NotBelieved::NoKeys(_) => WhoError::Refused(Verdict::NoAnswer),
            NotBelieved::UnknownKey | NotBelieved::NotSigned | NotBelieved::Says(_) => WhoError::Odd,
        }
    })
}

async fn check(
    client: &NetworkClient,
    (app, wanted): (&NetworkApp, &IdToken),
    token: &SecretString,
    expected: &Expected<'_>,
) -> Result<(), NotBelieved> {
    let Expected { person, is_nonce, access, came_at } = expected;
    let by = (app.door(), wanted.keys.as_str(), &wanted.algs[..]);
    let claims = client.believed(token.expose_secret(), by, (*came_at, Duration::ZERO)).await?;
    is_for_us(app, &claims, app.unqualified(&person.id))?;
    let second = |name: &str| claims.get(name).and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "a second more or less")]
    let (now, skew) = (came_at.0 as f64 / 1_000.0, SKEW.as_secs_f64());
    demand(second("exp").is_some_and(|end| end > now - skew), "exp")?;
    demand(second("iat").is_some_and(|issued| issued < now + skew), "iat")?;
    demand(text(&claims, "nonce").is_some_and(is_nonce), "nonce")?;
    let is_right = |hash: &str| hash == half_hash(token, access);
    demand(claims.get("at_hash").is_none_or(|hash| hash.as_str().is_some_and(is_right)), "at_hash")
}

/// Whose the tokens of a refresh's answer are, if not this person's: by what a hook keeps of each answer (atproto's `sub`),
/// and by the `id_token`, where there is one, which must be of the same issuer and still for us. It came from the token
/// endpoint itself, so without the network's keys, or before the network publishes the newest, its own word is enough
/// (section 3.1.3.7, 6).
///
/// # Errors
/// [`NotBelieved`], never for want of a key.
pub async fn somebody_elses(
    client: &NetworkClient,
    app: &NetworkApp,
    (tokens, kept): (&Tokens, &BTreeMap<String, String>),
    (person_id, now): (&str, Moment),
) -> Result<Option<String>, NotBelieved> {
    if let Some(name) = app.definition.hook.map(|hooked| hooked.hook().person())
        && let (Some(now), Some(before)) = (tokens.kept.get(name), kept.get(name))
        && now != before
    {
        return Ok(Some(now.clone()));
    }
    let (Some(wanted), Some(token)) = (&app.definition.id_token, &tokens.id_token) else { return Ok(None) };
    let token = token.expose_secret();
    let by = (app.door(), wanted.keys.as_str(), &wanted.algs[..]);
    let claims = match client.believed(token, by, (now, Duration::ZERO)).await {
        Err(NotBelieved::NoKeys(_) | NotBelieved::UnknownKey) => {
            Signed::read(token).ok_or(NotBelieved::NotSigned)?.says().clone()
        }
        believed => believed?,
    };
    match is_for_us(app, &claims, app.unqualified(person_id)) {
        Err(NotBelieved::Says("sub")) if text(&claims, "sub").is_some() => Ok(text(&claims, "sub").map(str::to_owned)),
        checked => checked.map(|()| None),
    }
}

/// Issuer, audience and subject. A token that is for others too is one that they could have got and shown to us.
fn is_for_us(app: &NetworkApp, claims: &Value, person_id: &str) -> Result<(), NotBelieved> {
    let is_us = |value: &Value| value.as_str() == Some(&app.client_id);
    let audience = match claims.get("aud") {
        Some(Value::Array(all)) => !all.is_empty() && all.iter().all(is_us),
        Some(one) => is_us(one),
        None => false,
    };
    demand(text(claims, "iss") == Some(&app.definition.issuer), "iss")?;
    demand(audience, "aud")?;
    demand(claims.get("azp").is_none_or(is_us), "azp")?;
    demand(text(claims, "sub") == Some(app.unqualified(person_id)), "sub")
}

fn demand(holds: bool, what: &'static str) -> Result<(), NotBelieved> {
    if holds { Ok(()) } else { Err(NotBelieved::Says(what)) }
}

fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The left half of the access token's hash, by the hash of the way that the `id_token` is signed in (section 3.1.3.6).
fn half_hash(id_token: &SecretString, access: &SecretString) -> String {
    let alg = Signed::read(id_token.expose_secret()).and_then(|signed| signed.alg);
    let hash = digest(if alg == Some(Alg::EdDsa) { &SHA512 } else { &SHA256 }, access.expose_secret().as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is the standard's own example (appendix A.3); with Ed25519 it is the hash that Ed25519 has inside.
    #[test]
    fn an_access_token_is_hashed_by_the_hash_of_the_signature() {
        let access = SecretString::from("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        for (alg, half) in
            [("RS256", "77QmUPtjPfzWtF2AnpK9RQ"), ("EdDSA", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM")]
        {
            let header = BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{alg}\"}}"));
            let id_token = SecretString::from(format!("{header}.e30.AA"));
            assert_eq!(half_hash(&id_token, &access), half, "{alg}");
        }
    }
}
