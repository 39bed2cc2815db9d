//! What calls are made with: a grant's access token, and the key that it is bound to.

use sea_orm::ConnectionTrait;
use secrecy::SecretString;

use super::Grant;
use crate::server::{
    networks::Bearer,
    vault::{Vault, VaultError},
};

/// A grant's token and key, for as long as a call takes. Not `Debug`: it holds both.
pub struct Opened {
    access: SecretString,
    key: Option<SecretString>,
}

/// Opens them.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn open(db: &impl ConnectionTrait, vault: &Vault, grant: &Grant) -> Result<Opened, VaultError> {
    Ok(Opened { access: vault.get(db, grant.access()).await?, key: vault.find(db, grant.key()).await? })
}

impl Opened {
    /// For calls on behalf of `grant`.
    #[must_use]
    pub fn bearer<'a>(&'a self, grant: &'a Grant) -> Bearer<'a> {
        Bearer { access: &self.access, key: self.key.as_ref(), kept: &grant.kept.0 }
    }
}
