use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    domain::WorkspaceId,
    server::vault::{
        Place,
        seal::{DoesNotOpen, Key, key_of, open, seal_with},
    },
};

const KEY_ID: Uuid = Uuid::from_u128(9);
const HOME: Place =
    Place { workspace: WorkspaceId(Uuid::from_u128(1)), table: "grants", column: "access", row: Uuid::from_u128(7) };

/// Opens `input` as a sealed value, and seals it as a text.
///
/// # Panics
/// When anything opens but the bytes that were sealed, in the place and with the key that they were sealed for.
pub fn sealed_value(input: &[u8]) {
    let key = Key::new(Box::new([7; 32]));
    let id = (input.len() >= 18 && input[..2] == [1, 1]).then(|| Uuid::from_slice(&input[2..18]).expect("16 bytes"));
    assert_eq!(key_of(input).ok(), id);
    if let Ok(plain) = open(&key, &HOME, input) {
        let nonce = input[18..42].try_into().expect("it opened, so it has a nonce");
        let sealed = seal_with(&key, id.expect("it opened, so it names a key"), &HOME, nonce, &plain);
        assert_eq!(sealed, input, "a value has one sealed form for a nonce");
        opens_only_at_home(&key, input);
    }
    let chance: [u8; 32] = Sha256::digest(input).into();
    let nonce = chance[..24].try_into().expect("24 bytes");
    let sealed = seal_with(&key, KEY_ID, &HOME, nonce, input);
    assert_eq!(key_of(&sealed), Ok(KEY_ID));
    assert_eq!(open(&key, &HOME, &sealed).as_deref(), Ok(input));
    opens_only_at_home(&key, &sealed);
    opens_only_whole(&key, &sealed, &chance);
}

fn opens_only_at_home(key: &Key, sealed: &[u8]) {
    let other = Uuid::from_u128(8);
    for elsewhere in [
        Place { workspace: WorkspaceId(other), ..HOME },
        Place { table: "attempts", ..HOME },
        Place { column: "refresh", ..HOME },
        Place { table: "grantsa", column: "ccess", ..HOME },
        Place { row: other, ..HOME },
    ] {
        assert_eq!(open(key, &elsewhere, sealed), Err(DoesNotOpen), "{elsewhere:?}");
    }
    assert_eq!(open(&Key::new(Box::new([6; 32])), &HOME, sealed), Err(DoesNotOpen), "another key");
}

/// One of each kind; the input decides which, so that a finding is found again.
fn opens_only_whole(key: &Key, sealed: &[u8], chance: &[u8; 32]) {
    let at = |from: usize| usize::from(u16::from_be_bytes([chance[from], chance[from + 1]])) % sealed.len();
    let mut flipped = sealed.to_vec();
    flipped[at(24)] ^= 1 << (chance[26] % 8);
    assert_eq!(open(key, &HOME, &flipped), Err(DoesNotOpen), "a flipped bit");
    assert_eq!(open(key, &HOME, &sealed[..at(27)]), Err(DoesNotOpen), "an end that is cut off");
    assert_eq!(open(key, &HOME, &[sealed, &chance[29..]].concat()), Err(DoesNotOpen), "an end that is added");
}
