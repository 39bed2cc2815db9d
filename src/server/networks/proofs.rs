//! What a request shows to prove who sends it: a statement signed by the app's key (RFC 7523), and a proof of the grant's
//! key (DPoP, RFC 9449). Both are good for one request, so they are made where it leaves, and anew when it leaves again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use oauth2::{HttpRequest, HttpResponse, url::Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{
    NetworkApp, NoAnswer,
    asking::form,
    definition::ClientAuth,
    signing::{SigningKey, hash, new_id},
};
use crate::server::clock::Clock;

/// Under this name a grant keeps which of our keys it began with: a network may bind it to that one.
pub(super) const CLIENT_KEY: &str = "client_key";

const DPOP: HeaderName = HeaderName::from_static("dpop");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Seconds that a statement may be on its way.
const STATEMENT_LIVES: i64 = 60;
/// Servers whose nonces are remembered. A forgotten one costs one more request.
const SERVERS_AT_MOST: usize = 10_000;

/// A request before it is proved.
pub(super) struct Draft<'a> {
    /// It.
    pub request: HttpRequest,
    /// Who sends it.
    pub app: &'a NetworkApp,
    /// Whether the app speaks for itself: then it states who it is, where a key is its secret.
    pub is_of_app: bool,
    /// Which of our keys it began with.
    pub client_key: Option<&'a str>,
    /// The grant's key, if it has one.
    pub key: Option<&'a SecretString>,
    /// The access token that the key is proved for.
    pub access: Option<&'a SecretString>,
}

/// What the proofs are made with: the time, and what each server last wanted to read in one.
#[derive(Clone, Debug, Default)]
pub struct Proofs {
    clock: Clock,
    nonces: Arc<Mutex<HashMap<String, String>>>,
}

impl Proofs {
    /// By that clock.
    #[must_use]
    pub fn of(clock: Clock) -> Self {
        Self { clock, nonces: Arc::default() }
    }

    /// Sends the request, proved; and exactly once more where the server wants another nonce in the proof.
    ///
    /// # Errors
    /// [`NoAnswer`]; [`NoAnswer::BadAddress`] when a key cannot be read, so that nothing leaves.
    pub(super) async fn send(
        &self,
        draft: &Draft<'_>,
        send: impl AsyncFn(HttpRequest) -> Result<HttpResponse, NoAnswer>,
    ) -> Result<HttpResponse, NoAnswer> {
        let answer = send(self.proved(draft)?).await?;
        if !self.wants_another(draft, &answer) {
            return Ok(answer);
        }
        let answer = send(self.proved(draft)?).await?;
        // What comes next begins with the nonce that is wanted by then.
        self.wants_another(draft, &answer);
        Ok(answer)
    }

