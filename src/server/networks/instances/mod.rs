//! From what a person typed to an app of ours there: [`mod@typed`] reads it, [`mod@find`] asks the server what it says of
//! itself, [`mod@register`] makes us known to it. What is found is stored, so that a restart and another process have it;
//! it is looked at again at each click, and what changed since takes its place.

mod find;
mod register;
mod typed;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::register::Registered;
pub use self::typed::{Place, read};
use super::{
    AppsError, Definition, NetworkApp, NetworkClient, Networks,
    definition::{Found, Register},
};
use crate::domain::{Moment, NetworkAppId, NetworkId};

/// Why nobody is sent to what was typed. Each has a sentence beside the field.
#[derive(Debug, thiserror::Error)]
pub enum NoInstance {
    /// It is no address of such a network.
    #[error("what was typed is no address of this network")]
    NotAnAddress,
    /// Nobody answers there, or it lies inside.
    #[error("nobody answers at the address that was typed")]
    NotThere,
    /// Somebody answers, but not as such a server does.
    #[error("what answers at the address that was typed is not such a server")]
    NotOne,
    /// It does not take our app.
    #[error("the server did not register our app")]
    Refused,
    /// It takes apps only from people, and the owner has entered none for it.
    #[error("there is no app of ours at the address that was typed")]
    NoApp,
    /// The database or the vault did not do it.
    #[error(transparent)]
    Ours(#[from] AppsError),
}

/// What is stored of an app at an address that was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noted {
    /// What the server says of itself.
    pub found: Found,
    /// What our app was registered for, where it registered itself.
    pub registered: Option<Registered>,
    /// Whether an owner has said that an app of ours there is entered by hand.
    pub is_by_hand: bool,
}

/// What an app tells of us when it registers itself.
pub struct Ours<'a> {
    /// Where people find this instance.
    pub address: &'a str,
    /// The redirect address of an app.
    pub redirect: &'a (dyn Fn(NetworkAppId) -> String + Send + Sync),
    /// The time.
    pub now: Moment,
}

/// The app of `network` at what was typed, as it is now; known before, or registered in this moment.
///
/// # Errors
/// [`NoInstance`].
pub async fn resolve(
    networks: &Networks,
    client: &NetworkClient,
    (network, typed): (&NetworkId, &str),
    ours: &Ours<'_>,
) -> Result<Arc<NetworkApp>, NoInstance> {
    let definition = networks.definition(network).ok_or(NoInstance::NoApp)?;
    let instance = definition.instance.as_ref().ok_or(NoInstance::NoApp)?;
    let led = match definition.hook {
        Some(hooked) => Some(hooked.hook().leads_to(client, typed).await?),
        None => None,
    };
    let typed = led.as_deref().unwrap_or(typed);
    let place = read(instance, typed, client.allowed()).ok_or(NoInstance::NotAnAddress)?;
    if instance.default.as_ref() == Some(&place.host)
        && let Some(main) = networks.app_at(network)
    {
        return Ok(main);
    }
    let found = find::find(client, definition, &place).await?;
    let here = definition.at(&found).ok().ok_or(NoInstance::NotOne)?;
    let is_ready = (instance.shares_app && networks.app_at(network).is_some())
        || networks.is_entered(network, &place.host).await?;
    if !is_ready && (registers(&here).is_none() || !networks.is_on(network)) {
        return Err(NoInstance::NoApp);
    }
    let id = networks.note(network, &place.host, &found).await?;
    if !is_ready {
        registered(networks, client, (&here, id), ours).await?;
    }
    networks.app(id).ok_or(NoInstance::NoApp)
}

fn registers(here: &Definition) -> Option<&Register> {
    here.instance.as_ref().and_then(|instance| instance.register.as_ref())
}

/// Sees to it that our app is known there, for the address and the scopes that it has now.
async fn registered(
    networks: &Networks,
    client: &NetworkClient,
    (here, id): (&Definition, NetworkAppId),
    ours: &Ours<'_>,
) -> Result<(), NoInstance> {
    let Some(register) = registers(here) else { return Ok(()) };
    // One at a time here, and of several processes the first: nobody is sent there as an app that has just been replaced.
    let _turn = networks.registering().await;
    let (version, noted) = networks.noted(id).await?;
    let wanted = Registered {
        redirect_uri: (ours.redirect)(id),
        scopes: here.scopes().join(&here.authorize.scope_separator),
        ends_at: None,
    };
    if let (Some(app), Some(known)) = (networks.app(id), &noted.registered) {
        let is_the_same = Registered { ends_at: None, ..known.clone() } == wanted;
        let lives = known.ends_at.is_none_or(|end| ours.now < end);
        if is_the_same && lives && register::is_known(client, &app, register).await? {
            return Ok(());
        }
    }
    let (own, registered) = register::register(client, (here, register), ours.address, &wanted).await?;
    let noted = Noted { registered: Some(registered), ..noted };
    networks.put_registered((id, version), &own, &noted).await?;
    Ok(())
}
