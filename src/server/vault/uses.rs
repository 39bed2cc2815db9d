//! What hangs on each key-encryption key: counted for those who rotate keys, and for those whose key is gone.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QuerySelect, Statement,
};

use super::{
    Keys, VaultError,
    data_keys::is_canary,
    rows::{canary, data_key},
};
use crate::server::store::Store;

/// What does not open without a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The data keys that it wraps: one for each workspace, and former ones.
    pub data_keys: u64,
    /// The sealed values that those open.
    pub values: u64,
}

impl std::fmt::Display for Needs {
    /// The end of a sentence about the key; nothing when nothing was counted.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (keys, values) = (self.data_keys, self.values);
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match keys {
            0 => Ok(()),
            _ => write!(f, ": {keys} data key{} with {values} sealed value{} need it", plural(keys), plural(values)),
        }
    }
}

/// What the canary of a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canary {
    /// Nothing was wrapped by the key yet.
    None,
    /// The key is the right one.
    Opens,
    /// The key has other bytes than the one that sealed.
    DoesNotOpen,
    /// The key is not here.
    NotTried,
    /// The key was retired.
    Retired,
}

/// A key-encryption key, and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id.
    pub id: String,
    /// Whether it is among the keys that we were given.
    pub is_here: bool,
    /// Whether it is the first of them, which wraps what is new.
    pub is_first: bool,
    /// What it wraps.
    pub needs: Needs,
    /// Whether it is the right one.
    pub canary: Canary,
}

/// Every key that is here, in the order of the lines, and then those that the database names and that are not. A
/// retired key is told of only while its line is here.
///
/// # Errors
/// When the database does not answer.
pub async fn key_uses(keys: &Keys, store: &Store) -> Result<Vec<KeyUse>, VaultError> {
    let canaries: HashMap<_, _> =
        canary::Entity::find().all(store.read()).await?.into_iter().map(|row| (row.kek_id.clone(), row)).collect();
    let needs = all_needs(store).await?;
    let mut ids: Vec<String> = keys.ids().map(str::to_owned).collect();
    let mut gone: Vec<_> = canaries.values().filter(|row| row.retired_at.is_none()).map(|row| &row.kek_id).collect();
    gone.extend(needs.keys());
    gone.sort();
    gone.dedup();
    ids.extend(gone.into_iter().filter(|id| keys.get(id).is_none()).cloned());
    let of = |id: String| KeyUse {
        is_here: keys.get(&id).is_some(),
        is_first: keys.first() == id,
        needs: needs.get(&id).copied().unwrap_or_default(),
        canary: match (canaries.get(&id), keys.get(&id)) {
            (None, _) => Canary::None,
            (Some(row), _) if row.retired_at.is_some() => Canary::Retired,
            (Some(_), None) => Canary::NotTried,
            (Some(row), Some(key)) if is_canary(key, &row.sealed) => Canary::Opens,
            (Some(_), Some(_)) => Canary::DoesNotOpen,
        },
        id,
    };
    Ok(ids.into_iter().map(of).collect())
}

/// What the key of that id wraps.
pub(super) async fn needs_of(db: &impl ConnectionTrait, id: &str) -> Result<Needs, DbErr> {
    let data_keys = data_key::Entity::find().filter(data_key::Column::KekId.eq(id)).count(db).await?;
    let values = values_by_key(db).await?.remove(id).unwrap_or_default();
    Ok(Needs { data_keys, values })
}

async fn all_needs(store: &Store) -> Result<HashMap<String, Needs>, DbErr> {
    #[derive(FromQueryResult)]
    struct Counted {
        kek_id: String,
        count: i64,
    }
    let counted = data_key::Entity::find()
        .select_only()
        .column(data_key::Column::KekId)
        .column_as(data_key::Column::Id.count(), "count")
        .group_by(data_key::Column::KekId)
        .into_model::<Counted>()
        .all(store.read())
        .await?;
    let values = values_by_key(store.read()).await?;
    let of = |row: Counted| {
        let values = values.get(&row.kek_id).copied().unwrap_or_default();
        (row.kek_id, Needs { data_keys: row.count.unsigned_abs(), values })
    };
    Ok(counted.into_iter().map(of).collect())
}

/// A sealed value names its data key in its header, which names its own.
async fn values_by_key(db: &impl ConnectionTrait) -> Result<HashMap<String, u64>, DbErr> {
    let backend = db.get_database_backend();
    let id = if backend == DbBackend::Postgres { "uuid_send(k.id)" } else { "k.id" };
    let sql = format!(
        "SELECT k.kek_id AS kek_id, COUNT(*) AS count FROM secrets s JOIN data_keys k ON {id} = substr(s.sealed, 3, 16) \
         GROUP BY k.kek_id"
    );
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    rows.into_iter()
        .map(|row| Ok((row.try_get::<String>("", "kek_id")?, row.try_get::<i64>("", "count")?.unsigned_abs())))
        .collect()
}
