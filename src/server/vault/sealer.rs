//! Sealing where no database can be asked: an answer that has arrived is kept, whatever the database does just then.

use std::sync::Arc;

use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Place, Vault, VaultError,
    seal::{self, DoesNotOpen, Key},
};
use crate::domain::WorkspaceId;

/// Seals values of one workspace without asking anybody.
#[derive(Clone)]
pub struct Sealer {
    workspace: WorkspaceId,
    id: Uuid,
    key: Arc<Key>,
}

impl Vault {
    /// A sealer for the workspace, to be had before it is needed.
    ///
    /// # Errors
    /// When the database does not answer, or a key is missing.
    pub async fn sealer(&self, db: &impl ConnectionTrait, workspace: WorkspaceId) -> Result<Sealer, VaultError> {
        let (id, key) = self.key_of(db, workspace).await?;
        Ok(Sealer { workspace, id, key })
    }

    /// Opens what a [`Sealer`] sealed for `place`.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when it is not what was sealed there.
    pub async fn unseal(
        &self,
        db: &impl ConnectionTrait,
        place: Place,
        sealed: &[u8],
    ) -> Result<SecretString, VaultError> {
        let wrong = |error| VaultError::DoesNotOpen(error, place);
        let key_id = seal::key_of(sealed).map_err(wrong)?;
        let key = self.key(db, key_id).await?.ok_or(wrong(DoesNotOpen))?;
        let plain = seal::open(&key, &place, sealed).map_err(wrong)?;
        String::from_utf8(plain).map(SecretString::from).ok().ok_or(wrong(DoesNotOpen))
    }
}

impl Sealer {
    /// Seals `plain` for a row that lies outside of the database.
    #[must_use]
    pub fn seal(&self, place: &Place, plain: &[u8]) -> Vec<u8> {
        debug_assert_eq!(place.workspace, self.workspace, "a workspace's key seals its own values");
        seal::seal(&self.key, self.id, place, plain)
    }
}
