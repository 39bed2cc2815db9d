//! The only room that turns a sealed token back into a token.
//!
//! Two levels: key-encryption keys from outside the database ([`keys`]) wrap one data key per workspace, which seals
//! that workspace's values ([`seal`]). All sealed values lie in one table, each bound to its place, so that a value
//! moved to another row does not open. Points only at the store.

mod keys;
mod rows;
pub(super) mod seal;
mod sealer;
mod secrets;

pub use keys::{Keys, KeysError};
pub use seal::{Place, hash, new_seal, open_by, random_token, seal_by};
pub use sealer::Sealer;
pub use secrets::{INSTANCE, Vault, VaultError};
