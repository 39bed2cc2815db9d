//! The only room that turns a sealed token back into a token.
//!
//! Two levels: key-encryption keys from outside the database ([`keys`]) wrap one data key per workspace, which seals
//! that workspace's values ([`seal`]). All sealed values lie in one table, each bound to its place, so that a value
//! moved to another row does not open. Both kinds of keys can be changed while servers run ([`mod@rotation`]). Points only
//! at the store.

mod data_keys;
mod key_file;
mod keys;
mod rotation;
mod rows;
pub(super) mod seal;
mod sealer;
mod secrets;
mod uses;

pub use data_keys::{Vault, check};
pub use key_file::new_line;
pub use keys::{Keys, KeysError};
pub use rotation::{Moved, retire};
pub use seal::{Place, hash, key_of, new_seal, open_by, random_token, seal_by};
pub use sealer::Sealer;
pub use secrets::{INSTANCE, VaultError};
pub use uses::{Canary, KeyUse, Needs, key_uses};
