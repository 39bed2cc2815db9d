//! What happens without a click: permissions are checked, deaths are noticed, people are warned in time, and what is
//! owed back to a network is given back. Any number of processes may run it; leases in the database keep them apart.

mod visit;

use std::time::Duration;

use tracing::warn;

use super::{App, accounts, connect, pages};

/// How many grants one round looks at.
const ROUND: u64 = 32;
/// Between rounds that found nothing to do.
const REST: Duration = Duration::from_millis(500);

/// How often what is over is swept away.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Runs until the process is asked to stop.
pub async fn run(app: App) {
    let mut swept_at = app.clock.now();
    loop {
        if app.clock.now().since(swept_at) > SWEEP_EVERY {
            swept_at = app.clock.now();
            sweep(&app).await;
        }
        let worked = round(&app).await;
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
    match pages::due(&app.store, app.clock.now(), ROUND).await {
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

/// One round, for tests and the demo, which cannot wait for the clock.
///
/// # Errors
/// Never; what goes wrong is logged, and tried again.
pub async fn once(app: &App) {
    round(app).await;
}
