//! Whether our app at a network can work: what a person would find out by trying, told before anybody tries. Asks the
//! network, and changes nothing there. What is found names hosts of the definition, and nothing secret.

mod hosts;
mod metadata;
mod redirect;
#[cfg(test)]
mod tests;
mod token;

use std::time::Duration;

pub use self::hosts::is_known;
use super::{Definition, NetworkApp, NetworkClient};
use crate::domain::{AppState, Finding};

/// Whoever waits for a check sits before a page that loads; an answer that comes later is told as none.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is looked at.
pub struct Subject<'a> {
    /// The network.
    pub definition: &'a Definition,
    /// Our app there, if there is one.
    pub app: Option<&'a NetworkApp>,
    /// Where it comes from.
    pub state: AppState,
    /// Where the network is to send people back to.
    pub redirect: &'a str,
}

/// Looks at the definition, the redirect address, the hosts, the network's metadata and the credentials, in this order.
pub async fn examine(client: &NetworkClient, subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { app, state, redirect, .. } = *subject;
    // Where people type an address, the app may have one of its own.
    let definition = app.map_or(subject.definition, |app| &app.definition);
    let mut found = vec![whole(definition)];
    found.push(if state == AppState::Missing { Finding::NoApp } else { Finding::App(state) });
    found.extend(redirect::findings(definition, redirect));
    // What a person typed is asked through its own door only, which its token endpoint is.
    if let Some(app) = app.filter(|app| app.host.is_some()) {
        found.extend(token::word(client, app, redirect).await.map(Finding::Credentials));
        return found;
    }
    let (hosts, metadata, word) =
        tokio::join!(hosts::findings(client, definition), metadata::word(client, definition), async {
            match app.filter(|app| hosts::is_known(definition, &app.definition.token.url)) {
                Some(app) => token::word(client, app, redirect).await,
                None => None,
            }
        });
    found.extend(hosts);
    found.extend(metadata.map(Finding::Metadata));
    found.extend(word.map(Finding::Credentials));
    found
}

fn whole(definition: &Definition) -> Finding {
    if definition.revoke.is_none() && definition.manage_url.is_none() { Finding::NoWayBack } else { Finding::Whole }
}
