//! What a definition file can say. Unknown keys are errors, so that a typing mistake is told and not ignored.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::Inbound;
use super::fields::{address, authorize_address, maybe_address, own_params, separator, some_text, telling};
use crate::domain::{Ability, NetworkId, Reason};

/// A network, as its file describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The file's name without `.toml`.
    pub id: NetworkId,
    /// The name that people use.
    #[serde(deserialize_with = "some_text")]
    pub name: String,
    /// Who answers: compared with `iss` in the callback (RFC 9207). No two networks share one.
    #[serde(deserialize_with = "some_text")]
    pub issuer: String,
    /// Whether the callback must say who answers.
    #[serde(default)]
    pub iss: Iss,
    /// The network's own list of apps.
    #[serde(default, deserialize_with = "maybe_address")]
    pub manage_url: Option<String>,
    /// Where in the network's own menus a person finds it: "Settings, then Business integrations".
    pub manage_hint: Option<String>,
    /// Where a person is asked.
    pub authorize: Authorize,
    /// Where a code becomes tokens.
    pub token: Token,
    /// Scopes that are always asked for and belong to no ability.
    #[serde(default)]
    pub scopes_always: Vec<String>,
    /// Which scopes make which ability.
    pub abilities: BTreeMap<Ability, Vec<String>>,
    /// Who the person is.
    pub person: Person,
    /// The pages under one consent; without it the person is the page.
    pub pages: Option<Pages>,
    /// What was granted, where the token's answer does not say it.
    pub granted: Option<Granted>,
    /// How a permission is given back; without it only by hand, at `manage_url`.
    pub revoke: Option<Revoke>,
    /// How the network signs what it tells us by itself, at `/hooks/{network app}`.
    pub inbound: Option<Inbound>,
    /// How often the keeper asks whether a permission still works.
    #[serde(default = "five_minutes")]
    pub check_every_secs: u64,
    /// What refusals mean; the first rule that matches wins.
    #[serde(default, deserialize_with = "telling")]
    pub refusals: Vec<Refusal>,
}

/// Whether the callback carries `iss`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Iss {
    /// When it does, it must be right.
    #[default]
    IfPresent,
    /// It must, and it must be right.
    Required,
}

/// The authorization endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorize {
    /// Where.
    #[serde(deserialize_with = "authorize_address")]
    pub url: String,
    /// Whether the network takes PKCE (RFC 7636). On, unless it breaks on it.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// What stands between scopes.
    #[serde(default = "space", deserialize_with = "separator")]
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
    /// Values of `error` that mean that the person said no.
    #[serde(default = "access_denied")]
    pub cancelled: Vec<String>,
}

/// How an answer comes back from the authorization endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the callback's address, as RFC 6749 has it.
    #[default]
    Query,
    /// By a form that the network's page posts to the callback (OAuth 2.0 Form Post Response Mode), as Apple has it.
    FormPost,
}

/// The token endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Where.
    #[serde(deserialize_with = "address")]
    pub url: String,
    /// How the app proves itself.
    pub auth: ClientAuth,
    /// What stands between scopes in the answer.
    #[serde(default = "space", deserialize_with = "separator")]
    pub scope_separator: String,
}

/// How the app proves itself at the token and revocation endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic, id and secret form-encoded first (RFC 6749, section 2.3.1).
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
}

/// "Who am I."
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// A GET with the access token.
    #[serde(deserialize_with = "address")]
    pub url: String,
    /// The path of the stable id.
    pub id: String,
    /// The path of the name.
    pub name: String,
}

/// The list of pages under one consent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// A GET with the access token.
    #[serde(deserialize_with = "address")]
    pub url: String,
    /// The path of the list.
    pub items: String,
    /// The path of the stable id in an item.
    pub id: String,
    /// The path of the name in an item.
    pub name: String,
    /// The path of what a page is called in addresses there.
    pub handle: Option<String>,
    /// The path of the page's own token, where the network gives one for each page.
    pub token: Option<String>,
    /// What a page needs to be of use.
    pub needs: Option<Needs>,
}

/// What an item must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// The path of a list of texts.
    pub list: String,
    /// The text that must be in it.
    pub has: String,
}

/// The list of granted scopes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// A GET with the access token.
    #[serde(deserialize_with = "address")]
    pub url: String,
    /// The path of the list.
    pub items: String,
    /// The path of the scope in an item.
    pub scope: String,
    /// The path of what says whether it is granted.
    pub status: String,
    /// What that says when it is.
    pub is: String,
}

/// Giving a permission back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Where.
    #[serde(deserialize_with = "address")]
    pub url: String,
    /// How.
    pub style: RevokeStyle,
}

/// The two ways of giving a permission back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeStyle {
    /// POST of the token with the app's proof (RFC 7009).
    Rfc7009,
    /// DELETE with the access token as the bearer, as Meta has it.
    DeleteAsBearer,
}

/// A rule for a refused call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The HTTP status it is about; any, without it.
    pub status: Option<u16>,
    /// The path of a code in the answer.
    pub path: Option<String>,
    /// The codes it is about, as text.
    #[serde(default)]
    pub is: Vec<String>,
    /// What it means.
    pub means: Meaning,
}

/// What a refused call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The permission is gone: removed by its person.
    Removed,
    /// The permission is gone: the password changed.
    PasswordChanged,
    /// The permission is gone: its time is over.
    Expired,
    /// The permission is gone, and the network says no more.
    Refused,
    /// Our app's own credentials or settings are wrong; no page is to blame.
    OurAppIsWrong,
}

impl Meaning {
    /// The reason of the break, if it means one.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Removed => Some(Reason::Removed),
            Self::PasswordChanged => Some(Reason::PasswordChanged),
            Self::Expired => Some(Reason::Expired),
            Self::Refused => Some(Reason::Refused),
            Self::OurAppIsWrong => None,
        }
    }
}

impl Definition {
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
