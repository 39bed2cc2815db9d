//! A write: one transaction of one workspace, and who is to be woken when it is committed.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, ExprTrait,
    sea_query::{Expr, LockType, Order, Query},
};

use super::{Store, StoreError};
use crate::domain::{NetworkId, PageId, WorkspaceId};

/// An open transaction that has the workspace to itself.
///
/// It begins by touching the workspace's row, so writers of one workspace take turns on both databases: event numbers
/// have no gaps and commit in order, and what is read inside cannot be changed by somebody else before the commit.
/// Dropped without [`Writing::commit`], nothing has happened.
pub struct Writing {
    txn: DatabaseTransaction,
    workspace: WorkspaceId,
    seq: i64,
    last_committed: i64,
    notes: Vec<Note>,
}

/// What is to be told of a write once it is committed.
#[derive(Clone, Debug)]
pub struct Note {
    /// The event's number.
    pub seq: i64,
    /// What happened, in one word.
    pub kind: &'static str,
    /// To which page.
    pub page: Option<PageId>,
    /// At which network.
    pub network: Option<NetworkId>,
}

impl Store {
    /// Begins a write in `workspace`.
    ///
    /// # Errors
    /// When the database cannot be reached, or there is no such workspace.
    pub async fn write(&self, workspace: WorkspaceId) -> Result<Writing, StoreError> {
        let txn = self.begin().await?;
        Writing::within(txn, workspace).await
    }
}

impl Writing {
    /// Goes on in a transaction that has already begun, in which the workspace was made.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn within(txn: DatabaseTransaction, workspace: WorkspaceId) -> Result<Self, StoreError> {
        let touch = Query::update()
            .table("workspaces")
            .value("event_seq", Expr::col("event_seq"))
            .and_where(Expr::col("id").eq(workspace))
            .returning_col("event_seq")
            .to_owned();
        let Some(row) = txn.query_one(&touch).await? else {
            return Err(DbErr::RecordNotFound("workspace".into()).into());
        };
        let seq: i64 = row.try_get("", "event_seq")?;
        Ok(Self { txn, workspace, seq, last_committed: seq, notes: vec![] })
    }

    /// Has several workspaces to itself in one transaction, for what changes something in each and records no event.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn hold_all(txn: &DatabaseTransaction, workspaces: &[WorkspaceId]) -> Result<(), StoreError> {
        // In one order, so that two who want the same never wait for each other.
        let held = Query::select()
            .column("id")
            .from("workspaces")
            .and_where(Expr::col("id").is_in(workspaces.iter().copied()))
            .order_by("id", Order::Asc)
            .lock(LockType::Update)
            .to_owned();
        txn.query_all(&held).await?;
        Ok(())
    }

    /// The transaction, for statements.
    #[must_use]
    pub fn txn(&self) -> &DatabaseTransaction {
        &self.txn
    }

    /// Whose write this is.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Takes the next event number.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn next_seq(&mut self) -> Result<i64, StoreError> {
        self.seq += 1;
        let count = Query::update()
            .table("workspaces")
            .value("event_seq", self.seq)
            .and_where(Expr::col("id").eq(self.workspace))
            .to_owned();
        self.txn.execute(&count).await?;
        Ok(self.seq)
    }

    /// Notes what is to be told after the commit.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Takes what is to be told after the commit.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// Makes it so. Answers the number of the last event, when there is a new one.
    ///
    /// # Errors
    /// When the database does not do it; then nothing of it has happened.
    pub async fn commit(self) -> Result<Option<i64>, StoreError> {
        self.txn.commit().await?;
        Ok(Some(self.seq).filter(|seq| *seq > self.last_committed))
    }
}
