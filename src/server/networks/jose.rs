//! Signed JSON of a network's (RFC 7515), and the keys that it publishes (RFC 7517). What is not signed has no name here.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::client::text_at;

/// A way to sign. An app is registered for some of them; a token that is signed in another way is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Alg {
    /// RSA, as most have it.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA with PSS.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA with P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Alg {
    fn of(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A key that a network publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// The keys of a set by which anything can be signed. Those of kinds that nobody here knows are left out.
#[must_use]
pub fn keys(set: &Value) -> Vec<Key> {
    set.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(key).collect()
}

fn key(json: &Value) -> Option<Key> {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|usage| usage != "sig") {
        return None;
    }
    let bytes = |name: &str| decoded(text(name)?);
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => Material::Rsa { n: without_zeros(bytes("n")?), e: without_zeros(bytes("e")?) },
        ("EC", Some("P-256")) => Material::P256([vec![4], bytes("x")?, bytes("y")?].concat()),
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
        _ => return None,
    };
    Some(Key { id: text("kid").map(str::to_owned), material })
}

fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// What is signed, and by whom it says it is. Nobody has believed it yet.
#[derive(Debug)]
pub struct Signed<'a> {
    /// The way, if it is one that is known.
    pub alg: Option<Alg>,
    key_id: Option<String>,
    payload: Value,
    input: &'a str,
    signature: Vec<u8>,
}

/// Whether it is signed by one of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It is.
    Theirs,
    /// It is not, or not in a way that is allowed.
    Nobody,
    /// No key fits; there may be a newer one.
    UnknownKey,
}

impl<'a> Signed<'a> {
    /// Reads the compact form.
    #[must_use]
    pub fn read(token: &'a str) -> Option<Self> {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, payload) = input.split_once('.')?;
        let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
        // Whoever demands that something be understood that is not, is refused (RFC 7515, section 4.1.11).
        if header.get("crit").is_some() {
            return None;
        }
        Some(Self {
            alg: Alg::of(header.get("alg")?.as_str()?),
            key_id: text_at(&header, "kid"),
            payload: serde_json::from_slice(&decoded(payload)?).ok().filter(Value::is_object)?,
            input,
            signature: decoded(signature)?,
        })
    }

    /// Whether one of `keys` has signed it in one of the ways that are `allowed`.
    #[must_use]
    pub fn by(&self, keys: &[Key], allowed: &[Alg]) -> By {
        let Some(alg) = self.alg.filter(|alg| allowed.contains(alg)) else { return By::Nobody };
        let fits = |key: &&Key| is_for(&key.material, alg) && (self.key_id.is_none() || key.id == self.key_id);
        let fitting: Vec<_> = keys.iter().filter(fits).collect();
        match fitting[..] {
            [] => By::UnknownKey,
            [key] if self.is_signed(alg, &key.material) => By::Theirs,
            // Nobody says by which, so nobody knows (OpenID Connect Core, section 10.1).
            _ => By::Nobody,
        }
    }

    fn is_signed(&self, alg: Alg, material: &Material) -> bool {
        let (message, signature) = (self.input.as_bytes(), &self.signature[..]);
        let verified = match (alg, material) {
            (Alg::Rs256, Material::Rsa { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (Alg::Ps256, Material::Rsa { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature)
            }
            (Alg::Es256, Material::P256(point)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            (Alg::EdDsa, Material::Ed25519(key)) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            _ => return false,
        };
        verified.is_ok()
    }

    /// What it says.
    #[must_use]
    pub fn says(&self) -> &Value {
        &self.payload
    }
}

fn is_for(material: &Material, alg: Alg) -> bool {
    match material {
        Material::Rsa { .. } => matches!(alg, Alg::Rs256 | Alg::Ps256),
        Material::P256(_) => alg == Alg::Es256,
        Material::Ed25519(_) => alg == Alg::EdDsa,
    }
}

#[cfg(test)]
mod tests;
