//! Credentials that an owner enters and takes away. Each change is told by an event, which has no secret in it.

use secrecy::{ExposeSecret, SecretString};

use super::{Owner, Refusal, hanging_on, known, lead_back, rows, state_of_app};
use crate::{
    domain::{Actor, AppState, EventKind, Field, NetworkId},
    server::{
        events::{self, New},
        networks::{self, AppsError, At, Definition, SigningKey, has_places},
        settings::AppCredentials,
        store::Writing,
    },
};

/// Longer than any secret that a network gives, a signed one included.
const LENGTH_AT_MOST: usize = 4_000;

/// What an owner typed.
pub struct Entered {
    /// Who we are there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// What the network signs its own messages by; one that is there already stays when this is empty.
    pub hook_secret: SecretString,
}

/// Keeps the credentials of our app, sealed, in the place of those that were there. Leads back to the app's page.
///
/// # Errors
/// [`Refusal::BadInput`] names the field that cannot be one; [`Refusal::NotAllowed`] where the settings have the app.
pub async fn enter(owner: &Owner, at: At<'_>, entered: Entered) -> Result<(), Refusal> {
    let app = owner.app();
    let definition = known(owner, at).await?;
    let own = if definition.client_document { keys(owner, at, &entered)? } else { credentials(&entered)? };
    let id = app.networks.changeable(at).await?;
    let mut writing = owner.store().write(owner.workspace().id).await?;
    app.networks.seal(writing.txn(), (at, id), &own).await?;
    rows::forget(writing.txn(), &at.name()).await?;
    tell(owner, &mut writing, definition, EventKind::AppEntered { host: at.host.map(str::to_owned) }).await?;
    done(owner, at, writing).await
}

/// Notes that an app is entered by hand at the address that was typed, which gives it a redirect address. Leads to the
/// app's page.
///
/// # Errors
/// [`Refusal::BadInput`] where it is no address of the network's, or the network's own app is the one for it.
pub async fn place(owner: &Owner, network: &NetworkId, typed: &str) -> Result<(), Refusal> {
    let app = owner.app();
    app.networks.definition(network).filter(|definition| has_places(definition)).ok_or(Refusal::NotFound)?;
    let host = app.networks.address(network, typed, &app.client).ok_or(Refusal::BadInput(Field::Address))?;
    let at = At { network, host: Some(&host) };
    match app.networks.add_place(at).await {
        // It is in the list already.
        Ok(()) | Err(AppsError::InSettings(_)) => lead_back(owner, at),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Puts a network where apps register themselves into the table, or takes it out. Leads back to the network's page.
///
/// # Errors
/// [`Refusal::NotAllowed`] where apps do not, or the settings have it on.
pub async fn switch(owner: &Owner, network: &NetworkId, on: bool) -> Result<(), Refusal> {
    let (networks, at) = (&owner.app().networks, At::own(network));
    let id = networks.switchable(network).await?;
    let definition = known(owner, at).await?;
    let mut writing = owner.store().write(owner.workspace().id).await?;
    networks.switch(writing.txn(), id, on).await?;
    rows::forget(writing.txn(), network).await?;
    tell(owner, &mut writing, definition, EventKind::Switched { on }).await?;
    done(owner, at, writing).await
}

/// Forgets the credentials of our app, though `told` pages are connected through it. That number is the confirmation: a
/// person who was told another one is asked again. Leads back to the network's page.
///
/// Refusing instead would leave an owner without a way to take a secret out that somebody else has got hold of.
///
/// # Errors
/// [`Refusal::Changed`] when another number of pages hangs on it by now; [`Refusal::NotAllowed`] where the settings have
/// the app.
pub async fn remove(owner: &Owner, at: At<'_>, told: u64) -> Result<(), Refusal> {
    let app = owner.app();
    let definition = known(owner, at).await?;
    if hanging_on(owner, definition, at).await? != told {
        return Err(Refusal::Changed);
    }
    let id = app.networks.changeable(at).await?;
    let was_entered = state_of_app(owner, at).await? == AppState::Entered;
    let mut writing = owner.store().write(owner.workspace().id).await?;
    app.networks.forget(writing.txn(), (at, id)).await?;
    rows::forget(writing.txn(), &at.name()).await?;
    // An address that was only typed had no app.
    if was_entered {
        tell(owner, &mut writing, definition, EventKind::AppRemoved { host: at.host.map(str::to_owned) }).await?;
    }
    done(owner, At::own(at.network), writing).await
}

/// Writes who did it, at which network.
async fn tell(owner: &Owner, writing: &mut Writing, definition: &Definition, kind: EventKind) -> Result<(), Refusal> {
    let (page, network) = (None, Some(networks::card_of(writing.txn(), definition, &owner.app().networks).await?));
    let actor = Actor::Person(owner.name().to_owned());
    events::record(writing, owner.app().clock.now(), New { kind, actor, page, network }).await?;
    Ok(())
}

/// Commits it, lets it count, and leads back to the app's page.
async fn done(owner: &Owner, at: At<'_>, writing: Writing) -> Result<(), Refusal> {
    let app = owner.app();
    app.bus.commit(&app.store, writing).await?;
    app.networks.reload().await?;
    lead_back(owner, at);
    Ok(())
}

fn credentials(entered: &Entered) -> Result<AppCredentials, Refusal> {
    let hook_secret = Some(&entered.hook_secret).filter(|secret| !secret.expose_secret().trim().is_empty());
    Ok(AppCredentials {
        client_id: credential(&entered.client_id, Field::ClientId)?,
        client_secret: credential(entered.client_secret.expose_secret(), Field::ClientSecret)?.into(),
        hook_secret: hook_secret
            .map(|secret| credential(secret.expose_secret(), Field::HookSecret).map(SecretString::from))
            .transpose()?,
    })
}

/// Where the network knows us by an address of ours, an app is nothing but a key: the one that was typed, else a new one.
/// Those before it stay behind it, since what was approved by one goes on by it.
fn keys(owner: &Owner, at: At<'_>, entered: &Entered) -> Result<AppCredentials, Refusal> {
    let typed = entered.client_secret.expose_secret();
    let new = match typed.trim() {
        "" => SigningKey::generate(),
        text if text.len() <= LENGTH_AT_MOST => text.to_owned().into(),
        _ => return Err(Refusal::BadInput(Field::ClientKey)),
    };
    let before = owner.app().networks.app_at(at.network);
    let before = before.as_ref().map(|app| &app.client_secret);
    let client_secret = SigningKey::in_front(&new, before).ok_or(Refusal::BadInput(Field::ClientKey))?;
    Ok(AppCredentials { client_secret, ..AppCredentials::default() })
}

/// Spaces around it came along when it was copied. Inside it are none, nor anything that cannot stand in a header.
fn credential(text: &str, field: Field) -> Result<String, Refusal> {
    let text = text.trim();
    let is_one = !text.is_empty() && text.len() <= LENGTH_AT_MOST && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one { Ok(text.to_owned()) } else { Err(Refusal::BadInput(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_what_a_network_gives() {
        let taken = |text: &str| credential(text, Field::ClientId).ok();
        assert_eq!(taken(" 1234.apps\n"), Some("1234.apps".to_owned()));
        for bad in ["", "  ", "a b", "a\u{7f}", "geheim\u{2026}", "a\nb", &"x".repeat(LENGTH_AT_MOST + 1)] {
            assert_eq!(taken(bad), None, "{bad:.20}");
        }
    }
}
