//! Rotation: every data key wrapped by another key, and every value sealed by another data key, while servers read,
//! refresh and connect.
//!
//! Each row is changed by a statement that says what it must still be, so whoever writes at the same time wins, and
//! wherever this is killed every row opens by the key that it names. Done again, it goes on with what is left.

use std::{collections::HashSet, time::Duration};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, Func},
};
use uuid::Uuid;

use super::{
    Keys, KeysError, Vault, VaultError,
    data_keys::{hold, new_key, wrap},
    rows::{
        canary,
        data_key::{self, Column},
        secret,
    },
    seal::{self, At, DoesNotOpen},
    uses::needs_of,
};
use crate::{
    domain::Moment,
    server::store::{Store, StoreError},
};

/// Rows at a time. A batch is a moment's work, so nobody waits long for the database's one writer.
const BATCH: u64 = 100;
/// Between batches, for those who wait for it.
const BREATH: Duration = Duration::from_millis(5);
/// A former key that nothing names stays as long: an answer that it sealed may lie in the spool of a machine that is
/// down, and a statement may be under way that still seals by it.
const STAYS: Duration = Duration::from_hours(24);

/// What a rotation did.
#[derive(Debug, Default)]
pub struct Moved {
    /// Rows that were moved.
    pub rows: u64,
    /// Rows that stay as they are, because they do not open.
    pub stuck: u64,
    /// Why the last of them does not.
    pub why: Option<String>,
}

impl Moved {
    fn sticks(&mut self, rows: u64, why: &impl ToString) {
        self.stuck += rows;
        self.why = Some(why.to_string()).filter(|_| self.stuck > 0);
    }
}

