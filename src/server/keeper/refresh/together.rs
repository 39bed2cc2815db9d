//! What flights share: whatever comes while the database is at some of it goes in the next statements, all of it, and in
//! the next commit where it is written.
//!
//! Whoever gets the turn does it for all who wait. A write is done when it is on the disk, as if it had been alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::DbErr;
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

use super::RefreshFailure;
use crate::server::{App, store::StoreError};

/// As many as are done at once: the others of the database wait for it.
const AT_MOST: usize = 64;

/// A question or a write that needs no statement of its own.
pub(super) trait Shares: Send + Sync + Sized {
    /// What it comes to.
    type Done: Send;

    /// They are done in this order, so that two processes that want the same rows never wait for each other.
    fn order(&self) -> Uuid;

    /// Does all of them, and answers for each. After an error nothing of any of them has happened.
    fn do_all(app: &App, all: &[Self]) -> impl Future<Output = Result<Vec<Self::Done>, RefreshFailure>> + Send;
}

/// What waits for its turn.
pub(super) struct Together<W: Shares> {
    waiting: Mutex<Vec<Waiting<W>>>,
    turn: Arc<Semaphore>,
}

struct Waiting<W: Shares> {
    item: W,
    tell: oneshot::Sender<Result<W::Done, RefreshFailure>>,
}

impl<W: Shares> Together<W> {
    /// Of all who take `turn`, one is at it at a time.
    pub(super) fn taking(turn: Arc<Semaphore>) -> Self {
        Self { waiting: Mutex::default(), turn }
    }

    /// Does it, with whatever else waits, and answers when it is on the disk.
    pub(super) async fn share(&self, app: &App, item: W) -> Result<W::Done, RefreshFailure> {
        let (tell, mut hear) = oneshot::channel();
        self.waiting().push(Waiting { item, tell });
        loop {
            tokio::select! {
                biased;
                done = &mut hear => return done.unwrap_or_else(|_| Err(ended_early())),
                _turn = self.turn.acquire() => do_all(app, self.next()).await,
            }
        }
    }

    fn next(&self) -> Vec<Waiting<W>> {
        let mut waiting = self.waiting();
        let count = waiting.len().min(AT_MOST);
        waiting.drain(..count).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<W>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who did it for all is gone; what became of it is not known.
fn ended_early() -> RefreshFailure {
    StoreError::from(DbErr::Custom("a shared statement ended early".to_owned())).into()
}

async fn do_all<W: Shares>(app: &App, mut all: Vec<Waiting<W>>) {
    all.sort_by_key(|waiting| waiting.item.order());
    let (items, tells): (Vec<_>, Vec<_>) = all.into_iter().map(|waiting| (waiting.item, waiting.tell)).unzip();
    if items.is_empty() {
        return;
    }
    match W::do_all(app, &items).await {
        Ok(done) => tells.into_iter().zip(done).for_each(|(tell, done)| drop(tell.send(Ok(done)))),
        Err(error) => {
            let error = Arc::new(error);
            for tell in tells {
                drop(tell.send(Err(error.clone().into())));
            }
        }
    }
}
