//! Keys on P-256 and what they sign: all of JOSE that we need, which is compact JWS by ES256 (RFC 7515, 7518), public
//! keys as JWK (RFC 7517) and their thumbprints (RFC 7638).

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Before and after a key in a PEM file (RFC 7468).
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");

/// A private key. Not `Debug`: it is one.
pub struct SigningKey(EcdsaKeyPair);

impl SigningKey {
    /// A new key, as [`SigningKey::read`] takes it.
    ///
    /// # Panics
    /// Without random bytes of the system's nothing here can go on.
    #[must_use]
    pub fn generate() -> SecretString {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        BASE64_STANDARD.encode(made.expect("the system has random bytes")).into()
    }

    /// A key in PKCS#8: the Base64 of it, as it is or in a PEM file, whatever became of its lines.
    #[must_use]
    pub fn read(text: &SecretString) -> Option<Self> {
        Self::read_all(text).into_iter().next()
    }

    /// All keys of a text, in their order.
    #[must_use]
    pub fn read_all(text: &SecretString) -> Vec<Self> {
        let blocks = text.expose_secret().split(PEM.1).filter_map(|block| {
            let key = block.rsplit(PEM.0).next().unwrap_or_default();
            let key: String = key.replace("\\n", "").split_whitespace().collect();
            let key = BASE64_STANDARD.decode(key).ok().filter(|key| !key.is_empty())?;
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &SystemRandom::new()).ok().map(Self)
        });
        blocks.collect()
    }

    /// A text of keys with `new` before those of `old`, as [`SigningKey::read_all`] takes it. `None`: that is no key.
    #[must_use]
    pub fn in_front(new: &SecretString, old: Option<&SecretString>) -> Option<SecretString> {
        Self::read(new)?;
        let marked = |text: &SecretString| match text.expose_secret() {
            text if text.contains(PEM.1) => text.to_owned(),
            text => format!("{}\n{text}\n{}\n", PEM.0, PEM.1),
        };
        let old = old.filter(|old| Self::read(old).is_some()).map(marked).unwrap_or_default();
        Some(format!("{}\n{old}", marked(new)).into())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Value {
        // An uncompressed point: 4, and two numbers of 32 bytes.
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        // In the order of RFC 7638.
        json!({ "crv": "P-256", "kty": "EC", "x": encoded(x), "y": encoded(y) })
    }

    /// What the public half is recognised by.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hash(&self.public().to_string())
    }

    /// Signs the claims: a compact JWS. `header` beside the algorithm.
    ///
    /// # Panics
    /// As [`SigningKey::generate`].
    #[must_use]
    pub fn sign(&self, mut header: Value, claims: &Value) -> String {
        header["alg"] = "ES256".into();
        let signed = format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("the system has random bytes");
        format!("{signed}.{}", encoded(signature.as_ref()))
    }
}

/// A token's number, which is used once.
#[must_use]
pub fn new_id() -> String {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).expect("the system has random bytes");
    encoded(&bytes)
}

/// The SHA-256 of a text, as JOSE writes it.
#[must_use]
pub fn hash(text: &str) -> String {
    encoded(&Sha256::digest(text.as_bytes()))
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).expect("Base64")
    }

    fn key(private: &str, x: &str, y: &str) -> SigningKey {
        let public = [vec![4], decoded(x), decoded(y)].concat();
        let (rules, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(rules, &decoded(private), &public, &random);
        SigningKey(pair.expect("a key"))
    }

    fn is_signed(key: &SigningKey, jws: &str) -> bool {
        let (signed, signature) = jws.rsplit_once('.').expect("three parts");
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.0.public_key());
        key.verify(signed.as_bytes(), &decoded(signature)).is_ok()
    }

    /// RFC 7515, appendix A.3.1.
    fn of_the_rfc() -> SigningKey {
        key(
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        )
    }

    #[test]
    fn the_example_of_rfc_7515_is_signed_by_its_key_and_ours_are_like_it() {
        let example = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
             DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let key = of_the_rfc();
        assert!(is_signed(&key, example));
        assert!(!is_signed(&key, &example.replace("eyJpc3Mi", "eyJpc3Ni")));
        let ours = key.sign(json!({}), &json!({ "iss": "joe" }));
        assert!(is_signed(&key, &ours), "{ours}");
        assert!(ours.starts_with("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UifQ."), "{ours}");
        assert!(!is_signed(&SigningKey::read(&SigningKey::generate()).expect("a key"), &ours));
    }

    #[test]
    fn the_examples_of_rfc_9449_come_out_the_same() {
        // Section 6.1: the thumbprint of section 4.1's key; section 7.1: the hash of the token.
        let jwk = json!({
            "crv": "P-256",
            "kty": "EC",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        assert_eq!(hash(&jwk.to_string()), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(hash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        let own = of_the_rfc();
        assert_eq!(own.public()["x"], "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
        assert_eq!(own.thumbprint(), hash(&own.public().to_string()));
    }

    #[test]
    fn a_key_is_read_however_it_was_copied() {
        let made = SigningKey::generate();
        let print = |text: &str| SigningKey::read(&text.to_owned().into()).map(|key| key.thumbprint());
        let plain = made.expose_secret();
        let lines = plain.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII"));
        let pem = format!("{}\n{}\n{}\n", PEM.0, lines.collect::<Vec<_>>().join("\n"), PEM.1);
        let known = print(plain);
        assert!(known.is_some());
        for copied in [pem.clone(), pem.replace('\n', "\r\n"), pem.replace('\n', " "), pem.replace('\n', "\\n")] {
            assert_eq!(print(&copied), known, "{copied}");
        }
        let other = SigningKey::generate();
        let both = SecretString::from(format!("{pem}{}{}{}", PEM.0, other.expose_secret(), PEM.1));
        let prints: Vec<_> = SigningKey::read_all(&both).iter().map(|key| Some(key.thumbprint())).collect();
        assert_eq!(prints, [known.clone(), print(other.expose_secret())]);
        let text = |text: &str| SecretString::from(text.to_owned());
        for (new, old) in [(other.expose_secret(), plain), (other.expose_secret(), &pem)] {
            let joined = SigningKey::in_front(&text(new), Some(&text(old))).expect("both are keys");
            let read: Vec<_> = SigningKey::read_all(&joined).iter().map(|key| Some(key.thumbprint())).collect();
            assert_eq!(read, [print(new), known.clone()], "the new one first");
        }
        assert!(SigningKey::in_front(&text("s3cret"), Some(&text(plain))).is_none());
        for none in ["", "s3cret", "AAAA", "-----BEGIN PRIVATE KEY-----"] {
            assert_eq!(print(none), None, "{none}");
        }
    }
}
