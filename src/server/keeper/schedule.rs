//! Refreshes what is due, the longest overdue first, some at a time.

use std::sync::Arc;

use tokio::task::JoinSet;
use tracing::warn;

use super::{
    super::{App, networks, pages},
    REST,
    refresh::{self, End, Seats},
};

/// How many refreshes are under way at once. Of one app fewer are without an answer ([`Seats`]).
pub const FLIGHTS: usize = 192;
/// When so much has happened, it is worth looking what is due.
const NEWS: usize = 16;

/// Runs until the process is asked to stop.
pub(super) async fn refreshes(app: &App) {
    let mut flights = Flights::default();
    while !app.stopping.is_cancelled() {
        flights.begin(app).await;
        // It looks again when there is room for some, or after a rest.
        let rest = tokio::time::sleep(REST);
        tokio::pin!(rest);
        while !flights.have_room() {
            let seats = flights.seats.clone();
            tokio::select! {
                () = app.stopping.cancelled() => return,
                () = &mut rest => break,
                Some(()) = flights.ends() => {}
                () = seats.news() => {}
            }
        }
    }
}

/// Refreshes that are under way.
#[derive(Default)]
struct Flights {
    under_way: JoinSet<End>,
    seats: Arc<Seats>,
    /// What has happened since it was last looked what is due: each that was answered, and each that ended.
    news: usize,
}

impl Flights {
    async fn begin(&mut self, app: &App) {
        let now = app.clock.now();
        self.news = 0;
        let Ok(open) = networks::open(app.store.read(), now, &self.seats.full()).await else { return };
        let apps = open.as_ref().map_or_else(|| app.networks.all().count(), Vec::len);
        let (begun, free) = self.seats.count(apps);
        // Those that wait for their mark are due still, and are begun already.
        let at_most = begun + free.min(FLIGHTS.saturating_sub(self.under_way.len()));
        let due =
            pages::due_refreshes(&app.store, now, open.as_deref(), u64::try_from(at_most).unwrap_or(u64::MAX)).await;
        for grant in due.inspect_err(|error| warn!(%error, "due refreshes are not known")).unwrap_or_default() {
            if self.under_way.len() >= FLIGHTS || app.refreshing.is_under_way(grant.id) {
                continue;
            }
            if let Some(ticket) = self.seats.ticket(grant.network_app) {
                self.under_way.spawn(refresh::end_of(refresh::start(app, &grant, refresh::Why::Due, Some(ticket))));
            }
        }
    }

    /// One has ended. Trouble of ours is no news: it is not looked again at once what else there is to have trouble with.
    async fn ends(&mut self) -> Option<()> {
        let end = self.under_way.join_next().await?.ok()?;
        self.news += usize::from(end != End::NotNow(None));
        Some(())
    }

    /// For so many that it is worth looking what is due.
    fn have_room(&mut self) -> bool {
        self.news += self.seats.take_answered();
        self.news >= NEWS && self.under_way.len() < FLIGHTS
    }
}

/// What is due now, to its end.
pub(super) async fn once(app: &App) {
    let mut flights = Flights::default();
    flights.begin(app).await;
    while flights.ends().await.is_some() {}
}
