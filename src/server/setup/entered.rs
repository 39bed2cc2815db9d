//! Credentials that an owner enters and takes away.

use secrecy::{ExposeSecret, SecretString};
use tracing::info;

use super::{Owner, Refusal, lead_back, rows};
use crate::{
    domain::{Field, NetworkId},
    server::{pages, settings::AppCredentials},
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

/// Keeps the credentials of our app at `network`, sealed, in the place of those that were there. Leads back to the
/// network's page.
///
/// # Errors
/// [`Refusal::BadInput`] names the field that cannot be one; [`Refusal::NotAllowed`] where the settings have the app.
pub async fn enter(owner: &Owner, network: &NetworkId, entered: Entered) -> Result<(), Refusal> {
    let app = owner.app();
    app.networks.definition(network).ok_or(Refusal::NotFound)?;
    let hook_secret = Some(entered.hook_secret).filter(|secret| !secret.expose_secret().trim().is_empty());
    let own = AppCredentials {
        client_id: credential(&entered.client_id, Field::ClientId)?,
        client_secret: credential(entered.client_secret.expose_secret(), Field::ClientSecret)?.into(),
        hook_secret: hook_secret
            .map(|secret| credential(secret.expose_secret(), Field::HookSecret).map(SecretString::from))
            .transpose()?,
    };
    app.networks.put_credentials(network, &own).await?;
    rows::forget(owner.store().read(), network).await?;
    info!(%network, by = owner.name(), "an app was entered");
    lead_back(owner, network);
    Ok(())
}

/// Puts a network where apps register themselves into the table, or takes it out. Leads back to the network's page.
///
/// # Errors
/// [`Refusal::NotAllowed`] where apps do not, or the settings have it on.
pub async fn switch(owner: &Owner, network: &NetworkId, on: bool) -> Result<(), Refusal> {
    owner.app().networks.switch(network, on).await?;
    rows::forget(owner.store().read(), network).await?;
    info!(%network, by = owner.name(), on, "a network was switched");
    lead_back(owner, network);
    Ok(())
}

/// Forgets the credentials of our app at `network`, though `told` pages are connected through it. That number is the
/// confirmation: a person who was told another one is asked again. Leads back to the network's page.
///
/// Refusing instead would leave an owner without a way to take a secret out that somebody else has got hold of.
///
/// # Errors
/// [`Refusal::Changed`] when another number of pages hangs on it by now; [`Refusal::NotAllowed`] where the settings have
/// the app.
pub async fn remove(owner: &Owner, network: &NetworkId, told: u64) -> Result<(), Refusal> {
    let (app, db) = (owner.app(), owner.store().read());
    app.networks.definition(network).ok_or(Refusal::NotFound)?;
    if pages::hanging_on(db, network).await? != told {
        return Err(Refusal::Changed);
    }
    app.networks.forget_credentials(network).await?;
    rows::forget(db, network).await?;
    info!(%network, by = owner.name(), pages = told, "an app was removed");
    lead_back(owner, network);
    Ok(())
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
