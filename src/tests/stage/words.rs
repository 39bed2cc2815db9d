//! What servers sign of a person: `id_token`s by RS256, and the keys for them.

use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};

use super::{CLIENT, scene::Scene};
use crate::{server::clock::Clock, tests::id_tokens::issuer::encoded};

/// Made for this; it signs nothing else.
const KEY: &[u8] = include_bytes!("signing.key");

/// Two of them; the older signs nothing any more.
pub fn keys() -> Value {
    let key = RsaKeyPair::from_der(KEY).expect("a key");
    let PublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
    json!({"keys": [
        {"kid": "older", "use": "sig", "alg": "RS256", "kty": "RSA", "n": encoded([&n[..n.len() - 1], &[1]].concat()), "e": encoded(&e)},
        {"kid": "newer", "use": "sig", "alg": "RS256", "kty": "RSA", "n": encoded(&n), "e": encoded(&e)},
    ]})
}

/// About whom an answer with tokens is, signed. Those of refreshes name no nonce.
pub fn id_token(scene: &Scene, (iss, sub): (&str, &str), is_first: bool, answer: &Value) -> String {
    let now = Clock::default().now().0 / 1_000 + i64::try_from(scene.now).expect("not so long");
    let access = answer["access_token"].as_str().expect("text");
    let hash = encoded(&digest(&SHA256, access.as_bytes()).as_ref()[..16]);
    let mut claims = json!({"iss": iss, "azp": CLIENT.0, "aud": CLIENT.0, "sub": sub, "at_hash": hash, "name": "Ada", "iat": now, "exp": now + 3_600});
    if let Some(nonce) = scene.nonce.as_ref().filter(|_| is_first) {
        claims["nonce"] = nonce.clone().into();
    }
    let header = json!({"alg": "RS256", "kid": "newer", "typ": "JWT"});
    let input = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let key = RsaKeyPair::from_der(KEY).expect("a key");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).expect("it signs");
    format!("{input}.{}", encoded(signature))
}
