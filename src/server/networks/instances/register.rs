//! An app of ours that comes to be at a server without a person: it registers itself, and registers anew when it was
//! forgotten.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    super::{
        Bearer, NetworkApp, NetworkClient,
        asking::{self, ask},
        client::at,
        definition::{ClientAuth, Definition, Register},
        fill::Words,
        outside::Door,
    },
    NoInstance,
};
use crate::{
    domain::{Moment, NetworkAppId},
    server::settings::AppCredentials,
};

/// What people read at the network.
const OUR_NAME: &str = "Greentick";

/// What an app was registered for; for anything else it must register anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Registered {
    /// Where people come back to.
    pub redirect_uri: String,
    /// The scopes that it may ask for.
    pub scopes: String,
    /// When its secret ends, if it does.
    pub ends_at: Option<Moment>,
}

/// Registers an app of ours at the server that `here` describes.
///
/// # Errors
/// [`NoInstance::NotThere`] when it does not answer, [`NoInstance::Refused`] when it does not take us.
pub async fn register(
    client: &NetworkClient,
    (here, register): (&Definition, &Register),
    our_address: &str,
    wanted: &Registered,
) -> Result<(AppCredentials, Registered), NoInstance> {
    let nobody = NetworkApp::new(NetworkAppId(Uuid::nil()), here.clone(), AppCredentials::default());
    let auth = match here.token.auth {
        ClientAuth::Basic => "client_secret_basic",
        ClientAuth::Body => "client_secret_post",
        ClientAuth::PrivateKeyJwt => "private_key_jwt",
        ClientAuth::None => "none",
    };
    let words = Words::of(&nobody)
        .and("our_name", OUR_NAME)
        .and("our_address", our_address)
        .and("redirect_uri", &wanted.redirect_uri)
        .and("scopes", &wanted.scopes)
        .and("auth_method", auth);
    let mut call = register.ask.clone();
    // Nothing of ours that it may name holds a quotation mark.
    call.text = call.text.map(|text| words.text(&text));
    let request = asking::request(&nobody, &call, &words).ok().ok_or(NoInstance::NotOne)?;
    let answer = client.answer(Door::Outside, request).await.ok().ok_or(NoInstance::NotThere)?;
    let text = |path: &str| answer.text(path).filter(|text| is_printable(text));
    let given = text(&register.client_id).zip(text(&register.client_secret));
    let (client_id, client_secret) = given.filter(|_| answer.is_ok()).ok_or(NoInstance::Refused)?;
    let ends = at(&answer.json, "client_secret_expires_at").and_then(serde_json::Value::as_i64);
    let ends_at = ends.filter(|seconds| *seconds > 0).map(|seconds| Moment(seconds.saturating_mul(1_000)));
    let client_secret = SecretString::from(client_secret);
    Ok((AppCredentials { client_id, client_secret, hook_secret: None }, Registered { ends_at, ..wanted.clone() }))
}

/// Whether the server still knows the app: only the word that says the opposite does (RFC 6749, section 5.2).
///
/// # Errors
/// [`NoInstance::NotThere`] when it does not answer.
pub async fn is_known(client: &NetworkClient, app: &NetworkApp, register: &Register) -> Result<bool, NoInstance> {
    let Some(call) = &register.known else { return Ok(true) };
    let (access, kept) = (SecretString::default(), <_>::default());
    let answer = ask(client, app, call, (Bearer { access: &access, key: None, kept: &kept }, &[])).await;
    let answer = answer.ok().ok_or(NoInstance::NotThere)?;
    Ok(answer.is_ok() || answer.text("error").as_deref() != Some("invalid_client"))
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
