//! What an owner sees of the networks. Nothing here reads a secret.

use super::{Owner, Refusal, hanging_on, known, rows, state, state_by, state_of_app, way};
use crate::{
    domain::{NetworkLine, NetworkSetup, Places, Way},
    server::networks::{At, Definition, Inbound, has_places},
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

/// One app in full: the network's own, or the one at an address of its list.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such app, or the database does not answer.
pub async fn show(owner: &Owner, at: At<'_>) -> Result<NetworkSetup, Refusal> {
    let app = owner.app();
    let definition = known(owner, at).await?;
    let (id, way) = (app.networks.app_id(at).await?, way(owner, definition, at));
    let mut line = line(owner, definition);
    // A network of places has no app of its own; elsewhere this page is about one app.
    if way != Way::Places {
        line.app = state_of_app(owner, at).await?;
    }
    let checked = &definition.checked;
    let hook = definition.inbound.as_ref().map(|_| format!("{}/hooks/{id}", app.base_url.origin()));
    Ok(NetworkSetup {
        line,
        at: at.host.map(str::to_owned),
        places: places(owner, definition, at).await?,
        redirect: app.base_url.callback(id),
        demands: definition.redirect.clone(),
        way,
        has_hook_secret: definition.inbound.as_ref().is_some_and(Inbound::has_a_secret),
        hook,
        docs: definition.docs.clone(),
        notes: definition.notes.clone(),
        checked: (!checked.on.is_empty()).then(|| (checked.on.clone(), checked.at.clone())),
        once: checked.once.clone(),
        never: checked.never.clone(),
        pages: hanging_on(owner, definition, at).await?,
        checkup: rows::last(owner.store().read(), &at.name()).await?,
    })
}

async fn places(owner: &Owner, definition: &Definition, at: At<'_>) -> Result<Option<Places>, Refusal> {
    let Some(instance) = definition.instance.as_ref().filter(|_| at.host.is_none() && has_places(definition)) else {
        return Ok(None);
    };
    let known = owner.app().networks.places(&definition.id).await?;
    Ok(Some(Places {
        label: instance.label.clone(),
        example: instance.example.clone(),
        known: known.into_iter().map(|(host, _, whence)| (host, state_by(whence))).collect(),
    }))
}
