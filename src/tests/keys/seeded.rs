//! Values of many workspaces, each of which says where it lies, and those who read and write them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use secrecy::ExposeSecret;
use uuid::Uuid;

use super::Shop;
use crate::{
    domain::WorkspaceId,
    server::{
        App, keeper, pages,
        vault::{Keys, Place, Vault},
    },
};

/// What was sealed, and what became of it.
#[derive(Default)]
pub struct Tally {
    pub places: Mutex<Vec<Place>>,
    pub reads: AtomicU64,
    pub starts: AtomicU64,
    pub refreshes: AtomicU64,
    pub failures: Mutex<Vec<String>>,
    pub is_over: AtomicBool,
}

fn text(place: &Place) -> String {
    format!("{} {} {} {}", place.workspace.0, place.table, place.column, place.row)
}

/// Values of a new workspace.
pub async fn workspace(app: &App, values: u32) -> Vec<Place> {
    let workspace = WorkspaceId(Uuid::now_v7());
    let txn = app.store.begin().await.expect("it begins");
    app.vault.make_key(&txn, workspace).await.expect("a data key");
    let mut places = vec![];
    for value in 0..values {
        let table = if value % 2 == 0 { "grants" } else { "pages" };
        let column = if value % 3 == 0 { "access" } else { "refresh" };
        let place = Place { workspace, table, column, row: Uuid::now_v7() };
        app.vault.put(&txn, place, &text(&place).into()).await.expect("sealed");
        places.push(place);
    }
    txn.commit().await.expect("committed");
    places
}

impl Tally {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    fn any_place(&self) -> Place {
        let places = self.places.lock().expect("nobody panicked with it");
        let at = crate::server::networks::phase(Uuid::now_v7());
        places[usize::try_from(at).expect("small") % places.len()]
    }

    fn fails(&self, what: String) {
        self.failures.lock().expect("nobody panicked with it").push(what);
    }

    pub async fn read(&self, vault: &Vault, app: &App, place: Place) {
        match vault.get(app.store.read(), place).await {
            Ok(value) if value.expose_secret() == text(&place) => {}
            Ok(_) => self.fails(format!("another value at {place:?}")),
            Err(error) => self.fails(error.to_string()),
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// A server that runs all the time.
    pub async fn reads(self: Arc<Self>, app: App) {
        while self.goes_on() {
            self.read(&app.vault, &app, self.any_place()).await;
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// A server that starts, reads what it never read before, and ends; again and again.
    pub async fn starts(self: Arc<Self>, app: App, file: std::path::PathBuf) {
        while self.goes_on() {
            let keys = match Keys::read(&file) {
                Ok(keys) => keys,
                Err(error) => return self.fails(error.to_string()),
            };
            match Vault::open(keys, &app.store).await {
                Ok(vault) => {
                    for _ in 0..20 {
                        self.read(&vault, &app, self.any_place()).await;
                    }
                }
                Err(error) => self.fails(error.to_string()),
            }
            self.starts.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// New workspaces.
    pub async fn founds(self: Arc<Self>, app: App) {
        while self.goes_on() {
            let new = workspace(&app, 2).await;
            self.places.lock().expect("nobody panicked with it").extend(new);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Readers of real grants, whose tokens are refused and renewed all the time.
    pub async fn refreshes(self: Arc<Self>, app: App) {
        while self.goes_on() {
            for id in pages::living(app.store.read()).await.unwrap_or_default() {
                match keeper::fresh_token(&app, id).await {
                    Ok(token) => {
                        let refused = keeper::fingerprint(&token);
                        if let Err(error) = keeper::report_refusal(&app, id, &refused).await {
                            self.fails(error.to_string());
                        }
                    }
                    Err(error) => self.fails(error.to_string()),
                }
                self.refreshes.fetch_add(1, Ordering::Relaxed);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

impl Shop {
    /// Nothing but the file’s first key wraps anything.
    pub async fn is_all_under_the_first_key(&self) -> bool {
        let uses = crate::server::vault::key_uses(&self.keys(), &self.world.app.store).await.expect("it answers");
        uses.iter().all(|key| key.is_first || key.needs.data_keys == 0)
    }
}
