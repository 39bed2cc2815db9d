//! What a server says of itself: its metadata document (RFC 8414, OpenID Connect Discovery), and whether that can be used.

use oauth2::url::Url;
use serde_json::Value;

use super::{
    super::{
        NetworkClient,
        client::Answer,
        definition::{ClientAuth, Definition, Found, SAMPLES},
        outside::{Door, look_at},
    },
    NoInstance, Place,
};

/// What is to be known of the place before a person is sent there.
///
/// # Errors
/// [`NoInstance`].
pub async fn find(client: &NetworkClient, definition: &Definition, place: &Place) -> Result<Found, NoInstance> {
    let found = place.found();
    let addresses = definition.metadata_at(&found);
    if addresses.is_empty() {
        return Ok(found);
    }
    let mut is_there = false;
    for address in addresses {
        let request = http::Request::get(address).header("accept", "application/json").body(vec![]);
        let Ok(request) = request else { continue };
        match client.answer(Door::Outside, request).await {
            Ok(answer) if answer.is_ok() && answer.json.is_object() => {
                return described((definition, found), &answer, place, client.allowed());
            }
            Ok(_) => is_there = true,
            Err(_) => {}
        }
    }
    let may_lack_it = definition.instance.as_ref().is_some_and(|instance| instance.metadata_is_optional);
    if !is_there {
        return Err(NoInstance::NotThere);
    }
    if may_lack_it { Ok(found) } else { Err(NoInstance::NotOne) }
}

/// Reads the description. Every address in it goes through the same door later; one that could not is refused now.
fn described(
    (definition, mut found): (&Definition, Found),
    answer: &Answer,
    place: &Place,
    allowed: &[String],
) -> Result<Found, NoInstance> {
    let (says, asked) = (|name: &str| answer.json.get(name), place.issuer());
    // Compared as text (RFC 8414, section 3.3). With or without a slash at its end an issuer has the same document.
    let issuer = says("issuer").and_then(Value::as_str).ok_or(NoInstance::NotOne)?;
    if issuer != asked && issuer.strip_suffix('/') != Some(&asked) {
        return Err(NoInstance::NotOne);
    }
    found.issuer = Some(issuer.to_owned());
    found.words.insert("issuer".to_owned(), issuer.to_owned());
    for (name, _) in SAMPLES.iter().filter(|(name, _)| !matches!(*name, "issuer" | "host")) {
        let Some(address) = says(name).and_then(Value::as_str) else { continue };
        let url = Url::parse(address).ok().filter(|url| url.fragment().is_none() && !address.contains(['{', '}']));
        let url = url.filter(|url| look_at(url, allowed).is_ok()).ok_or(NoInstance::NotOne)?;
        found.words.insert((*name).to_owned(), url.into());
    }
    let list = |name: &str| says(name).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str));
    found.pkce = list("code_challenge_methods_supported").map(|mut methods| methods.any(|method| method == "S256"));
    let methods = list("token_endpoint_auth_methods_supported").map(Iterator::collect::<Vec<_>>);
    found.auth = methods.and_then(|methods| other_proof(definition.token.auth, &methods));
    let mut bindings = list("dpop_signing_alg_values_supported").into_iter().flatten();
    found.dpop = bindings.any(|way| way == "ES256");
    found.says_iss = says("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
    found.scopes = list("scopes_supported").into_iter().flatten().map(str::to_owned).collect();
    Ok(found)
}

/// How an app proves itself at a server that does not take the file's way, by the names that descriptions have for it
/// (RFC 7591, section 2). One that is known by a key or by nothing is known by no secret.
fn other_proof(own: ClientAuth, takes: &[&str]) -> Option<ClientAuth> {
    let known = [("client_secret_basic", ClientAuth::Basic), ("client_secret_post", ClientAuth::Body)];
    let is_taken = |(name, _): &&(&str, ClientAuth)| takes.contains(name);
    let own = known.iter().find(|(_, auth)| *auth == own)?;
    known.iter().find(is_taken).filter(|_| !takes.contains(&own.0)).map(|(_, auth)| *auth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_takes_the_files_proof_is_shown_that() {
        for (own, takes, other) in [
            (ClientAuth::Body, &["client_secret_basic", "client_secret_post"][..], None),
            (ClientAuth::Body, &["client_secret_basic"], Some(ClientAuth::Basic)),
            (ClientAuth::Basic, &["client_secret_post", "private_key_jwt"], Some(ClientAuth::Body)),
            (ClientAuth::Basic, &["private_key_jwt"], None),
            (ClientAuth::PrivateKeyJwt, &["client_secret_basic"], None),
            (ClientAuth::None, &["client_secret_basic", "none"], None),
        ] {
            assert_eq!(other_proof(own, takes), other, "{own:?} {takes:?}");
        }
    }
}
