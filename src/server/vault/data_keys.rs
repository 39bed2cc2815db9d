//! The vault's keys in use: the ring of key-encryption keys, and the data keys that they wrap.
//!
//! A data key may be wrapped anew by a key that was added after this process had started. So a key that is not known is
//! looked for in the key file once more before it is missing, and a key that wraps something new is the file's first
//! line as it stands then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use secrecy::ExposeSecret;
use tracing::warn;
use uuid::Uuid;

use super::{
    INSTANCE, Keys, KeysError, Place, VaultError,
    rows::{canary, data_key},
    seal::{self, DoesNotOpen, Key},
    uses::{Needs, needs_of},
};
use crate::{domain::WorkspaceId, server::store::Store};

/// What a canary says when its key is the right one.
const CANARY: &[u8] = b"greentick";

/// A canary belongs to no workspace and no row; its key alone opens it.
const CANARY_PLACE: Place =
    Place { workspace: WorkspaceId(Uuid::nil()), table: "canaries", column: "sealed", row: Uuid::nil() };

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    ring: Arc<RwLock<Arc<Keys>>>,
    opened: Arc<Mutex<HashMap<Uuid, Arc<Key>>>>,
}

impl Vault {
    /// Opens the vault of `store` with `keys`, and checks each key that the database was sealed by.
    ///
    /// # Errors
    /// [`super::KeysError`] names the key, and how much needs it; nothing is written then.
    pub async fn open(keys: Keys, store: &Store) -> Result<Self, VaultError> {
        let vault = Self { ring: Arc::new(RwLock::new(Arc::new(keys))), opened: Arc::default() };
        // A key may have been added, or retired, since the file was read.
        vault.read_anew(store.read()).await?;
        check(&vault.keys(), store).await?;
        register(store.read(), &vault.keys()).await?;
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
    /// When the database does not do it, or the first key was retired.
    pub async fn make_key(&self, db: &impl ConnectionTrait, workspace: WorkspaceId) -> Result<(), VaultError> {
        let ring = self.wraps(db).await?;
        data_key::Entity::insert(new_key(&ring, workspace)).exec_without_returning(db).await?;
        Ok(())
    }

    /// Makes the instance's own data key, unless it is there.
    ///
    /// # Errors
    /// As [`Vault::make_key`].
    pub async fn need_own_key(&self, db: &impl ConnectionTrait) -> Result<(), VaultError> {
        let ring = self.wraps(db).await?;
        let keep = OnConflict::new().do_nothing().to_owned();
        data_key::Entity::insert(new_key(&ring, INSTANCE)).on_conflict(keep).exec_without_returning(db).await?;
        Ok(())
    }

    /// The ring whose first key wraps what is new, as it stands now. Inside a transaction that key cannot be retired
    /// before the commit.
    pub(super) async fn wraps(&self, db: &impl ConnectionTrait) -> Result<Arc<Keys>, VaultError> {
        if let Err(error) = self.read_anew(db).await {
            warn!(%error, "the vault's keys stay as they were read before");
        }
        let ring = self.keys();
        register(db, &ring).await?;
        Ok(ring)
    }

    /// The workspace's own key.
    pub(super) async fn key_of(
        &self,
        db: &impl ConnectionTrait,
        workspace: WorkspaceId,
    ) -> Result<(Uuid, Arc<Key>), VaultError> {
        let that_seals = data_key::Column::Workspace.eq(workspace).and(data_key::Column::FormerAt.is_null());
        let row = data_key::Entity::find().filter(that_seals).one(db).await?;
        let row = row.ok_or(VaultError::Missing(wrap_place(workspace, Uuid::nil())))?;
        Ok((row.id, self.unwrap(db, &row).await?))
    }

    pub(super) async fn key(&self, db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Arc<Key>>, VaultError> {
        let known = self.opened().get(&id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        match data_key::Entity::find_by_id(id).one(db).await? {
            Some(row) => self.unwrap(db, &row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn unwrap(
        &self,
        db: &impl ConnectionTrait,
        row: &data_key::Model,
    ) -> Result<Arc<Key>, VaultError> {
        if let Some(key) = self.opened().get(&row.id) {
            return Ok(key.clone());
        }
        if self.keys().get(&row.kek_id).is_none() {
            self.read_anew(db).await?;
        }
        let ring = self.keys();
        let kek = ring.named(&row.kek_id)?;
        let Some(key) = unwrapped(kek, row) else {
            // A wrong key is an operator's mistake and loses nothing; only an altered row is lost.
            let canary = canary::Entity::find_by_id(&row.kek_id).one(db).await?;
            if canary.is_some_and(|canary| !is_canary(kek, &canary.sealed)) {
                return Err(ring.wrong(&row.kek_id, Needs::default()).into());
            }
            return Err(VaultError::DoesNotOpen(DoesNotOpen, wrap_place(row.workspace, row.id)));
        };
        let key = Arc::new(key);
        self.opened().insert(row.id, key.clone());
        Ok(key)
    }

    /// A data key is gone from the database.
    pub(super) fn forget_key(&self, id: Uuid) {
        self.opened().remove(&id);
    }

    /// What the key file says by now, if a file it is; none of its keys may be another than the one that sealed.
    async fn read_anew(&self, db: &impl ConnectionTrait) -> Result<(), VaultError> {
        let Some(again) = self.keys().again() else { return Ok(()) };
        let again = again?;
        for row in canary::Entity::find().all(db).await? {
            if again.get(&row.kek_id).is_some_and(|key| !is_canary(key, &row.sealed)) {
                return Err(again.wrong(&row.kek_id, needs_of(db, &row.kek_id).await?).into());
            }
        }
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(again);
        Ok(())
    }

    /// The keys as they were read last.
    #[must_use]
    pub fn keys(&self) -> Arc<Keys> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Key>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks each key that the database was sealed by.
///
/// # Errors
/// [`KeysError::Missing`] or [`KeysError::Wrong`] name the key, and how much needs it.
pub async fn check(keys: &Keys, store: &Store) -> Result<(), VaultError> {
    for row in canaries_in_use(store).await? {
        let needs = needs_of(store.read(), &row.kek_id);
        match keys.get(&row.kek_id) {
            None => return Err(keys.missing(&row.kek_id, needs.await?).into()),
            Some(key) if is_canary(key, &row.sealed) => {}
            Some(_) => return Err(keys.wrong(&row.kek_id, needs.await?).into()),
        }
    }
    Ok(())
}

async fn canaries_in_use(store: &Store) -> Result<Vec<canary::Model>, VaultError> {
    Ok(canary::Entity::find().filter(canary::Column::RetiredAt.is_null()).all(store.read()).await?)
}

/// Leaves the first key's canary, or finds that there is one already: of this key, and not retired.
async fn register(db: &impl ConnectionTrait, ring: &Keys) -> Result<(), VaultError> {
    let (id, key) = ring.active();
    let sealed = seal::seal(key, Uuid::nil(), &CANARY_PLACE, CANARY);
    let row = canary::ActiveModel { kek_id: Set(id.to_owned()), sealed: Set(sealed), retired_at: Set(None) };
    let keep = OnConflict::column(canary::Column::KekId).do_nothing().to_owned();
    canary::Entity::insert(row).on_conflict(keep).exec_without_returning(db).await?;
    hold(db, id).await?;
    let row = canary::Entity::find_by_id(id).one(db).await?.ok_or_else(|| ring.missing(id, Needs::default()))?;
    if row.retired_at.is_some() {
        return Err(KeysError::Retired { place: ring.place(), id: id.to_owned() }.into());
    }
    if is_canary(key, &row.sealed) { Ok(()) } else { Err(ring.wrong(id, needs_of(db, id).await?).into()) }
}

/// Keeps the canary as it is until the end of the transaction: who retires a key and who wraps by it take turns.
pub(super) async fn hold(db: &impl ConnectionTrait, id: &str) -> Result<(), VaultError> {
    canary::Entity::update_many()
        .col_expr(canary::Column::KekId, Expr::col(canary::Column::KekId))
        .filter(canary::Column::KekId.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Whether `key` is the one that the canary was sealed by.
pub(super) fn is_canary(key: &Key, sealed: &[u8]) -> bool {
    seal::open(key, &CANARY_PLACE, sealed).as_deref() == Ok(CANARY)
}

/// A data key as it is stored.
pub(super) fn wrap(kek: &Key, workspace: WorkspaceId, id: Uuid, key: &Key) -> Vec<u8> {
    seal::seal(kek, Uuid::nil(), &wrap_place(workspace, id), key.expose_secret())
}

fn unwrapped(kek: &Key, row: &data_key::Model) -> Option<Key> {
    let plain = seal::open(kek, &wrap_place(row.workspace, row.id), &row.wrapped).ok()?;
    Some(Key::new(Box::new(plain.try_into().ok()?)))
}

/// A new data key that seals from now on, wrapped by the ring's first key.
pub(super) fn new_key(ring: &Keys, workspace: WorkspaceId) -> data_key::ActiveModel {
    let (id, (kek_id, kek)) = (Uuid::now_v7(), ring.active());
    data_key::ActiveModel {
        id: Set(id),
        workspace: Set(workspace),
        kek_id: Set(kek_id.to_owned()),
        wrapped: Set(wrap(kek, workspace, id, &seal::new_key())),
        is_leaving: Set(false),
        former_at: Set(None),
    }
}

/// Where a data key is wrapped.
fn wrap_place(workspace: WorkspaceId, id: Uuid) -> Place {
    Place { workspace, table: "data_keys", column: "wrapped", row: id }
}
