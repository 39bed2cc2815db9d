//! What a definition file can say. Unknown keys are errors, so that a typing mistake is told and not ignored.

mod call;
mod id_token;
mod instance;
mod lists;
mod redirect;
mod refusals;
mod token;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use self::instance::SAMPLES;
pub use self::{
    call::{Auth, Body, Call, Method, Says},
    id_token::IdToken,
    instance::{Found, Instance, Register, Typed},
    lists::{Granted, More, Pages, Parents, Person, Revoke, WhichToken},
    refusals::{Meaning, Refusal},
    token::{ClientAuth, Lifetime, Renamed, Renews, Second, Shape, Step, Token},
};
use super::{
    Hooked, Inbound, Signed,
    fields::{authorize_address, extending, leading, maybe_address, own_params, separator, some_text, telling},
    schema::{self, Address, Filled},
};
use crate::domain::{Ability, Demand, NetworkId};

/// A network, as its file describes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The file's name without `.toml`.
    #[schemars(with = "Filled")]
    pub id: NetworkId,
    /// The name that people use.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub name: String,
    /// Who answers: compared with `iss` in the callback (RFC 9207). No two networks share one.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub issuer: String,
    /// Whether the callback must say who answers.
    #[serde(default)]
    pub iss: Iss,
    /// What `{name}` stands for in this file, such as an API's version. Replaced before anything else is read.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// The network's own words about all this.
    #[serde(default, deserialize_with = "maybe_address")]
    #[schemars(with = "Option<Address>")]
    pub docs: Option<String>,
    /// The network's own list of apps.
    #[serde(default, deserialize_with = "maybe_address")]
    #[schemars(with = "Option<Address>")]
    pub manage_url: Option<String>,
    /// Where in the network's own menus a person finds it: "Settings, then Business integrations".
    pub manage_hint: Option<String>,
    /// What an operator must know before: reviews, quotas.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What the network demands of the redirect address.
    #[serde(default)]
    #[schemars(schema_with = "schema::demands")]
    pub redirect: Vec<Demand>,
    /// How well what stands here was checked.
    #[serde(default)]
    pub checked: Checked,
    /// Names of ours that the network calls otherwise, wherever the app speaks for itself.
    #[serde(default)]
    pub renamed: Vec<Renamed>,
    /// Where a person is asked.
    pub authorize: Authorize,
    /// Where a code becomes tokens.
    pub token: Token,
    /// The `id_token` that comes with a code's answer, where the network has one.
    pub id_token: Option<IdToken>,
    /// Requests that follow the code's exchange.
    #[serde(default)]
    pub then: Vec<Step>,
    /// How tokens are renewed.
    #[serde(default, deserialize_with = "extending")]
    pub lifetime: Lifetime,
    /// Scopes that are always asked for and belong to no ability.
    #[serde(default)]
    pub scopes_always: Vec<String>,
    /// Which scopes make which ability.
    #[schemars(schema_with = "schema::abilities")]
    pub abilities: BTreeMap<Ability, Vec<String>>,
    /// Who the person is.
    pub person: Person,
    /// The pages under one consent; without it the person is the page.
    #[serde(default, deserialize_with = "leading")]
    pub pages: Option<Pages>,
    /// What was granted, where the token's answer does not say it.
    pub granted: Option<Granted>,
    /// How a permission is given back; without it only by hand, at `manage_url`.
    pub revoke: Option<Revoke>,
    /// How the network signs what it tells us by itself, at `/hooks/{network app}`.
    pub inbound: Option<Inbound>,
    /// Whether tokens are bound to a key of their grant, which each request proves to have (RFC 9449).
    #[serde(default)]
    pub dpop: Extra,
    /// Whether the network's own metadata has it.
    #[serde(skip)]
    pub advertises_dpop: bool,
    /// What the network does that no definition can say.
    pub hook: Option<Hooked>,
    /// Our `client_id` is an address of ours, at which the network finds who we are.
    #[serde(default)]
    pub client_document: bool,
    /// How often the keeper asks whether a permission still works.
    #[serde(default = "five_minutes")]
    pub check_every_secs: u64,
    /// What refusals mean; the first rule that matches wins.
    #[serde(default, deserialize_with = "telling")]
    pub refusals: Vec<Refusal>,
    /// A network with many addresses, of which people type one.
    pub instance: Option<Instance>,
    /// The text of a file with `instance`, which is read anew for each address.
    #[serde(skip)]
    pub source: Arc<str>,
}

