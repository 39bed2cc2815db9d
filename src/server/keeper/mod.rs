//! What happens without a click: permissions are checked, deaths are noticed, people are warned in time, and what is
//! owed back to a network is given back. Any number of processes may run it; leases in the database keep them apart.

mod deaths;
mod reach;
mod refresh;
mod silence;
mod spool;
mod visit;

use std::{collections::HashMap, time::Duration};

use tokio::task::JoinSet;
use tracing::warn;

use super::{
    App, accounts, connect, networks,
    pages::{self, NotChanged},
    store::StoreError,
    vault::VaultError,
};
use crate::domain::NetworkAppId;
use refresh::End;
pub use refresh::{Fingerprint, NoToken, Refreshing, fingerprint, fresh_token, recover, report_refusal};

/// How many grants one round looks at.
const ROUND: u64 = 32;
/// How many refreshes are under way at once.
const FLIGHTS: usize = 32;
/// Of one app.
const FLIGHTS_OF_AN_APP: usize = 24;
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

/// Refreshes what is due, the longest overdue first, some at a time; of one app not all, so that a network that answers
/// slowly keeps no other waiting.
async fn refreshes(app: &App) {
    let mut flights = Flights::default();
    while !app.stopping.is_cancelled() {
        flights.begin(app).await;
        // It looks again when half of them have ended, or after a rest.
        let rest = tokio::time::sleep(REST);
        tokio::pin!(rest);
        loop {
            tokio::select! {
                () = app.stopping.cancelled() => return,
                () = &mut rest => break,
                Some(is_trouble) = flights.ends() => {
                    if !is_trouble && flights.under_way.len() == FLIGHTS / 2 {
                        break;
                    }
                }
            }
        }
    }
}

/// Refreshes that are under way, and how many of each app.
#[derive(Default)]
struct Flights {
    under_way: JoinSet<(NetworkAppId, End)>,
    of_app: HashMap<NetworkAppId, usize>,
}

impl Flights {
    async fn begin(&mut self, app: &App) {
        let now = app.clock.now();
        let Ok(mut but) = networks::blocked(app.store.read(), now).await else { return };
        but.extend(self.of_app.iter().filter(|(_, count)| **count >= FLIGHTS_OF_AN_APP).map(|(id, _)| *id));
        let room = u64::try_from(FLIGHTS.saturating_sub(self.under_way.len())).unwrap_or_default();
        let due = pages::due_refreshes(&app.store, now, &but, room).await;
        for grant in due.inspect_err(|error| warn!(%error, "due refreshes are not known")).unwrap_or_default() {
            let (network_app, hear) = (grant.network_app, refresh::start(app, &grant, refresh::Why::Due));
            *self.of_app.entry(network_app).or_default() += 1;
            self.under_way.spawn(async move { (network_app, refresh::end_of(hear).await) });
        }
    }

    /// One has ended; whether it had trouble of ours.
    async fn ends(&mut self) -> Option<bool> {
        let (network_app, end) = self.under_way.join_next().await?.ok()?;
        if let Some(count) = self.of_app.get_mut(&network_app) {
            *count -= 1;
        }
        self.of_app.retain(|_, count| *count > 0);
        Some(end == End::NotNow(None))
    }

    async fn end(mut self) {
        while self.ends().await.is_some() {}
    }
}

/// One round, for tests and the demo, which cannot wait for the clock.
///
/// # Errors
/// Never; what goes wrong is logged, and tried again.
pub async fn once(app: &App) {
    round(app).await;
    let mut flights = Flights::default();
    flights.begin(app).await;
    flights.end().await;
}
