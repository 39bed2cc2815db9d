//! Looking whether the keys that are here are those that the database was sealed by. Nothing is written.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    Keys, VaultError,
    rows::{canary, data_key},
    secrets::is_canary,
};
use crate::server::store::Store;

/// A key that the database was sealed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFound {
    /// Its id.
    pub id: String,
    /// Whether it is here, and the right one.
    pub opens: Opens,
    /// How many workspaces hang on it.
    pub workspaces: u64,
}

/// What a key says to its test value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// It opens.
    Yes,
    /// It has other bytes.
    No,
    /// It is not here.
    NotHere,
}

/// Every key that the database was sealed by, in the order of their ids.
///
/// # Errors
/// When the database does not answer.
pub async fn look(keys: &Keys, store: &Store) -> Result<Vec<KeyFound>, VaultError> {
    let mut found = Vec::new();
    for row in canary::Entity::find().all(store.read()).await? {
        let opens = match keys.named(&row.kek_id) {
            Ok(key) if is_canary(key, &row.sealed) => Opens::Yes,
            Ok(_) => Opens::No,
            Err(_) => Opens::NotHere,
        };
        let hanging = data_key::Entity::find().filter(data_key::Column::KekId.eq(row.kek_id.clone()));
        found.push(KeyFound { workspaces: hanging.count(store.read()).await?, id: row.kek_id, opens });
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(found)
}
