//! What a server demands that binds its tokens: a proof of the grant's key in every request (RFC 9449), a statement by the
//! app's key (RFC 7523), and requests that are pushed (RFC 9126). Written from the RFCs; nothing of it is the app's.

use std::collections::{BTreeMap, HashSet};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth2::url::Url;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Ask, scene::Reply};
use crate::server::clock::Clock;

/// A nonce is good for five minutes at most (atproto, "DPoP").
const NONCE_LIVES: u64 = 300;

/// What such a server remembers.
#[derive(Default)]
pub struct Book {
    clock: Clock,
    /// Numbers of proofs and statements, which are used once.
    numbers: HashSet<String>,
    /// The document that is the app's `client_id`, and its keys, as the server has fetched them.
    pub client: Option<(Value, Value)>,
    /// What was pushed, by its number: the parameters, and the key that pushed it.
    pushed: BTreeMap<String, (BTreeMap<String, String>, String)>,
    /// The key that the code, and then the tokens are bound to.
    pub key: String,
    /// The account has moved to a server that somebody else keeps.
    pub elsewhere: bool,
}

/// A compact JWS, taken apart.
struct Signed<'a> {
    head: Value,
    claims: Value,
    input: &'a str,
    signature: Vec<u8>,
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

fn digest(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

impl<'a> Signed<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (input, signature) = text.rsplit_once('.')?;
        let (head, claims) = input.split_once('.')?;
        let json = |text| serde_json::from_slice(&decoded(text)?).ok();
        Some(Self { head: json(head)?, claims: json(claims)?, input, signature: decoded(signature)? })
    }

    /// Whether the key of that JWK has signed it, by ES256.
    fn is_by(&self, jwk: &Value) -> bool {
        let part = |name: &str| jwk[name].as_str().and_then(decoded).filter(|part| part.len() == 32);
        let Some((x, y)) = part("x").zip(part("y")) else { return false };
        let is_ours = self.head["alg"] == "ES256" && jwk["kty"] == "EC" && jwk["crv"] == "P-256" && jwk["d"].is_null();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [&[4][..], &x, &y].concat());
        is_ours && key.verify(self.input.as_bytes(), &self.signature).is_ok()
    }
}

impl Book {
    /// What a proof must hold at that host now.
    pub fn nonce(host: &str, now: u64) -> String {
        digest(&format!("{host} {}", now / NONCE_LIVES))
    }

    fn time(&self, now: u64) -> i64 {
        self.clock.now().0 / 1_000 + i64::try_from(now).expect("it is small")
    }

    /// The thumbprint of the key that the request proves to have; `token` is the access token that it comes with.
    pub fn proves(&mut self, ask: &Ask, now: u64, token: Option<&str>) -> Result<String, Reply> {
        let host = ask.place.split('/').next().unwrap_or_default();
        let nonce = Self::nonce(host, now);
        let refused = |error: &str| {
            // Section 9: at the token endpoint as an error, at a resource as a challenge.
            let reply = match token {
                None => Reply::json(400, json!({ "error": error })),
                Some(_) => Reply::json(401, json!({ "error": error }))
                    .with("www-authenticate", format!("DPoP algs=\"ES256\", error=\"{error}\"")),
            };
            reply.with("dpop-nonce", nonce.clone())
        };
        let wrong = || refused("invalid_dpop_proof");
        let proof = Signed::read(ask.header("dpop")).ok_or_else(wrong)?;
        let (jwk, says) = (&proof.head["jwk"], &proof.claims);
        let is_whole = proof.head["typ"] == "dpop+jwt" && proof.is_by(jwk);
        let is_for_this = says["htm"] == ask.method.as_str() && says["htu"] == format!("https://{}", ask.place);
        let is_new = says["iat"].as_i64().is_some_and(|at| (at - self.time(now)).abs() < 60);
        let is_with_it = token.is_none_or(|token| says["ath"] == digest(token).as_str());
        if !(is_whole && is_for_this && is_new && is_with_it) {
            return Err(wrong());
        }
        // Section 4.3: the number is looked at before the nonce, so that no proof is shown twice.
        if !says["jti"].as_str().is_some_and(|number| self.numbers.insert(format!("proof {number}"))) {
            return Err(wrong());
        }
        if says["nonce"] != nonce.as_str() {
            return Err(refused("use_dpop_nonce"));
        }
        // RFC 7638: these four, in this order.
        let part = |name: &str| jwk[name].to_string();
        Ok(digest(&format!(
            "{{\"crv\":{},\"kty\":{},\"x\":{},\"y\":{}}}",
            part("crv"),
            part("kty"),
            part("x"),
            part("y")
        )))
    }

    /// What the app has told of itself: by its document, or, where it is on the person's own machine, in its name.
    fn told(&self, client_id: &str) -> Option<Value> {
        if let Some((document, _)) = &self.client {
            return Some(document.clone()).filter(|document| document["client_id"] == client_id);
        }
        let url = Url::parse(client_id).ok().filter(|_| client_id.starts_with("http://localhost?"))?;
        let all = |name: &str| {
            url.query_pairs()
                .filter(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
                .collect::<Vec<_>>()
        };
        Some(json!({ "redirect_uris": all("redirect_uri"), "scope": all("scope").join(" ") }))
    }

    /// Whether the request comes from the app: by its statement, where it has keys.
    pub fn states(&mut self, ask: &Ask, issuer: &str, now: u64) -> bool {
        let client_id = ask.form("client_id");
        if ask.form.contains_key("client_secret") || !ask.shows("Basic ").is_empty() || self.told(client_id).is_none() {
            return false;
        }
        let Some((_, keys)) = &self.client else { return !ask.form.contains_key("client_assertion") };
        let Some(statement) = Signed::read(ask.form("client_assertion")) else { return false };
        let mut keys = keys["keys"].as_array().into_iter().flatten();
        let key = keys.find(|key| key["kid"] == statement.head["kid"] && key["use"] == "sig").cloned();
        let says = &statement.claims;
        let (at, time) = (says["exp"].as_i64().unwrap_or_default(), self.time(now));
        key.is_some_and(|key| statement.is_by(&key))
            && ask.form("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            && (says["iss"] == client_id && says["sub"] == client_id && says["aud"] == issuer)
            && (time < at && at < time + 600)
            && says["jti"].as_str().is_some_and(|number| self.numbers.insert(format!("statement {number}")))
    }

    /// Takes a request that is pushed: its number.
    pub fn takes(&mut self, ask: &Ask, key: String) -> Option<String> {
        let told = self.told(ask.form("client_id"))?;
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let known = told["redirect_uris"].as_array()?.iter().any(|uri| uri == ask.form("redirect_uri"));
        let allowed = list(told["scope"].as_str()?);
        let scopes = list(ask.form("scope"));
        let is_fine = ask.form("response_type") == "code"
            && ask.form("code_challenge_method") == "S256"
            && !ask.form("state").is_empty()
            && scopes.contains(&"atproto".to_owned())
            && scopes.iter().all(|scope| allowed.contains(scope));
        if !known || !is_fine || ask.form.contains_key("request_uri") {
            return None;
        }
        let number = format!("urn:ietf:params:oauth:request_uri:{}", uuid::Uuid::now_v7());
        self.pushed.insert(number.clone(), (ask.form.clone(), key));
        Some(number)
    }

    /// What was pushed under that number, once; only the app that pushed it may send a person with it.
    pub fn pushed(&mut self, number: &str, client_id: &str) -> Option<BTreeMap<String, String>> {
        let (params, key) = self.pushed.remove(number)?;
        self.key = key;
        Some(params).filter(|params| params["client_id"] == client_id)
    }
}
