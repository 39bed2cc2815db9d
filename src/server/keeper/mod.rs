//! What happens without a click: permissions are checked, deaths are noticed, people are warned in time, and what is
//! owed back to a network is given back. Any number of processes may run it; leases in the database keep them apart.

mod deaths;
mod reach;
mod refresh;
mod silence;
mod spool;
mod visit;

use std::time::Duration;

use tokio::task::JoinSet;
use tracing::warn;

use super::{
    App, accounts, connect, networks,
    pages::{self, NotChanged},
    store::StoreError,
    vault::VaultError,
};
use refresh::End;
pub use refresh::{Fingerprint, NoToken, Refreshing, fingerprint, fresh_token, recover, report_refusal};

/// How many grants one round looks at.
const ROUND: u64 = 32;
/// How many refreshes are under way at once.
const FLIGHTS: usize = 32;
/// Between rounds that found nothing to do.
const REST: Duration = Duration::from_millis(500);

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
    tokio::join!(rounds(&app), refreshes(&app));
}

async fn rounds(app: &App) {
    let mut swept_at = app.clock.now();
    loop {
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

async fn sweep(app: &App) {
    if let Err(error) = connect::sweep(app).await {
        warn!(%error, "old attempts are not swept away yet");
    }
    if let Err(error) = accounts::sweep(app).await {
        warn!(%error, "old sessions are not swept away yet");
    }
}

/// One round; whether there may be more to do at once.
async fn round(app: &App) -> bool {
    if app.stopping.is_cancelled() {
        return false;
    }
    for job in connect::due_returns(app, ROUND).await.unwrap_or_default() {
        if let Err(error) = connect::settle(app, job).await {
            warn!(%error, "a permission is not given back yet");
        }
    }
    let Ok(blocked) = networks::blocked(app.store.read(), app.clock.now()).await else { return false };
    match pages::due(&app.store, app.clock.now(), &blocked, ROUND).await {
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

/// Refreshes what is due, the longest overdue first, some at a time.
async fn refreshes(app: &App) {
    let mut under_way = Flights::new();
    while !app.stopping.is_cancelled() {
        begin_refreshes(app, &mut under_way).await;
        tokio::select! {
            () = app.stopping.cancelled() => {}
            Some(ended) = under_way.join_next() => {
                let trouble = matches!(ended, Ok(End::NotNow(None)));
                if trouble {
                    tokio::time::sleep(REST).await;
                }
            }
            () = tokio::time::sleep(REST), if under_way.len() < FLIGHTS => {}
        }
    }
}

type Flights = JoinSet<End>;

async fn begin_refreshes(app: &App, under_way: &mut Flights) {
    let now = app.clock.now();
    let Ok(blocked) = networks::blocked(app.store.read(), now).await else { return };
    let room = FLIGHTS.saturating_sub(under_way.len());
    let due = pages::due_refreshes(&app.store, now, &blocked, u64::try_from(room).unwrap_or(0)).await;
    for grant in due.inspect_err(|error| warn!(%error, "due refreshes are not known")).unwrap_or_default() {
        let hear = refresh::start(app, &grant, refresh::Why::Due);
        under_way.spawn(refresh::end_of(hear));
    }
}

/// One round, for tests and the demo, which cannot wait for the clock.
///
/// # Errors
/// Never; what goes wrong is logged, and tried again.
pub async fn once(app: &App) {
    round(app).await;
    let mut under_way = Flights::new();
    begin_refreshes(app, &mut under_way).await;
    under_way.join_all().await;
}
