//! What an owner sees of the networks. Nothing here reads a secret.

use super::{Owner, Refusal, rows, state};
use crate::{
    domain::{NetworkId, NetworkLine, NetworkSetup, Way},
    server::{
        networks::{Definition, Inbound},
        pages,
    },
};

/// Every network that has a definition, by name.
#[must_use]
pub fn list(owner: &Owner) -> Vec<NetworkLine> {
    let definitions = owner.app().networks.definitions();
    let mut lines: Vec<_> = definitions.iter().map(|definition| line(owner, definition)).collect();
    lines.sort_by_cached_key(|line| line.name.to_lowercase());
    lines
}

fn line(owner: &Owner, definition: &Definition) -> NetworkLine {
    let Definition { id, name, checked, .. } = definition;
    NetworkLine { id: id.clone(), name: name.clone(), app: state(owner, id), unverified: checked.never.len() }
}

/// One network in full.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such network, or the database does not answer.
pub async fn show(owner: &Owner, network: &NetworkId) -> Result<NetworkSetup, Refusal> {
    let (app, db) = (owner.app(), owner.store().read());
    let definition = app.networks.definition(network).ok_or(Refusal::NotFound)?;
    let id = app.networks.app_id(network).await?;
    let checked = &definition.checked;
    let hook = definition.inbound.as_ref().map(|_| format!("{}/hooks/{id}", app.base_url.origin()));
    Ok(NetworkSetup {
        line: line(owner, definition),
        redirect: app.base_url.callback(id),
        demands: definition.redirect.clone(),
        way: way(owner, definition),
        has_hook_secret: definition.inbound.as_ref().is_some_and(Inbound::has_a_secret),
        hook,
        docs: definition.docs.clone(),
        notes: definition.notes.clone(),
        checked: (!checked.on.is_empty()).then(|| (checked.on.clone(), checked.at.clone())),
        once: checked.once.clone(),
        never: checked.never.clone(),
        pages: pages::hanging_on(db, network).await?,
        checkup: rows::last(db, network).await?,
    })
}

fn way(owner: &Owner, definition: &Definition) -> Way {
    match &definition.instance {
        _ if definition.client_document => Way::Settings,
        Some(instance) if instance.register.is_some() => {
            if owner.app().networks.is_on_by_settings(&definition.id) {
                Way::Settings
            } else {
                Way::Switch
            }
        }
        Some(instance) if instance.default.is_none() && !instance.shares_app => Way::Settings,
        _ => Way::Credentials,
    }
}