    /// The request as it leaves.
    fn proved(&self, draft: &Draft<'_>) -> Result<HttpRequest, NoAnswer> {
        let mut request = draft.request.clone();
        if draft.is_of_app && draft.app.definition.token.auth == ClientAuth::PrivateKeyJwt {
            self.state(draft, &mut request)?;
        }
        if let Some(key) = draft.key {
            let key = SigningKey::read(key).ok_or(NoAnswer::BadAddress)?;
            if let Some(access) = draft.access {
                let mut shown = header(&format!("DPoP {}", access.expose_secret()))?;
                shown.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, shown);
            }
            let proof = self.proof(&key, &request, draft.access)?;
            request.headers_mut().insert(DPOP, header(&proof)?);
        }
        Ok(request)
    }

    /// Notes the nonce that came with `answer`. Whether the request is to leave once more, for want of it: a refused nonce
    /// is no word about the request itself.
    fn wants_another(&self, draft: &Draft<'_>, answer: &HttpResponse) -> bool {
        let nonce = answer.headers().get(NONCE).and_then(|nonce| nonce.to_str().ok()).filter(|nonce| !nonce.is_empty());
        let (Some(_), Some(nonce)) = (draft.key, nonce) else { return false };
        if let Some(server) = server(draft.request.uri()) {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            if nonces.len() >= SERVERS_AT_MOST {
                nonces.clear();
            }
            nonces.insert(server, nonce.to_owned());
        }
        refused(answer.status().as_u16(), answer.headers(), answer.body()) == Some(Refused::Nonce)
    }

    /// RFC 7523, section 3. Its one audience is the issuer: a statement for one server must be worth nothing at another.
    fn state(&self, draft: &Draft<'_>, request: &mut HttpRequest) -> Result<(), NoAnswer> {
        let app = draft.app;
        let mut keys = SigningKey::read_all(&app.client_secret);
        let known = keys.iter().position(|key| Some(key.thumbprint().as_str()) == draft.client_key).unwrap_or(0);
        if keys.is_empty() {
            return Err(NoAnswer::BadAddress);
        }
        let (key, now) = (keys.swap_remove(known), self.now());
        let claims = json!({
            "iss": app.client_id, "sub": app.client_id, "aud": app.definition.issuer,
            "jti": new_id(), "iat": now, "exp": now + STATEMENT_LIVES,
        });
        let statement = key.sign(json!({ "kid": key.thumbprint() }), &claims);
        let mut params: Vec<(String, String)> =
            oauth2::url::form_urlencoded::parse(request.body()).into_owned().collect();
        params.retain(|(name, _)| !["client_id", "client_assertion", "client_assertion_type"].contains(&name.as_str()));
        for (name, value) in [
            ("client_id", app.client_id.as_str()),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", &statement),
        ] {
            params.push((name.to_owned(), value.to_owned()));
        }
        *request.body_mut() = form(&params).into_bytes();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        Ok(())
    }

    /// RFC 9449, section 4.2.
    fn proof(
        &self,
        key: &SigningKey,
        request: &HttpRequest,
        access: Option<&SecretString>,
    ) -> Result<String, NoAnswer> {
        let mut to = Url::parse(&request.uri().to_string()).ok().ok_or(NoAnswer::BadAddress)?;
        to.set_query(None);
        let mut claims =
            json!({ "htm": request.method().as_str(), "htu": to.as_str(), "iat": self.now(), "jti": new_id() });
        if let Some(access) = access {
            claims["ath"] = hash(access.expose_secret()).into();
        }
        if let Some(nonce) = server(request.uri()).and_then(|server| self.nonce(&server)) {
            claims["nonce"] = nonce.into();
        }
        Ok(key.sign(json!({ "typ": "dpop+jwt", "jwk": key.public() }), &claims))
    }

    fn nonce(&self, server: &str) -> Option<String> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner).get(server).cloned()
    }

    fn now(&self) -> i64 {
        self.clock.now().0 / 1_000
    }
}

/// What a server has against a proof. Neither is a word about the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It wants another nonce in it (sections 8 and 9).
    Nonce,
    /// The proof itself.
    Proof,
}

/// Whether the answer is about the proof: at the token endpoint its error says so, elsewhere a challenge.
pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Refused> {
    if ![400, 401].contains(&status) {
        return None;
    }
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let challenges: Vec<_> = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    // Of several challenges in one header the one for us begins with its scheme.
    let ours = |challenge: &&str| {
        let at = challenge.to_ascii_lowercase().find("dpop ")?;
        challenge.get(at..).map(str::to_owned)
    };
    let challenges: Vec<_> = challenges.iter().filter_map(ours).collect();
    let says = |word: &str| {
        json.get("error").and_then(Value::as_str) == Some(word)
            || challenges.iter().any(|challenge| challenge.contains(&format!("\"{word}\"")))
    };
    if says("use_dpop_nonce") {
        return Some(Refused::Nonce);
    }
    says("invalid_dpop_proof").then_some(Refused::Proof)
}

fn server(uri: &Uri) -> Option<String> {
    Url::parse(&uri.to_string()).ok().map(|url| url.origin().ascii_serialization())
}

fn header(value: &str) -> Result<HeaderValue, NoAnswer> {
    HeaderValue::from_str(value).ok().ok_or(NoAnswer::BadAddress)
}

#[cfg(test)]
mod tests;