impl Vault {
    /// Wraps every data key by the first key.
    ///
    /// # Errors
    /// When the database does not do it. Keys that do not open are counted.
    pub async fn wrap_anew(&self, store: &Store) -> Result<Moved, VaultError> {
        let mut moved = Moved::default();
        let mut after = Uuid::nil();
        loop {
            let txn = store.begin().await.map_err(of_store)?;
            let ring = self.wraps(&txn).await?;
            let (kek_id, kek) = ring.active();
            let left = data_key::Entity::find().filter(Column::KekId.ne(kek_id)).filter(Column::Id.gt(after));
            let batch = left.order_by_asc(Column::Id).limit(BATCH).all(&txn).await?;
            let Some(last) = batch.last() else { return Ok(moved) };
            after = last.id;
            for row in &batch {
                let key = match self.unwrap(&txn, row).await {
                    Ok(key) => key,
                    Err(error @ VaultError::Database(_)) => return Err(error),
                    Err(error) => {
                        moved.sticks(1, &error);
                        continue;
                    }
                };
                let change = data_key::ActiveModel {
                    kek_id: Set(kek_id.to_owned()),
                    wrapped: Set(wrap(kek, row.workspace, row.id, &key)),
                    ..Default::default()
                };
                let as_read = Column::Id.eq(row.id).and(Column::Wrapped.eq(row.wrapped.clone()));
                moved.rows +=
                    data_key::Entity::update_many().set(change).filter(as_read).exec(&txn).await?.rows_affected;
            }
            txn.commit().await?;
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Gives every workspace a new data key and seals its values by it; or goes on with that, if something of it was left.
    /// Answers how many keys are new, and what became of the values.
    ///
    /// # Errors
    /// When the database does not do it. Values that do not open are counted.
    pub async fn renew_data_keys(&self, store: &Store, now: Moment) -> Result<(u64, Moved), VaultError> {
        let left = self.seal_all_anew(store).await?;
        if left.rows == 0 && leaving().one(store.read()).await?.is_none() {
            let all = data_key::Entity::update_many().col_expr(Column::IsLeaving, Expr::value(true));
            all.filter(Column::FormerAt.is_null()).exec(store.read()).await?;
        }
        let (mut renewed, mut after) = (0, Uuid::nil());
        loop {
            let batch = leaving().filter(Column::Id.gt(after)).limit(BATCH).all(store.read()).await?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            for row in &batch {
                renewed += u64::from(self.replace(store, row, now).await?);
            }
        }
        let moved = self.seal_all_anew(store).await?;
        Ok((renewed, Moved { rows: left.rows + moved.rows, ..moved }))
    }

    async fn seal_all_anew(&self, store: &Store) -> Result<Moved, VaultError> {
        let mut moved = Moved::default();
        for row in former().all(store.read()).await? {
            self.seal_anew(store, &row, &mut moved).await?;
        }
        Ok(moved)
    }

    /// What still names a former data key is sealed anew, and one that nothing has named for a day goes, unless it is
    /// among `needed`: what lies outside of the database.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn sweep(&self, store: &Store, now: Moment, needed: &HashSet<Uuid>) -> Result<(), VaultError> {
        for row in former().all(store.read()).await? {
            self.seal_anew(store, &row, &mut Moved::default()).await?;
            let is_old = row.former_at.is_some_and(|since| now.since(since) > STAYS);
            if is_old && !needed.contains(&row.id) && naming(&row).count(store.read()).await? == 0 {
                data_key::Entity::delete_by_id(row.id).exec(store.read()).await?;
                self.forget_key(row.id);
            }
        }
        Ok(())
    }

    /// Makes a new data key that seals from now on. Whether it was still to be done.
    async fn replace(&self, store: &Store, row: &data_key::Model, now: Moment) -> Result<bool, VaultError> {
        let txn = store.begin().await.map_err(of_store)?;
        let change = data_key::ActiveModel { is_leaving: Set(false), former_at: Set(Some(now)), ..Default::default() };
        let as_read = Column::Id.eq(row.id).and(Column::IsLeaving.eq(true)).and(Column::FormerAt.is_null());
        let ring = self.wraps(&txn).await?;
        let changed = data_key::Entity::update_many().set(change).filter(as_read).exec(&txn).await?;
        if changed.rows_affected == 0 {
            return Ok(false);
        }
        data_key::Entity::insert(new_key(&ring, row.workspace)).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(true)
    }

    /// Seals by the workspace's key what the former one sealed.
    async fn seal_anew(&self, store: &Store, former: &data_key::Model, moved: &mut Moved) -> Result<(), VaultError> {
        let db = store.read();
        let (new_id, new_key) = self.key_of(db, former.workspace).await?;
        let key = match self.unwrap(db, former).await {
            Err(error) if error.is_lost() => {
                moved.sticks(naming(former).count(db).await?, &error);
                return Ok(());
            }
            key => key?,
        };
        // Those that do not open stay at the front.
        let mut stuck = 0;
        loop {
            let batch = naming(former).offset(stuck).limit(BATCH).all(db).await?;
            if batch.is_empty() {
                return Ok(());
            }
            for row in &batch {
                let Ok(sealed) = seal::seal_anew(&key, at(row), &row.sealed, (new_id, &new_key)) else {
                    stuck += 1;
                    let (table, column) = (&row.owner_table, &row.owner_column);
                    moved.sticks(1, &format!("{DoesNotOpen} ({table}, {column}, row {})", row.owner_row));
                    continue;
                };
                moved.rows += put_if_unchanged(db, row, sealed).await?;
            }
            tokio::time::sleep(BREATH).await;
        }
    }
}

/// Retires the key of that id: nothing is wrapped by it from now on, and it may be thrown away.
///
/// # Errors
/// [`KeysError`] when it wraps something, is the first one, or is not known at all.
pub async fn retire(keys: &Keys, store: &Store, id: &str, now: Moment) -> Result<(), VaultError> {
    if keys.first() == id {
        return Err(KeysError::First { place: keys.place(), id: id.to_owned() }.into());
    }
    let txn = store.begin().await.map_err(of_store)?;
    // Who wraps by it does so before this, and is counted, or after it, and is told.
    hold(&txn, id).await?;
    let known = canary::Entity::find_by_id(id).one(&txn).await?;
    let needs = needs_of(&txn, id).await?;
    if needs.data_keys > 0 {
        return Err(KeysError::InUse { id: id.to_owned(), needs }.into());
    }
    match known {
        Some(row) if row.retired_at.is_none() => {
            let retired = canary::ActiveModel { retired_at: Set(Some(now)), ..Default::default() };
            canary::Entity::update_many().set(retired).filter(canary::Column::KekId.eq(id)).exec(&txn).await?;
            txn.commit().await?;
        }
        None if !keys.ids().any(|own| own == id) => {
            return Err(KeysError::Unknown { place: keys.place(), id: id.to_owned() }.into());
        }
        _ => {}
    }
    Ok(())
}

fn leaving() -> Select<data_key::Entity> {
    data_key::Entity::find()
        .filter(Column::IsLeaving.eq(true))
        .filter(Column::FormerAt.is_null())
        .order_by_asc(Column::Id)
}

fn former() -> Select<data_key::Entity> {
    data_key::Entity::find().filter(Column::FormerAt.is_not_null()).order_by_asc(Column::Id)
}

/// The values that the key sealed: a sealed value begins with format, algorithm and the key's id.
fn naming(key: &data_key::Model) -> Select<secret::Entity> {
    let named = Func::cust("substr").arg(Expr::col(secret::Column::Sealed)).arg(3).arg(16);
    secret::Entity::find()
        .filter(secret::Column::Workspace.eq(key.workspace))
        .filter(Expr::expr(named).eq(key.id.as_bytes().to_vec()))
        .order_by_asc(secret::Column::OwnerTable)
        .order_by_asc(secret::Column::OwnerColumn)
        .order_by_asc(secret::Column::OwnerRow)
}

/// One statement for each value: a transaction over many would hold rows that a refresh wants in another order.
async fn put_if_unchanged(db: &impl ConnectionTrait, row: &secret::Model, sealed: Vec<u8>) -> Result<u64, VaultError> {
    let changed = secret::Entity::update_many()
        .set(secret::ActiveModel { sealed: Set(sealed), ..Default::default() })
        .filter(secret::Column::OwnerTable.eq(row.owner_table.as_str()))
        .filter(secret::Column::OwnerColumn.eq(row.owner_column.as_str()))
        .filter(secret::Column::OwnerRow.eq(row.owner_row))
        .filter(secret::Column::Sealed.eq(row.sealed.clone()))
        .exec(db)
        .await?;
    Ok(changed.rows_affected)
}

fn at(row: &secret::Model) -> At<'_> {
    At { workspace: row.workspace, table: &row.owner_table, column: &row.owner_column, row: row.owner_row }
}

