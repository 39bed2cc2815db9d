//! Keeping, opening and forgetting secrets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    Keys, KeysError, Place,
    rows::{canary, data_key, secret},
    seal::{self, DoesNotOpen, Key},
};
use crate::{domain::WorkspaceId, server::store::Store};

/// What a canary says when its key is the right one.
const CANARY: &[u8] = b"greentick";

/// A canary belongs to no workspace and no row; its key alone opens it.
const CANARY_PLACE: Place =
    Place { workspace: WorkspaceId(Uuid::nil()), table: "canaries", column: "sealed", row: Uuid::nil() };

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

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<Keys>,
    opened: Arc<Mutex<HashMap<Uuid, Arc<Key>>>>,
}

impl Vault {
    /// Opens the vault of `store` with `keys`, and checks each key that the database was sealed by.
    ///
    /// # Errors
    /// [`KeysError::Missing`] or [`KeysError::Wrong`] name the key; nothing is written then.
    pub async fn open(keys: Keys, store: &Store) -> Result<Self, VaultError> {
        let vault = Self { keys: Arc::new(keys), opened: Arc::default() };
        for row in canary::Entity::find().all(store.read()).await? {
            let key = vault.keys.named(&row.kek_id)?;
            if seal::open(key, &CANARY_PLACE, &row.sealed).as_deref() != Ok(CANARY) {
                return Err(vault.keys.wrong(row.kek_id).into());
            }
        }
        let (id, key) = vault.keys.active();
        let sealed = seal::seal(key, Uuid::nil(), &CANARY_PLACE, CANARY);
        let row = canary::ActiveModel { kek_id: Set(id.to_owned()), sealed: Set(sealed) };
        let keep = OnConflict::column(canary::Column::KekId).do_nothing().to_owned();
        canary::Entity::insert(row).on_conflict(keep).exec_without_returning(store.read()).await?;
        Ok(vault)
    }

    /// Whether the database holds secrets, so that it must not be opened with a new key.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_canary(store: &Store) -> Result<bool, VaultError> {
        Ok(canary::Entity::find().one(store.read()).await?.is_some())
    }

    /// Makes the workspace's data key. Once, with the workspace.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn make_key(&self, db: &impl ConnectionTrait, workspace: WorkspaceId) -> Result<(), VaultError> {
        data_key::Entity::insert(self.new_key(workspace)).exec_without_returning(db).await?;
        Ok(())
    }

    fn new_key(&self, workspace: WorkspaceId) -> data_key::ActiveModel {
        let (id, (kek_id, kek)) = (Uuid::now_v7(), self.keys.active());
        let wrapped = seal::seal(kek, Uuid::nil(), &wrap_place(workspace, id), seal::new_key().expose_secret());
        data_key::ActiveModel {
            id: Set(id),
            workspace: Set(workspace),
            kek_id: Set(kek_id.to_owned()),
            wrapped: Set(wrapped),
        }
    }

    /// Makes the instance's own data key, unless it is there.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn need_own_key(&self, db: &impl ConnectionTrait) -> Result<(), VaultError> {
        let keep = OnConflict::column(data_key::Column::Workspace).do_nothing().to_owned();
        data_key::Entity::insert(self.new_key(INSTANCE)).on_conflict(keep).exec_without_returning(db).await?;
        Ok(())
    }

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

    /// The workspace's own key.
    pub(super) async fn key_of(
        &self,
        db: &impl ConnectionTrait,
        workspace: WorkspaceId,
    ) -> Result<(Uuid, Arc<Key>), VaultError> {
        let found = data_key::Entity::find().filter(data_key::Column::Workspace.eq(workspace)).one(db).await?;
        let row = found.ok_or(VaultError::Missing(wrap_place(workspace, Uuid::nil())))?;
        Ok((row.id, self.unwrap(&row)?))
    }

    pub(super) async fn key(&self, db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Arc<Key>>, VaultError> {
        let known = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let row = data_key::Entity::find_by_id(id).one(db).await?;
        row.map(|row| self.unwrap(&row)).transpose()
    }

    fn unwrap(&self, row: &data_key::Model) -> Result<Arc<Key>, VaultError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = opened.get(&row.id) {
            return Ok(key.clone());
        }
        let place = wrap_place(row.workspace, row.id);
        let wrong = |error| VaultError::DoesNotOpen(error, place);
        let plain = seal::open(self.keys.named(&row.kek_id)?, &place, &row.wrapped).map_err(wrong)?;
        let bytes: [u8; 32] = plain.try_into().ok().ok_or(wrong(DoesNotOpen))?;
        let key = Arc::new(Key::new(Box::new(bytes)));
        opened.insert(row.id, key.clone());
        Ok(key)
    }
}

fn id_of(place: Place) -> (String, String, Uuid) {
    (place.table.to_owned(), place.column.to_owned(), place.row)
}

fn wrap_place(workspace: WorkspaceId, id: Uuid) -> Place {
    Place { workspace, table: "data_keys", column: "wrapped", row: id }
}
