//! Keeping, opening and forgetting secrets.

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    KeysError, Place, Vault,
    rows::secret,
    seal::{self, DoesNotOpen},
};
use crate::domain::WorkspaceId;

/// Whose secrets belong to the instance and to no workspace. Its data key is one like any other.
pub const INSTANCE: WorkspaceId = WorkspaceId(Uuid::nil());

/// Why a secret is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The database did not do it.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// A key is missing or wrong.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A value was altered, moved, or sealed by another key.
    #[error("{0} ({1:?})")]
    DoesNotOpen(DoesNotOpen, Place),
    /// There is no such secret.
    #[error("there is no secret at {0:?}")]
    Missing(Place),
}

impl VaultError {
    /// Whether the secret itself is lost: asking again does not bring it back.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::DoesNotOpen(..) | Self::Missing(_))
    }
}

impl Vault {
    /// Seals `value` for `place`, over whatever was there.
    ///
    /// # Errors
    /// When the database does not do it, or a key is missing.
    pub async fn put(&self, db: &impl ConnectionTrait, place: Place, value: &SecretString) -> Result<(), VaultError> {
        let (key_id, key) = self.key_of(db, place.workspace).await?;
        let row = secret::ActiveModel {
            owner_table: Set(place.table.to_owned()),
            owner_column: Set(place.column.to_owned()),
            owner_row: Set(place.row),
            workspace: Set(place.workspace),
            sealed: Set(seal::seal(&key, key_id, &place, value.expose_secret().as_bytes())),
        };
        let over =
            OnConflict::columns([secret::Column::OwnerTable, secret::Column::OwnerColumn, secret::Column::OwnerRow])
                .update_columns([secret::Column::Workspace, secret::Column::Sealed])
                .to_owned();
        secret::Entity::insert(row).on_conflict(over).exec_without_returning(db).await?;
        Ok(())
    }

    /// Opens the secret at `place`.
    ///
    /// # Errors
    /// [`VaultError::Missing`] when there is none, [`VaultError::DoesNotOpen`] when it is not what was sealed there.
    pub async fn get(&self, db: &impl ConnectionTrait, place: Place) -> Result<SecretString, VaultError> {
        let found = secret::Entity::find_by_id(id_of(place)).one(db).await?.ok_or(VaultError::Missing(place))?;
        self.unseal(db, place, &found.sealed).await
    }

    /// Opens the secret at `place`, if there is one.
    ///
    /// # Errors
    /// As [`Vault::get`], but for a missing one.
    pub async fn find(&self, db: &impl ConnectionTrait, place: Place) -> Result<Option<SecretString>, VaultError> {
        match self.get(db, place).await {
            Err(VaultError::Missing(_)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Forgets the secret at `place`; it may be gone already.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn forget(&self, db: &impl ConnectionTrait, place: Place) -> Result<(), VaultError> {
        secret::Entity::delete_by_id(id_of(place)).exec(db).await?;
        Ok(())
    }
}

fn id_of(place: Place) -> (String, String, Uuid) {
    (place.table.to_owned(), place.column.to_owned(), place.row)
}
