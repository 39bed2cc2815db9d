//! What happens without a click: permissions are checked, deaths are noticed, people are warned in time, and what is
//! owed back to a network is given back. Any number of processes may run it; leases in the database keep them apart.

mod deaths;
mod reach;
mod refresh;
mod schedule;
mod silence;
mod spool;
mod visit;

use std::time::Duration;

use tokio::task::JoinSet;
use tracing::{info, warn};

use super::{
    App, accounts, connect, networks,
    pages::{self, NotChanged},
    store::StoreError,
    vault::VaultError,
};
use crate::domain::Moment;
pub use refresh::{Fingerprint, NoToken, Refreshing, fingerprint, fresh_token, recover, report_refusal};
#[cfg(test)]
pub use schedule::FLIGHTS;
#[cfg(test)]
pub use spool::{Line, Spool};

/// How many grants one round looks at.
const ROUND: u64 = 32;
/// How many permissions are given back at once.
const RETURNS: usize = 16;
/// Between rounds that found nothing to do.
const REST: Duration = Duration::from_millis(500);

/// A clock that is put right by less than this changes no plan.
const SET_BACK: Duration = Duration::from_mins(1);

/// How often what is over is swept away.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Why a visit came to nothing, for reasons of ours.
#[derive(Debug, thiserror::Error)]
enum VisitError {
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Runs until the process is asked to stop.
pub async fn run(app: App) {
    tokio::join!(rounds(&app), schedule::refreshes(&app), returns(&app));
}

async fn rounds(app: &App) {
    let mut swept_at = app.clock.now();
    let mut watch = Watch::of(app);
    // The clock may have gone back while nobody ran.
    plan_anew(app).await;
    loop {
        if watch.went_back(app) {
            plan_anew(app).await;
            swept_at = app.clock.now();
        }
        if app.clock.now().since(swept_at) > SWEEP_EVERY {
            swept_at = app.clock.now();
            sweep(app).await;
        }
        let worked = round(app).await;
        if worked {
            continue;
        }
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(REST) => {}
        }
    }
}

/// Notices a clock that is set back.
struct Watch {
    wall: Moment,
    running: Duration,
}

impl Watch {
    fn of(app: &App) -> Self {
        Self { wall: app.clock.now(), running: app.clock.running() }
    }

    /// Since the last time that it was asked.
    fn went_back(&mut self, app: &App) -> bool {
        let before = std::mem::replace(self, Self::of(app));
        self.wall + SET_BACK < before.wall + self.running.saturating_sub(before.running)
    }
}

async fn plan_anew(app: &App) {
    match pages::plan_anew(&app.store, app.clock.now()).await {
        Ok(0) => {}
        Ok(moved) => info!(moved, "the clock went back; what was planned by it is planned anew"),
        Err(error) => warn!(%error, "the clock may have gone back; what was planned by it stands as it is"),
    }
}

/// Sweeps away what is over.
pub async fn sweep(app: &App) {
    if let Err(error) = connect::sweep(app).await {
        warn!(%error, "old attempts are not swept away yet");
    }
    if let Err(error) = networks::sweep(app.store.read(), app.clock.now()).await {
        warn!(%error, "old messages of networks are not swept away yet");
    }
    if let Err(error) = accounts::sweep(app).await {
        warn!(%error, "old sessions are not swept away yet");
    }
    if let Err(error) = sweep_keys(app).await {
        warn!(%error, "former data keys are not swept away yet");
    }
}

/// What lies in our folder may be sealed by a key that the database does not name any more.
async fn sweep_keys(app: &App) -> Result<(), VaultError> {
    match app.refreshing.named_keys() {
        Ok(named) => app.vault.sweep(&app.store, app.clock.now(), &named).await,
        Err(error) => {
            warn!(%error, "the spool cannot be looked at, so no data key goes");
            Ok(())
        }
    }
}

/// One round; whether there may be more to do at once.
async fn round(app: &App) -> bool {
    if app.stopping.is_cancelled() {
        return false;
    }
    let Ok(open) = networks::open(app.store.read(), app.clock.now(), &[]).await else { return false };
    match pages::due(&app.store, app.clock.now(), open.as_deref(), ROUND).await {
        Ok(due) => {
            let mut visits = tokio::task::JoinSet::new();
            let is_full = u64::try_from(due.len()).is_ok_and(|count| count == ROUND);
            for grant in due {
                visits.spawn(visit::visit(app.clone(), grant));
            }
            visits.join_all().await;
            is_full
        }
        Err(error) => {
            warn!(%error, "due visits are not known");
            false
        }
    }
}

/// Gives back what is owed, some at a time. A network that answers slowly keeps nothing else waiting.
async fn returns(app: &App) {
    let mut under_way = JoinSet::new();
    loop {
        begin_returns(app, &mut under_way).await;
        let has_room = async {
            tokio::time::sleep(REST).await;
            while under_way.len() >= RETURNS {
                under_way.join_next().await;
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = has_room => {}
        }
        while under_way.try_join_next().is_some() {}
    }
    // What has been sent is waited for by who waits for all tasks.
    under_way.detach_all();
}

async fn begin_returns(app: &App, under_way: &mut JoinSet<()>) {
    let room = u64::try_from(RETURNS.saturating_sub(under_way.len())).unwrap_or_default();
    for job in connect::due_returns(app, room).await.unwrap_or_default() {
        let own = app.clone();
        under_way.spawn(app.tasks.track_future(async move {
            if let Err(error) = connect::settle(&own, job).await {
                warn!(%error, "a permission is not given back yet");
            }
        }));
    }
}

/// One round, for tests and the demo, which cannot wait for the clock.
///
/// # Errors
/// Never; what goes wrong is logged, and tried again.
pub async fn once(app: &App) {
    let mut under_way = JoinSet::new();
    begin_returns(app, &mut under_way).await;
    under_way.join_all().await;
    round(app).await;
    schedule::once(app).await;
}
