//! A social network that misbehaves on request: consent pages, tokens, a list of apps, and faults to switch on.
//!
//! It stands alone. It imports nothing of the app, and the app reaches it as it reaches any network: over HTTP, through
//! a definition file. Nothing here is real and nothing survives a restart, so its pages and its ledger show everything,
//! tokens included; every token carries the word [`CANARY`], so that a test can look for leaks anywhere else.

mod answers;
mod apps;
mod calls;
mod clients;
mod consent;
mod control;
mod decide;
mod faults;
mod html;
mod ledger;
mod me;
mod networks;
mod params;
mod people;
mod revoke;
#[cfg(test)]
mod tests;
mod tickets;
mod token;
mod way_back;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

pub use self::{
    clients::{client_id, client_secret, hostile_client_id, hostile_client_secret},
    networks::NETWORK_IDS,
    tickets::CANARY,
};
use self::{
    ledger::Ledger,
    networks::{NETWORKS, Network, Revocation},
};

/// Larger than any honest request to it.
const BODY_LIMIT: usize = 64 * 1024;

/// One sandbox: its address and everything that happened in it. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

struct Shared {
    origin: String,
    ledger: Mutex<Ledger>,
}

impl Sandbox {
    /// An empty one that calls itself `origin`, for example `http://localhost:8411`, without a slash at the end.
    #[must_use]
    pub fn new(origin: String) -> Self {
        Self(Arc::new(Shared { origin, ledger: Mutex::default() }))
    }

    /// Lets time pass in here: what expires by then is expired.
    pub fn advance(&self, by: Duration) {
        self.book(|ledger| ledger.advance(by));
    }

    /// What the network calls itself in `iss` (RFC 9207).
    fn issuer(&self, network: &Network) -> String {
        format!("{}/{}", self.0.origin, network.id)
    }

    /// A panic under the lock is a failed test already; it need not fail the next ones.
    fn book<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One network of one sandbox: what its handlers know.
#[derive(Clone)]
struct Here {
    sandbox: Sandbox,
    network: &'static Network,
}

/// Everything the sandbox answers.
pub fn router(sandbox: Sandbox) -> Router {
    NETWORKS
        .iter()
        .map(|network| (format!("/{}", network.id), routes(Here { sandbox: sandbox.clone(), network })))
        .fold(Router::new(), |all, (prefix, routes)| all.nest(&prefix, routes))
        .merge(stage(sandbox))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// What belongs to no network.
fn stage(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/", get(control::index))
        .route("/apps", get(apps::list))
        .route("/apps/remove", post(apps::remove))
        .route("/ledger", get(control::ledger))
        .route("/faults", get(control::faults).post(control::set_fault).delete(control::clear_faults))
        .route("/people/{person}/password", post(control::change_password))
        .with_state(sandbox)
}

fn routes(here: Here) -> Router {
    let common = Router::new()
        .route("/oauth/authorize", get(consent::authorize))
        .route("/oauth/decide", post(decide::decide))
        .route("/oauth/token", post(token::token))
        .route("/me", get(me::me))
        .route("/me/accounts", get(me::accounts));
    let all = match here.network.revocation {
        Revocation::Standard(_) => {
            common.route("/me/permissions", get(me::permissions)).route("/oauth/revoke", post(revoke::token))
        }
        Revocation::Permissions => common.route("/me/permissions", get(me::permissions).delete(revoke::permissions)),
    };
    all.with_state(here)
}
