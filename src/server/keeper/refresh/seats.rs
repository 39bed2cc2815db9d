//! How many of an app's requests have no answer yet, of those that the schedule begins. A network that answers slowly has no
//! more of them and keeps no other waiting; and what waits for the database, before its mark or after its answer, keeps no
//! network waiting.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::domain::NetworkAppId;

/// Of one app, without an answer.
const SEATS: usize = 24;
/// Of one app, with those that wait for a seat: what they need to know is read meanwhile.
const BEGUN: usize = 2 * SEATS;

/// The seats of all apps.
#[derive(Default)]
pub struct Seats {
    of_apps: Mutex<HashMap<NetworkAppId, OfApp>>,
    answered: AtomicUsize,
    is_news: Notify,
}

struct OfApp {
    begun: usize,
    seats: Arc<Semaphore>,
}

/// One that was begun, until it has an answer or ends.
pub struct Ticket {
    of: Arc<Seats>,
    app: NetworkAppId,
    seats: Arc<Semaphore>,
    seat: Option<OwnedSemaphorePermit>,
}

impl Seats {
    /// A ticket for this app, if it may have one more.
    pub fn ticket(self: &Arc<Self>, app: NetworkAppId) -> Option<Ticket> {
        let mut of_apps = self.of_apps();
        let of_app = of_apps.entry(app).or_insert_with(|| OfApp { begun: 0, seats: Arc::new(Semaphore::new(SEATS)) });
        if of_app.begun >= BEGUN {
            return None;
        }
        of_app.begun += 1;
        Some(Ticket { of: self.clone(), app, seats: of_app.seats.clone(), seat: None })
    }

    /// The apps that get no more tickets.
    pub fn full(&self) -> Vec<NetworkAppId> {
        self.of_apps().iter().filter(|(_, of_app)| of_app.begun >= BEGUN).map(|(app, _)| *app).collect()
    }

    /// How many tickets are out, and how many more so many apps could have.
    pub fn count(&self, apps: usize) -> (usize, usize) {
        let out = self.of_apps().values().map(|of_app| of_app.begun).sum();
        (out, (apps * BEGUN).saturating_sub(out))
    }

    /// How many were answered since this was last asked.
    pub fn take_answered(&self) -> usize {
        self.answered.swap(0, Ordering::Relaxed)
    }

    /// Until one more is answered.
    pub async fn news(&self) {
        self.is_news.notified().await;
    }

    fn of_apps(&self) -> MutexGuard<'_, HashMap<NetworkAppId, OfApp>> {
        self.of_apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Waits for a seat.
    pub async fn sit(&mut self) {
        // They are never closed.
        self.seat = self.seats.clone().acquire_owned().await.ok();
    }

    /// The answer is there: the seat is another's.
    pub fn answered(self) {
        let of = self.of.clone();
        drop(self);
        of.answered.fetch_add(1, Ordering::Relaxed);
        of.is_news.notify_one();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut of_apps = self.of.of_apps();
        if let Some(of_app) = of_apps.get_mut(&self.app) {
            of_app.begun -= 1;
        }
        of_apps.retain(|_, of_app| of_app.begun > 0);
    }
}
