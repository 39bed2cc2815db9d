//! What a field of a definition must be. Read where the file is read, so that a wrong one is told at the start with its
//! line, and not when somebody clicks.

use std::collections::BTreeMap;

use oauth2::url::Url;
use serde::{Deserialize, Deserializer, de::Error};

use super::{
    definition::{Lifetime, Pages, Refusal, Renews},
    fill::HOSTS,
    is_safe,
    jose::Alg,
};

/// What we say ourselves in the authorization request. Said twice, a network would have to choose.
const OURS: [&str; 11] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "request_uri",
];

type Read<'de, T, D> = Result<T, <D as Deserializer<'de>>::Error>;

/// An address that may carry secrets.
pub(super) fn address<'de, D: Deserializer<'de>>(field: D) -> Read<'de, String, D> {
    let text = String::deserialize(field)?;
    usable::<D::Error>(&text)?;
    Ok(text)
}

/// Headers whose names are names.
pub(super) fn headers<'de, D: Deserializer<'de>>(field: D) -> Read<'de, BTreeMap<String, String>, D> {
    let headers = BTreeMap::<String, String>::deserialize(field)?;
    match headers.keys().find(|name| http::HeaderName::try_from(name.as_str()).is_err()) {
        Some(name) => Err(D::Error::custom(format_args!("{name:?} is no name of a header"))),
        None => Ok(headers),
    }
}

/// As [`address`], where there is one.
pub(super) fn maybe_address<'de, D: Deserializer<'de>>(field: D) -> Read<'de, Option<String>, D> {
    address(field).map(Some)
}

/// As [`address`]; its query is not ours.
pub(super) fn authorize_address<'de, D: Deserializer<'de>>(field: D) -> Read<'de, String, D> {
    let text = String::deserialize(field)?;
    for (name, _) in usable::<D::Error>(&text)?.query_pairs() {
        not_ours::<D::Error>(&name)?;
    }
    Ok(text)
}

/// Parameters that are not ours.
pub(super) fn own_params<'de, D: Deserializer<'de>>(field: D) -> Read<'de, BTreeMap<String, String>, D> {
    let params = BTreeMap::<String, String>::deserialize(field)?;
    for name in params.keys() {
        not_ours::<D::Error>(name)?;
    }
    Ok(params)
}

/// What is kept of an answer: nothing by a name that leads to a whole host.
pub(super) fn kept<'de, D: Deserializer<'de>>(field: D) -> Read<'de, BTreeMap<String, String>, D> {
    let kept = BTreeMap::<String, String>::deserialize(field)?;
    match kept.keys().find(|name| HOSTS.contains(&name.as_str())) {
        Some(name) => Err(D::Error::custom(format_args!("{name} is a host that is looked into, and not kept"))),
        None => Ok(kept),
    }
}

/// What stands between scopes.
pub(super) fn separator<'de, D: Deserializer<'de>>(field: D) -> Read<'de, String, D> {
    filled(String::deserialize(field)?, "an empty text separates nothing")
}

/// A text that says something.
pub(super) fn some_text<'de, D: Deserializer<'de>>(field: D) -> Read<'de, String, D> {
    filled(String::deserialize(field)?, "this must not be empty")
}

/// Rules that tell one answer from another.
pub(super) fn telling<'de, D: Deserializer<'de>>(field: D) -> Read<'de, Vec<Refusal>, D> {
    let rules = Vec::<Refusal>::deserialize(field)?;
    if rules.iter().all(|rule| rule.status.is_some() || rule.path.is_some()) {
        return Ok(rules);
    }
    Err(D::Error::custom("a rule in refusals has neither status nor path, so that every answer would match it"))
}

/// A life that is extended by a request, or by none.
pub(super) fn extending<'de, D: Deserializer<'de>>(field: D) -> Read<'de, Lifetime, D> {
    let lifetime = Lifetime::deserialize(field)?;
    match (lifetime.renewal == Renews::Extend, lifetime.extend.is_some()) {
        (true, false) => Err(D::Error::custom("renewal = \"extend\" needs lifetime.extend, the request that extends")),
        (false, true) => Err(D::Error::custom("lifetime.extend is never used without renewal = \"extend\"")),
        _ => Ok(lifetime),
    }
}

/// Lists that lead to lists, or neither.
pub(super) fn leading<'de, D: Deserializer<'de>>(field: D) -> Read<'de, Option<Pages>, D> {
    let pages = Pages::deserialize(field)?;
    let (ask, parent) = (&pages.ask, "{parent}");
    let is_named = ask.url.contains(parent)
        || ask.text.as_ref().is_some_and(|text| text.contains(parent))
        || ask.params.values().chain(ask.headers.values()).any(|value| value.contains(parent));
    match (is_named, pages.via.is_some()) {
        (true, false) => Err(D::Error::custom("pages.ask names {parent}, and there is no pages.via that has parents")),
        (false, true) => Err(D::Error::custom("pages.ask must name {parent}, an id from the list of pages.via")),
        _ => Ok(Some(pages)),
    }
}

/// At least one way to sign.
pub(super) fn registered<'de, D: Deserializer<'de>>(field: D) -> Read<'de, Vec<Alg>, D> {
    let algs = Vec::<Alg>::deserialize(field)?;
    if algs.is_empty() { Err(D::Error::custom("what is signed in no way is not signed")) } else { Ok(algs) }
}

fn filled<E: Error>(text: String, or: &str) -> Result<String, E> {
    if text.is_empty() { Err(E::custom(or)) } else { Ok(text) }
}

pub(super) fn usable<E: Error>(text: &str) -> Result<Url, E> {
    let is_usable =
        |url: &Url| is_safe(url) && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    // A name in braces stands for something that an address may hold.
    Url::parse(&text.replace(['{', '}'], "")).ok().filter(is_usable).ok_or_else(|| {
        E::custom(format_args!(
            "{text:?} is no usable address: it must be https://…, or http://… on a loopback address, without a name, \
             a password or a #"
        ))
    })
}

fn not_ours<E: Error>(name: &str) -> Result<(), E> {
    if OURS.contains(&name) {
        Err(E::custom(format_args!("the parameter {name} is set for each attempt")))
    } else {
        Ok(())
    }
}