fn of_store(error: StoreError) -> VaultError {
    match error {
        StoreError::Database(error) => error.into(),
        other => sea_orm::DbErr::Custom(other.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::{domain::WorkspaceId, server::vault::Place};

    #[tokio::test]
    async fn a_value_that_was_written_meanwhile_stays_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open_folder(folder.path()).await.expect("it opens");
        store.migrate().await.expect("a new database");
        let keys = Keys::create(&folder.path().join("vault.key")).expect("a new key file");
        let (vault, db) = (Vault::open(keys, &store).await.expect("it opens"), store.read());
        let workspace = WorkspaceId(Uuid::now_v7());
        let place = Place { workspace, table: "grants", column: "access", row: Uuid::now_v7() };
        vault.make_key(db, workspace).await.expect("a data key");
        vault.put(db, place, &"old".to_owned().into()).await.expect("sealed");
        let read = secret::Entity::find().one(db).await.expect("it answers").expect("the value");
        vault.put(db, place, &"fresh".to_owned().into()).await.expect("a refresh");
        assert_eq!(put_if_unchanged(db, &read, read.sealed.clone()).await.expect("it answers"), 0);
        assert_eq!(vault.get(db, place).await.expect("it opens").expose_secret(), "fresh");
        let now = secret::Entity::find().one(db).await.expect("it answers").expect("the value");
        assert_eq!(put_if_unchanged(db, &now, now.sealed.clone()).await.expect("it answers"), 1);
    }
}
