//! Who we are, where a network finds that at an address of ours: `client_id` is the address of a document, and the public
//! halves of our keys lie beside it (OAuth Client ID Metadata Document; atproto's OAuth profile).

use oauth2::url::{Url, form_urlencoded::Serializer};
use serde_json::{Value, json};

use super::{Definition, NetworkApp, SigningKey, definition::ClientAuth};
use crate::{domain::NetworkAppId, server::settings::AppCredentials};

/// What people read at the network.
const OUR_NAME: &str = "Greentick";
/// A public client's permission ends a day after it was last renewed, and must be given anew.
const A_DAY: u64 = 24 * 60 * 60;

/// Who we are there: an app whose address nobody outside can ask is one without a secret, which the network knows by its
/// name alone (atproto, "localhost client development").
pub(super) fn dressed(
    mut definition: Definition,
    mut own: AppCredentials,
    origin: &str,
    callback: NetworkAppId,
) -> (Definition, AppCredentials) {
    if !definition.client_document {
        return (definition, own);
    }
    if origin.starts_with("https://") {
        own.client_id = format!("{origin}/oauth/clients/{callback}/client-metadata.json");
        return (definition, own);
    }
    definition.token.auth = ClientAuth::None;
    definition.lifetime.refresh = Some(A_DAY);
    let redirect_uri = redirect_uri(origin, callback);
    let scope = definition.scopes().join(" ");
    let query =
        Serializer::new(String::new()).append_pair("redirect_uri", &redirect_uri).append_pair("scope", &scope).finish();
    own.client_id = format!("http://localhost?{query}");
    (definition, own)
}

/// Whether the settings must say `key` of an app at that network.
#[must_use]
pub fn is_needed(definition: &Definition, key: &str, is_https: bool) -> bool {
    match key {
        "client_id" => !definition.client_document,
        _ if definition.client_document => is_https,
        _ => definition.token.auth != ClientAuth::None,
    }
}

/// Whether the secret is a key where it must be one.
#[must_use]
pub fn is_key_where_needed(definition: &Definition, own: &AppCredentials, is_https: bool) -> bool {
    let must_sign =
        definition.token.auth == ClientAuth::PrivateKeyJwt && is_needed(definition, "client_secret", is_https);
    !must_sign || SigningKey::read(&own.client_secret).is_some()
}

fn redirect_uri(origin: &str, app: NetworkAppId) -> String {
    format!("{origin}/oauth/callback/{app}")
}

/// The document, if the app has one.
#[must_use]
pub fn client_document(app: &NetworkApp) -> Option<Value> {
    let definition = &app.definition;
    let origin = Url::parse(&app.client_id).ok().filter(|_| definition.client_document)?;
    if origin.scheme() != "https" {
        return None;
    }
    let origin = origin.origin().ascii_serialization();
    Some(json!({
        "client_id": app.client_id,
        "client_name": OUR_NAME,
        "client_uri": origin,
        "application_type": "web",
        "redirect_uris": [redirect_uri(&origin, app.callback)],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": definition.scopes().join(&definition.authorize.scope_separator),
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks_uri": format!("{origin}/oauth/clients/{}/jwks.json", app.callback),
        "dpop_bound_access_tokens": definition.binds_tokens(),
    }))
}

/// The public halves of the app's keys, the one that signs first; those that came before stay until their permissions end.
#[must_use]
pub fn client_keys(app: &NetworkApp) -> Option<Value> {
    if app.definition.token.auth != ClientAuth::PrivateKeyJwt {
        return None;
    }
    let public = |key: &SigningKey| {
        let mut public = key.public();
        public["kid"] = key.thumbprint().into();
        public["use"] = "sig".into();
        public["alg"] = "ES256".into();
        public
    };
    let keys: Vec<_> = SigningKey::read_all(&app.client_secret).iter().map(public).collect();
    Some(json!({ "keys": keys }))
}
