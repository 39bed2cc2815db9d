//! Who we are, where a network finds that at an address of ours.

use serde_json::{Value, json};

use super::{NetworkApp, SigningKey, definition::ClientAuth};

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
