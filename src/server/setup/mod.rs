//! Our apps at the networks, as an owner sets them up: enters credentials, takes them away, has them checked.
//!
//! What was entered goes to the vault and is never shown again, to nobody. Apps belong to the instance, whichever of its
//! owners entered them.

mod entered;
mod rows;
mod shown;

use std::time::Duration;

use oauth2::url::form_urlencoded::Serializer;
use tracing::info;

pub use self::{
    entered::{Entered, enter, place, remove, switch},
    shown::{list, show},
};
use super::{
    Owner, Refusal,
    networks::{At, Definition, NoInstance, Ours, Subject, Whence, examine, has_places, resolve},
    pages,
};
use crate::domain::{AppState, Checkup, Finding, HostWord, NetworkId, Way};

/// A check that was made a moment ago is not made again, however often the button is pressed: each asks the network.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The app that a form names: without an address the network's own.
#[must_use]
pub fn at<'a>(network: &'a NetworkId, host: &'a str) -> At<'a> {
    At { network, host: Some(host).filter(|host| !host.is_empty()) }
}

/// Checks whether our app can work, and keeps what was found. Leads back to the app's page.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such app, or the database does not do it.
pub async fn check(owner: &Owner, at: At<'_>) -> Result<(), Refusal> {
    let (app, db) = (owner.app(), owner.store().read());
    let definition = known(owner, at).await?;
    let now = app.clock.now();
    if rows::last(db, &at.name()).await?.is_none_or(|last| now.since(last.at) >= AGAIN_AFTER) {
        let findings = match at.host {
            None => found(owner, at, definition).await?,
            Some(host) => found_at(owner, at, host).await?,
        };
        rows::keep(db, &at.name(), Checkup { at: app.clock.now(), findings }).await?;
        info!(network = %at.name(), by = owner.name(), "a network was checked");
    }
    lead_back(owner, at);
    Ok(())
}

async fn found(owner: &Owner, at: At<'_>, definition: &Definition) -> Result<Vec<Finding>, Refusal> {
    let app = owner.app();
    let redirect = app.base_url.callback(app.networks.app_id(at).await?);
    let (network_app, state) = (app.networks.app_at(at.network), state_of_app(owner, at).await?);
    let subject = Subject { definition, app: network_app.as_deref(), state, redirect: &redirect };
    Ok(examine(&app.client, &subject).await)
}

/// As [`found`], at an address that was typed: what is known there is asked first, as before a person is sent there.
async fn found_at(owner: &Owner, at: At<'_>, host: &str) -> Result<Vec<Finding>, Refusal> {
    let app = owner.app();
    app.limits.address(owner.session().id).map_err(Refusal::TooMany)?;
    let redirect = |id| app.base_url.callback(id);
    let ours = Ours { address: &app.base_url.origin(), redirect: &redirect, now: app.clock.now() };
    match resolve(&app.networks, &app.client, (at.network, host), &ours).await {
        Ok(there) => {
            let (state, redirect) = (state_of_app(owner, at).await?, redirect(there.callback));
            let subject = Subject { definition: &there.definition, app: Some(&there), state, redirect: &redirect };
            Ok(examine(&app.client, &subject).await)
        }
        Err(NoInstance::Ours(error)) => Err(error.into()),
        Err(NoInstance::NoApp) => Ok(vec![Finding::NoApp]),
        Err(NoInstance::NotThere) => Ok(vec![Finding::Host(host.to_owned(), HostWord::Unreachable)]),
        Err(NoInstance::NotAnAddress | NoInstance::NotOne | NoInstance::Refused) => {
            Ok(vec![Finding::NotOne(host.to_owned())])
        }
    }
}

/// The definition of an app that an owner can see: of every network, and of the addresses in its list.
async fn known<'a>(owner: &'a Owner, at: At<'_>) -> Result<&'a Definition, Refusal> {
    let definition = owner.app().networks.definition(at.network).ok_or(Refusal::NotFound)?;
    if at.host.is_some() && place_of(owner, at).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    Ok(definition)
}

/// Where the credentials of an app at an address are, if that is in the network's list.
async fn place_of(owner: &Owner, at: At<'_>) -> Result<Option<Whence>, Refusal> {
    let places = owner.app().networks.places(at.network).await?;
    Ok(places.into_iter().find(|(host, ..)| Some(host.as_str()) == at.host).map(|(_, _, whence)| whence))
}

/// Where this very app comes from.
async fn state_of_app(owner: &Owner, at: At<'_>) -> Result<AppState, Refusal> {
    let networks = &owner.app().networks;
    let whence = match at.host {
        Some(_) => place_of(owner, at).await?.unwrap_or(Whence::Nowhere),
        None => networks.whence(at.network),
    };
    Ok(match whence {
        Whence::Nowhere if at.host.is_none() && networks.is_on(at.network) => AppState::Itself,
        whence => state_by(whence),
    })
}

fn state_by(whence: Whence) -> AppState {
    match whence {
        Whence::Settings => AppState::Settings,
        Whence::Database => AppState::Entered,
        Whence::Nowhere => AppState::Missing,
    }
}

/// Where what puts the network into the table comes from.
fn state(owner: &Owner, network: &NetworkId) -> AppState {
    let networks = &owner.app().networks;
    match networks.whence(network) {
        Whence::Nowhere if networks.is_on(network) => AppState::Itself,
        // Where people type an address, one of its servers may have an app.
        Whence::Nowhere if networks.in_use().iter().any(|definition| definition.id == *network) => {
            if networks.is_set_somewhere(network) { AppState::Settings } else { AppState::Entered }
        }
        whence => state_by(whence),
    }
}

/// What can be done about an app, but for whether the settings have it.
fn way(owner: &Owner, definition: &Definition, at: At<'_>) -> Way {
    match &definition.instance {
        _ if definition.client_document => Way::Key,
        Some(_) if at.host.is_some() => Way::Credentials,
        Some(instance) if instance.register.is_some() => {
            if owner.app().networks.is_on_by_settings(&definition.id) {
                Way::Settings
            } else {
                Way::Switch
            }
        }
        Some(instance) if instance.default.is_none() && !instance.shares_app => Way::Places,
        _ => Way::Credentials,
    }
}

/// How many pages are connected through the app.
async fn hanging_on(owner: &Owner, definition: &Definition, at: At<'_>) -> Result<u64, Refusal> {
    let app = owner.app();
    // Elsewhere a network has one app, though its id may be another than it was.
    let id = if has_places(definition) { Some(app.networks.app_id(at).await?) } else { None };
    Ok(pages::hanging_on(app.store.read(), at.network, id).await?)
}

/// A form without JavaScript comes back to the page that it stood on.
fn lead_back(owner: &Owner, at: At<'_>) {
    let page = format!("/w/{}/settings/networks/{}", owner.workspace().slug, at.network);
    let place = at.host.map(|host| format!("?{}", Serializer::new(String::new()).append_pair("at", host).finish()));
    leptos_axum::redirect(&format!("{page}{}", place.unwrap_or_default()));
}
