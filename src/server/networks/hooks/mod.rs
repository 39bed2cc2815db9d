//! What a definition cannot say: a hook is one file here that implements [`Hook`], and a definition names it.

mod atproto;

use std::{collections::BTreeMap, pin::Pin};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{NetworkApp, NetworkClient, NoInstance, WhoError};

/// The hooks that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hooked {
    /// Identities of the AT Protocol, as Bluesky has them.
    Atproto,
}

impl Hooked {
    /// The hook itself.
    #[must_use]
    pub fn hook(self) -> &'static dyn Hook {
        match self {
            Self::Atproto => &atproto::Atproto,
        }
    }
}

/// What requests name beside what is kept of the tokens, where a hook has looked into whose they are.
///
/// # Errors
/// [`WhoError::NotTheirs`] when the server may not speak for that person.
pub async fn confirmed(
    client: &NetworkClient,
    app: &NetworkApp,
    kept: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, WhoError> {
    match app.definition.hook {
        Some(hooked) => hooked.hook().confirms(client, app, kept).await,
        None => Ok(BTreeMap::new()),
    }
}

/// What a hook answers, some time.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a network does that no definition can say.
pub trait Hook: Sync {
    /// From what a person typed to the server that answers for it.
    ///
    /// # Errors
    /// [`NoInstance`], which has a sentence beside the field.
    fn leads_to<'a>(&'a self, client: &'a NetworkClient, typed: &'a str) -> Later<'a, Result<String, NoInstance>>;

    /// Under which name the id of whom the tokens name is kept of each answer.
    fn person(&self) -> &'static str;

    /// Whether the person whom the tokens name is one that this server may speak for. What requests name beside it.
    ///
    /// # Errors
    /// [`WhoError::NotTheirs`] when it may not.
    fn confirms<'a>(
        &'a self,
        client: &'a NetworkClient,
        app: &'a NetworkApp,
        kept: &'a BTreeMap<String, String>,
    ) -> Later<'a, Result<BTreeMap<String, String>, WhoError>>;
}
