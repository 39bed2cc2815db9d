//! Our apps at the networks, as an owner sets them up: enters credentials, takes them away, has them checked.
//!
//! What was entered goes to the vault and is never shown again, to nobody. Apps belong to the instance, whichever of its
//! owners entered them.

mod entered;
mod rows;
mod shown;

use std::time::Duration;

use tracing::info;

pub use self::{
    entered::{Entered, enter, remove, switch},
    shown::{list, show},
};
use super::{
    Owner, Refusal,
    networks::{Subject, Whence, examine},
};
use crate::domain::{AppState, Checkup, NetworkId};

/// A check that was made a moment ago is not made again, however often the button is pressed: each asks the network.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Checks whether our app at `network` can work, and keeps what was found. Leads back to the network's page.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such network, or the database does not do it.
pub async fn check(owner: &Owner, network: &NetworkId) -> Result<(), Refusal> {
    let (app, db) = (owner.app(), owner.store().read());
    let definition = app.networks.definition(network).ok_or(Refusal::NotFound)?;
    let now = app.clock.now();
    if rows::last(db, network).await?.is_none_or(|last| now.since(last.at) >= AGAIN_AFTER) {
        let redirect = app.base_url.callback(app.networks.app_id(network).await?);
        let network_app = app.networks.app_at(network);
        let subject =
            Subject { definition, app: network_app.as_deref(), state: state(owner, network), redirect: &redirect };
        let findings = examine(&app.client, &subject).await;
        rows::keep(db, network, Checkup { at: app.clock.now(), findings }).await?;
        info!(%network, by = owner.name(), "a network was checked");
    }
    lead_back(owner, network);
    Ok(())
}

fn state(owner: &Owner, network: &NetworkId) -> AppState {
    let networks = &owner.app().networks;
    match networks.whence(network) {
        Whence::Settings => AppState::Settings,
        Whence::Database => AppState::Entered,
        Whence::Nowhere if networks.is_on(network) => AppState::Itself,
        // Where people type an address, one of its servers may have an app.
        Whence::Nowhere if networks.in_use().iter().any(|definition| definition.id == *network) => AppState::Settings,
        Whence::Nowhere => AppState::Missing,
    }
}

/// A form without JavaScript comes back to the page that it stood on.
fn lead_back(owner: &Owner, network: &NetworkId) {
    leptos_axum::redirect(&format!("/w/{}/settings/networks/{network}", owner.workspace().slug));
}
