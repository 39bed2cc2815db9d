//! What every room is handed: the open database, the vault, the clock, the networks, the bus.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    clock::Clock,
    counts::Counts,
    events::Bus,
    http::{BaseUrl, CookieNames},
    keeper::Refreshing,
    limits::Limits,
    networks::{NetworkClient, Networks},
    pages::Rosters,
    settings::Proxies,
    store::Store,
    vault::Vault,
};

/// The running instance. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The vault.
    pub vault: Vault,
    /// The clock.
    pub clock: Clock,
    /// The networks that can be used.
    pub networks: Networks,
    /// Speaks to them.
    pub client: NetworkClient,
    /// What this process has counted, for operators.
    pub counts: Counts,
    /// Tells what happened.
    pub bus: Bus,
    /// The pages of the workspaces that are looked at.
    pub rosters: Rosters,
    /// Where people find this instance.
    pub base_url: BaseUrl,
    /// What its cookies are called.
    pub cookies: CookieNames,
    /// How often anybody may ask.
    pub limits: Limits,
    /// The proxies whose word about a caller's address counts.
    pub proxies: Proxies,
    /// How often the keeper asks; `None`: as each definition says.
    pub check_every: Option<std::time::Duration>,
    /// Refreshes that are under way, and answers that are kept.
    pub refreshing: Refreshing,
    /// Work that must end before the process may.
    pub tasks: TaskTracker,
    /// Set when the process is asked to stop.
    pub stopping: CancellationToken,
    /// What leptos needs.
    pub leptos: LeptosOptions,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.leptos.clone()
    }
}