/// Whether the callback carries `iss`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Iss {
    /// When it does, it must be right.
    #[default]
    IfPresent,
    /// It must, and it must be right.
    Required,
}

/// Whether something is used that not every network has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// No.
    #[default]
    Off,
    /// Where the network's own metadata has it.
    IfAdvertised,
    /// Always; the network takes nothing else.
    Required,
}

/// The authorization endpoint.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorize {
    /// Where.
    #[serde(deserialize_with = "authorize_address")]
    #[schemars(with = "Address")]
    pub url: String,
    /// Whether what is asked for goes to the network first, and the person with a number for it (RFC 9126).
    #[serde(default)]
    pub par: Extra,
    /// Where it goes.
    #[serde(default, deserialize_with = "maybe_address")]
    #[schemars(with = "Option<Address>")]
    pub par_url: Option<String>,
    /// Whether the network takes PKCE (RFC 7636). On, unless it breaks on it.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// What stands between scopes.
    #[serde(default = "space", deserialize_with = "separator")]
    #[schemars(with = "Filled")]
    pub scope_separator: String,
    /// Fixed parameters.
    #[serde(default, deserialize_with = "own_params")]
    pub params: BTreeMap<String, String>,
    /// How the network sends its answer.
    #[serde(default)]
    pub response_mode: ResponseMode,
    /// Parameters that make the network ask again which account it is, for a person who came back as the wrong one.
    /// They take the place of fixed ones of the same name.
    #[serde(default, deserialize_with = "own_params")]
    pub choose_account: BTreeMap<String, String>,
    /// Parameters that make the network ask again for what a person has declined, or which pages it gives.
    #[serde(default, deserialize_with = "own_params")]
    pub ask_again: BTreeMap<String, String>,
    /// Whether what is asked for is added to what was granted before, instead of taking its place.
    #[serde(default)]
    pub incremental: bool,
    /// How the network signs the callback's query; one that is not signed so is not read.
    pub signed: Option<Signed>,
    /// Values of `error` that mean that the person said no.
    #[serde(default = "access_denied")]
    pub cancelled: Vec<String>,
}

/// How an answer comes back from the authorization endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the callback's address, as RFC 6749 has it.
    #[default]
    Query,
    /// By a form that the network's page posts to the callback (OAuth 2.0 Form Post Response Mode), as Apple has it.
    FormPost,
}

/// How well a definition was checked, by the names of its fields. What stands in neither list was found at two sources
/// that do not copy each other.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Checked {
    /// When.
    pub on: String,
    /// Where.
    pub at: String,
    /// What one source says.
    pub once: Vec<String>,
    /// What none says: it is remembered or inferred, so it is what to try first.
    pub never: Vec<String>,
}

impl Authorize {
    /// Where what is asked for goes first, if it does.
    #[must_use]
    pub fn pushed_to(&self) -> Option<&str> {
        self.par_url.as_deref().filter(|_| self.par != Extra::Off)
    }
}

impl Definition {
    /// Whether tokens are bound to a key of their grant.
    #[must_use]
    pub fn binds_tokens(&self) -> bool {
        self.dpop == Extra::Required || (self.dpop == Extra::IfAdvertised && self.advertises_dpop)
    }

    /// All scopes that are asked for, each once.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        self.scopes_of(&self.abilities.keys().copied().collect::<Vec<_>>())
    }

    /// The scopes that these abilities need, and those that are always asked for, each once.
    #[must_use]
    pub fn scopes_of(&self, abilities: &[Ability]) -> Vec<String> {
        let mut all = self.scopes_always.clone();
        for scope in abilities.iter().filter_map(|ability| self.abilities.get(ability)).flatten() {
            if !all.contains(scope) {
                all.push(scope.clone());
            }
        }
        all
    }

    /// The abilities for which a scope was not granted.
    #[must_use]
    pub fn missing(&self, granted: &[String]) -> Vec<Ability> {
        let lacks = |scopes: &Vec<String>| scopes.iter().any(|scope| !granted.contains(scope));
        self.abilities.iter().filter(|(_, scopes)| lacks(scopes)).map(|(ability, _)| *ability).collect()
    }

    /// How often the keeper asks.
    #[must_use]
    pub fn check_every(&self) -> Duration {
        Duration::from_secs(self.check_every_secs.max(1))
    }
}

fn yes() -> bool {
    true
}

fn space() -> String {
    " ".to_owned()
}

fn access_denied() -> Vec<String> {
    vec!["access_denied".to_owned()]
}

fn five_minutes() -> u64 {
    300
}
