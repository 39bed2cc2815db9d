//! The applications that are registered here, fixed: two at each network, ours and one for hostile tests.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use oauth2::url::form_urlencoded;

use super::{
    answers::Refusal,
    networks::{ClientAuth, Network},
    params::Params,
};

/// Our client id at a network.
#[must_use]
pub fn client_id(network: &str) -> String {
    format!("greentick-{network}")
}

/// Our client secret at a network.
#[must_use]
pub fn client_secret(network: &str) -> String {
    format!("sandbox-secret-{network}")
}

/// The client id of an application that is not ours.
#[must_use]
pub fn hostile_client_id(network: &str) -> String {
    format!("other-{network}")
}

/// Its client secret.
#[must_use]
pub fn hostile_client_secret(network: &str) -> String {
    format!("other-secret-{network}")
}

/// Whether an application of this id is registered at the network.
pub(super) fn is_known(network: &Network, id: &str) -> bool {
    id == client_id(network.id) || id == hostile_client_id(network.id)
}

/// What a person reads as the name of an application.
pub(super) fn display_name(id: &str) -> &'static str {
    if id.starts_with("greentick-") { "Greentick" } else { "Other App" }
}

/// The id and secret of a request, not yet believed.
pub(super) struct Credentials {
    pub id: String,
    secret: String,
    way: ClientAuth,
}

impl Credentials {
    pub(super) fn read(headers: &HeaderMap, params: &Params) -> Option<Self> {
        Self::from_header(headers).or_else(|| Self::from_body(params))
    }

    /// The id, if they are right and came the way that this network wants.
    pub(super) fn prove(this: Option<&Self>, network: &Network) -> Result<String, Refusal> {
        let this = this.ok_or(Refusal::Client("no client credentials"))?;
        if network.client_auth != ClientAuth::Either && network.client_auth != this.way {
            return Err(Refusal::Client("client credentials came the wrong way"));
        }
        if this.secret_is_right(network) {
            return Ok(this.id.clone());
        }
        Err(Refusal::Client("unknown client or wrong secret"))
    }

    fn secret_is_right(&self, network: &Network) -> bool {
        let ours = self.id == client_id(network.id) && self.secret == client_secret(network.id);
        ours || (self.id == hostile_client_id(network.id) && self.secret == hostile_client_secret(network.id))
    }

    fn from_header(headers: &HeaderMap) -> Option<Self> {
        let sent = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let plain = String::from_utf8(STANDARD.decode(sent.trim()).ok()?).ok()?;
        let (id, secret) = plain.split_once(':')?;
        Some(Self { id: form_decoded(id), secret: form_decoded(secret), way: ClientAuth::Basic })
    }

    fn from_body(params: &Params) -> Option<Self> {
        let secret = params.one("client_secret")?.to_owned();
        Some(Self { id: params.one("client_id")?.to_owned(), secret, way: ClientAuth::Body })
    }
}

/// Id and secret are form-urlencoded before they are joined for Basic (RFC 6749, section 2.3.1).
fn form_decoded(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes())
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}
