//! Keeping, opening and forgetting secrets.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    KeysError, Place, Vault,
    rows::secret,
    seal::{self, DoesNotOpen},
};
use crate::{domain::WorkspaceId, server::store::padded};

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
        self.put_all(db, &[(place, value)]).await
    }

    /// As [`Vault::put`], for many places, none of them twice.
    ///
    /// # Errors
    /// As [`Vault::put`].
    pub async fn put_all(
        &self,
        db: &impl ConnectionTrait,
        values: &[(Place, &SecretString)],
    ) -> Result<(), VaultError> {
        let (mut keys, mut rows) = (HashMap::new(), vec![]);
        for (place, value) in values {
            let (key_id, key) = match keys.entry(place.workspace) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.key_of(db, place.workspace).await?),
            };
            rows.push(secret::ActiveModel {
                owner_table: Set(place.table.to_owned()),
                owner_column: Set(place.column.to_owned()),
                owner_row: Set(place.row),
                workspace: Set(place.workspace),
                sealed: Set(seal::seal(key, *key_id, place, value.expose_secret().as_bytes())),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let over =
            OnConflict::columns([secret::Column::OwnerTable, secret::Column::OwnerColumn, secret::Column::OwnerRow])
                .update_columns([secret::Column::Workspace, secret::Column::Sealed])
                .to_owned();
        secret::Entity::insert_many(rows).on_conflict(over).exec_without_returning(db).await?;
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

    /// As [`Vault::find`], for many places of one table: an answer for each.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_all(
        &self,
        db: &impl ConnectionTrait,
        places: &[Place],
    ) -> Result<Vec<Result<Option<SecretString>, VaultError>>, VaultError> {
        let Some(Place { table, .. }) = places.first() else { return Ok(vec![]) };
        debug_assert!(places.iter().all(|place| place.table == *table), "of one table");
        let columns: HashSet<_> = places.iter().map(|place| place.column).collect();
        let rows: HashSet<_> = places.iter().map(|place| place.row).collect();
        let sealed = secret::Entity::find()
            .filter(secret::Column::OwnerTable.eq(*table))
            .filter(secret::Column::OwnerColumn.is_in(columns))
            .filter(secret::Column::OwnerRow.is_in(padded(rows)));
        let sealed = sealed.all(db).await?.into_iter().map(|row| ((row.owner_row, row.owner_column), row.sealed));
        let sealed: HashMap<_, _> = sealed.collect();
        let mut found = vec![];
        for place in places {
            found.push(match sealed.get(&(place.row, place.column.to_owned())) {
                Some(sealed) => self.unseal(db, *place, sealed).await.map(Some),
                None => Ok(None),
            });
        }
        Ok(found)
    }

    /// The rows of `table` for which something is sealed under `column`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_with(
        &self,
        db: &impl ConnectionTrait,
        table: &'static str,
        column: &'static str,
    ) -> Result<Vec<Uuid>, VaultError> {
        let rows = secret::Entity::find()
            .select_only()
            .column(secret::Column::OwnerRow)
            .filter(secret::Column::OwnerTable.eq(table))
            .filter(secret::Column::OwnerColumn.eq(column));
        Ok(rows.into_tuple().all(db).await?)
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
