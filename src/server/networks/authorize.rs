//! The address at the network to which a person is sent.

use oauth2::{ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope, basic::BasicClient};
use secrecy::SecretString;

use super::{NetworkApp, ResponseMode, SigningKey, asking::renamed};

const NONCE_BYTES: u32 = 32;

/// What an authorization request is made of, beside what the definition says.
#[derive(Default)]
pub struct Ask<'a> {
    /// Where the answer goes.
    pub redirect_uri: &'a str,
    /// The attempt's.
    pub state: &'a str,
    /// Whether the network is to ask which account it is, even if it knows one.
    pub choose_account: bool,
    /// Whether it is to ask again for what was declined, or which pages it gives.
    pub ask_again: bool,
    /// All that the definition has, without this.
    pub scopes: Option<Vec<String>>,
}

/// What is sent along, and what must be kept until the callback.
pub struct Asked {
    /// Where the person goes.
    pub url: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// The PKCE verifier, where the network takes PKCE.
    pub verifier: Option<SecretString>,
    /// The key that the tokens are to be bound to, where the network binds them.
    pub key: Option<SecretString>,
    /// What the `id_token` must say, where the network has one.
    pub nonce: Option<String>,
}

/// Builds the authorization request (RFC 6749, section 4.1.1; RFC 7636).
///
/// # Errors
/// When the definition's address or the redirect address is none.
pub fn authorize_url(app: &NetworkApp, ask: &Ask<'_>) -> Result<Asked, oauth2::url::ParseError> {
    let authorize = &app.definition.authorize;
    let client = BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_auth_uri(oauth2::AuthUrl::new(authorize.url.clone())?)
        .set_redirect_uri(RedirectUrl::new(ask.redirect_uri.to_owned())?);
    let scopes = ask.scopes.clone().unwrap_or_else(|| app.definition.scopes());
    let state = CsrfToken::new(ask.state.to_owned());
    // The crate joins scopes by spaces; one scope that holds the network's own separator comes out as it wants it.
    let asked = Scope::new(scopes.join(&authorize.scope_separator));
    let mut request = client.authorize_url(move || state).add_scope(asked);
    let mut params = authorize.params.clone();
    if ask.choose_account {
        params.extend(authorize.choose_account.clone());
    }
    if ask.ask_again {
        params.extend(authorize.ask_again.clone());
    }
    for (name, value) in params {
        request = request.add_extra_param(name, value);
    }
    if authorize.response_mode == ResponseMode::FormPost {
        request = request.add_extra_param("response_mode", "form_post");
    }
    let nonce = app.definition.id_token.as_ref().map(|_| CsrfToken::new_random_len(NONCE_BYTES).into_secret());
    if let Some(nonce) = &nonce {
        request = request.add_extra_param("nonce", nonce);
    }
    let key = app.definition.binds_tokens().then(SigningKey::generate);
    if let Some(key) = key.as_ref().filter(|_| authorize.pushed_to().is_none()).and_then(SigningKey::read) {
        // RFC 9449, section 10: so that a stolen code is of no use to another key. What is pushed is proved itself.
        request = request.add_extra_param("dpop_jkt", key.thumbprint());
    }
    if !authorize.pkce {
        return Ok(Asked { url: named(app, request.url().0), scopes, verifier: None, key, nonce });
    }
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let url = named(app, request.set_pkce_challenge(challenge).url().0);
    Ok(Asked { url, scopes, verifier: Some(verifier.into_secret().into()), key, nonce })
}

/// With the network's own names for the parameters.
fn named(app: &NetworkApp, mut url: oauth2::url::Url) -> String {
    if !app.definition.renamed.is_empty() {
        let params = renamed(url.query_pairs().into_owned().collect(), &app.definition.renamed);
        url.query_pairs_mut().clear().extend_pairs(params);
    }
    url.to_string()
}
