//! Sealing one value: XChaCha20-Poly1305, a random nonce, and the value's place as associated data.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use secrecy::{ExposeSecret, SecretBox, SecretSlice};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::WorkspaceId;

/// The format's version and the algorithm, the first two bytes of every sealed value.
const HEADER: [u8; 2] = [1, 1];
const KEY_ID: std::ops::Range<usize> = 2..18;
const NONCE: std::ops::Range<usize> = 18..42;

/// 32 random bytes; wiped when dropped, and without `Debug`, `Serialize` or `PartialEq`.
pub type Key = SecretBox<[u8; 32]>;

/// Where a sealed value belongs. A value opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The table of the row it belongs to.
    pub table: &'static str,
    /// What it is of that row.
    pub column: &'static str,
    /// The row.
    pub row: Uuid,
}

/// A [`Place`] as it is read from a row.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The table of the row it belongs to.
    pub table: &'a str,
    /// What it is of that row.
    pub column: &'a str,
    /// The row.
    pub row: Uuid,
}

impl From<&Place> for At<'static> {
    fn from(place: &Place) -> Self {
        Self { workspace: place.workspace, table: place.table, column: place.column, row: place.row }
    }
}

impl At<'_> {
    /// Every part is preceded by its length, so that no two places read alike.
    fn associated(&self, key_id: Uuid) -> Vec<u8> {
        let parts: [&[u8]; 6] = [
            &HEADER,
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.workspace.0.as_bytes(),
            self.row.as_bytes(),
            key_id.as_bytes(),
        ];
        let length = |part: &[u8]| u32::try_from(part.len()).expect("table names are short").to_be_bytes();
        parts.iter().flat_map(|part| [&length(part)[..], part].concat()).collect()
    }
}

/// The value does not open: altered, moved, or sealed by another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sealed value does not open: it was altered, moved from another row, or sealed by another key; restore it from a \
     backup, or connect its page again"
)]
pub struct DoesNotOpen;

/// Random bytes from the system.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system's random source works from boot on");
    bytes
}

/// 256 random bits as text: a state, a cookie, a session.
#[must_use]
pub fn random_token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::<32>())
}

/// SHA-256: states, cookies and sessions are 256 random bits, so nothing slower is needed, and nothing else is stored.
#[must_use]
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// A new key.
#[must_use]
pub fn new_key() -> Key {
    Key::new(Box::new(random()))
}

/// Seals `plain` for `place`.
#[must_use]
pub fn seal(key: &Key, key_id: Uuid, place: &Place, plain: &[u8]) -> Vec<u8> {
    seal_with(key, key_id, place, random(), plain)
}

/// Opens what `key` sealed at that place, and seals it there by another key.
///
/// # Errors
/// [`DoesNotOpen`].
pub fn seal_anew(key: &Key, at: At<'_>, sealed: &[u8], new: (Uuid, &Key)) -> Result<Vec<u8>, DoesNotOpen> {
    let plain = SecretSlice::from(open_at(key, at, sealed)?);
    Ok(seal_at(new.1, new.0, at, random(), plain.expose_secret()))
}

/// A key for one value that is kept outside of the database.
#[must_use]
pub fn new_seal() -> [u8; 32] {
    random()
}

/// Seals `plain` by a key of [`new_seal`].
#[must_use]
pub fn seal_by(key: &[u8; 32], place: &Place, plain: &[u8]) -> Vec<u8> {
    seal(&Key::new(Box::new(*key)), Uuid::nil(), place, plain)
}

/// Opens what [`seal_by`] sealed.
///
/// # Errors
/// [`DoesNotOpen`].
pub fn open_by(key: &[u8; 32], place: &Place, sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
    open(&Key::new(Box::new(*key)), place, sealed)
}

/// As [`seal`]. A nonce is used once for a key, or both texts are open.
pub(in crate::server) fn seal_with(key: &Key, key_id: Uuid, place: &Place, nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
    seal_at(key, key_id, place.into(), nonce, plain)
}

fn seal_at(key: &Key, key_id: Uuid, at: At<'_>, nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: &at.associated(key_id) };
    let text = cipher(key)
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("encryption fails only for texts of many gigabytes");
    [&HEADER[..], key_id.as_bytes(), &nonce, &text].concat()
}

/// Which key sealed it.
///
/// # Errors
/// When it is no sealed value of this format.
pub fn key_of(sealed: &[u8]) -> Result<Uuid, DoesNotOpen> {
    if sealed.get(..2) != Some(&HEADER) {
        return Err(DoesNotOpen);
    }
    let id = sealed.get(KEY_ID).ok_or(DoesNotOpen)?;
    Uuid::from_slice(id).ok().ok_or(DoesNotOpen)
}

/// Opens what was sealed for `place`.
///
/// # Errors
/// [`DoesNotOpen`], and never a part of the text.
pub fn open(key: &Key, place: &Place, sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
    open_at(key, place.into(), sealed)
}

fn open_at(key: &Key, at: At<'_>, sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
    let key_id = key_of(sealed)?;
    let (nonce, text) = (sealed.get(NONCE).ok_or(DoesNotOpen)?, &sealed[NONCE.end..]);
    let payload = Payload { msg: text, aad: &at.associated(key_id) };
    cipher(key).decrypt(XNonce::from_slice(nonce), payload).ok().ok_or(DoesNotOpen)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose_secret().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(table: &'static str, column: &'static str, row: u128) -> Place {
        Place { workspace: WorkspaceId(Uuid::from_u128(1)), table, column, row: Uuid::from_u128(row) }
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let (key, id) = (new_key(), Uuid::from_u128(9));
        let home = place("grants", "access", 7);
        let sealed = seal(&key, id, &home, b"token");
        assert_eq!(open(&key, &home, &sealed).as_deref(), Ok(&b"token"[..]));
        for elsewhere in [place("grants", "refresh", 7), place("grants", "access", 8), place("grant", "saccess", 7)] {
            assert_eq!(open(&key, &elsewhere, &sealed), Err(DoesNotOpen));
        }
        let other = Place { workspace: WorkspaceId(Uuid::from_u128(2)), ..home };
        assert_eq!(open(&key, &other, &sealed), Err(DoesNotOpen));
        assert_eq!(open(&new_key(), &home, &sealed), Err(DoesNotOpen));
    }

    #[test]
    fn no_flipped_bit_opens_and_none_panics() {
        let (key, home) = (new_key(), place("grants", "access", 7));
        let sealed = seal(&key, Uuid::from_u128(9), &home, b"token");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&key, &home, &flipped), Err(DoesNotOpen), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(open(&key, &home, &sealed[..length]), Err(DoesNotOpen), "cut to {length}");
        }
    }
}
