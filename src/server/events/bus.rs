//! Telling after the commit: in this process by a broadcast, to others by PostgreSQL's NOTIFY.

use sea_orm::sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tracing::{field::display, info, warn};

use super::record::notify;
use crate::{
    domain::WorkspaceId,
    server::{
        counts::{Counted, Counts},
        store::{Backend, Note, Store, StoreError, Writing},
    },
};

/// PostgreSQL's channel; the payload is the workspace's id.
pub(super) const CHANNEL: &str = "greentick_events";
/// A follower that is further behind reads the record instead, so little is enough.
const BACKLOG: usize = 256;

/// Tells followers that a workspace has new events. What they are stands in the record.
#[derive(Clone, Debug)]
pub struct Bus {
    wake: broadcast::Sender<WorkspaceId>,
    counts: Counts,
}

impl Bus {
    /// One that nobody follows yet.
    #[must_use]
    pub fn counting(counts: Counts) -> Self {
        Self { wake: broadcast::channel(BACKLOG).0, counts }
    }

    /// Follows all workspaces; a follower picks its own.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<WorkspaceId> {
        self.wake.subscribe()
    }

    /// Commits, and tells whoever follows, the log and the figures.
    ///
    /// # Errors
    /// When the database does not do it; then nothing has happened and nobody is told.
    pub async fn commit(&self, store: &Store, mut writing: Writing) -> Result<(), StoreError> {
        let (workspace, notes) = (writing.workspace(), writing.take_notes());
        notify(&writing, store, &workspace.to_string()).await?;
        if writing.commit().await?.is_some() {
            self.wake(workspace);
        }
        for Note { seq, kind, page, network } in notes {
            let (page, at) = (page.as_ref().map(display), network.as_ref().map(display));
            info!(%workspace, seq, kind, page, network = at, "recorded");
            self.counts.add(Counted::Event, network.as_ref(), kind);
        }
        Ok(())
    }

    fn wake(&self, workspace: WorkspaceId) {
        // Nobody follows: nobody to tell.
        let _ = self.wake.send(workspace);
    }
}

/// Hears of events that other processes wrote to the same PostgreSQL, for as long as this process lives. On SQLite
/// there are no others, and it returns at once.
pub async fn listen(store: Store, bus: Bus) {
    if store.backend() == Backend::Sqlite {
        return;
    }
    loop {
        if let Err(error) = hear(&store, &bus).await {
            warn!(%error, "events of other processes are not heard; trying again");
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

async fn hear(store: &Store, bus: &Bus) -> Result<(), sea_orm::sqlx::Error> {
    let mut listener = PgListener::connect_with(store.read().get_postgres_connection_pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let heard = listener.recv().await?;
        if let Ok(workspace) = heard.payload().parse() {
            bus.wake(workspace);
        }
    }
}
