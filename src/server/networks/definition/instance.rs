//! A network with many addresses, of which a person types one: an instance, a shop, an issuer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    super::{
        fields::{self, some_text},
        schema::{Address, Filled},
    },
    Call, ClientAuth, Definition, Iss,
};

/// What an address that is typed stands for, and what is asked there before a person is sent on.
///
/// The rest of the file names what was typed: `{host}`, and what the server's own description (RFC 8414) says, by its
/// names there, such as `{token_endpoint}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// What people type.
    pub by: Typed,
    /// What stands above the field: "Your Mastodon server".
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub label: String,
    /// What stands in the empty field: "mastodon.social".
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub example: String,
    /// What follows a name to make a host of it; only with `by = "name"`.
    #[serde(default)]
    pub suffix: String,
    /// The host that is meant where nobody types one, and that the app of the settings is for.
    pub default: Option<String>,
    /// Where the server describes itself; the first that answers counts. Without any, the file says everything.
    #[serde(default, deserialize_with = "addresses")]
    #[schemars(with = "Vec<Address>")]
    pub metadata: Vec<String>,
    /// A server that does not describe itself is taken as the file has it.
    #[serde(default)]
    pub metadata_is_optional: bool,
    /// One app of ours is good at all of them, and has one redirect address.
    #[serde(default)]
    pub shares_app: bool,
    /// Scopes that are asked for where the description lists them.
    #[serde(default)]
    pub scopes_if_offered: Vec<String>,
    /// How an app of ours comes to be there without a person.
    pub register: Option<Register>,
}

/// What people type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Typed {
    /// A host: `mastodon.social`.
    Host,
    /// A name that `suffix` follows: `harbour` for `harbour.myshopify.com`.
    Name,
    /// An issuer, which may have a path: `id.example.com/realms/staff`.
    Issuer,
}

/// A request by which our app registers itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The request. It may name `{our_name}`, `{our_address}`, `{redirect_uri}` and `{scopes}`.
    pub ask: Call,
    /// Where the answer has the app's id.
    #[serde(default = "client_id")]
    pub client_id: String,
    /// Where it has what proves it.
    #[serde(default = "client_secret")]
    pub client_secret: String,
    /// A request as the app, before a person is sent there. Where it is refused with `invalid_client` the server has
    /// forgotten the app, and it registers anew.
    pub known: Option<Call>,
}

fn client_id() -> String {
    "client_id".to_owned()
}

fn client_secret() -> String {
    "client_secret".to_owned()
}

fn addresses<'de, D: Deserializer<'de>>(field: D) -> Result<Vec<String>, D::Error> {
    let all = Vec::<String>::deserialize(field)?;
    all.iter().try_for_each(|address| fields::usable::<D::Error>(address).map(drop))?;
    Ok(all)
}

/// What is known of one address: what was typed, and what the server says there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// `https://` and what was typed.
    pub origin: String,
    /// What the file's names stand for.
    pub words: BTreeMap<String, String>,
    /// Who answers, as its description says it.
    pub issuer: Option<String>,
    /// Whether it takes PKCE with S256, where it says so.
    pub pkce: Option<bool>,
    /// How our app proves itself, where it says so.
    pub auth: Option<ClientAuth>,
    /// Whether it binds tokens to a key of ours.
    pub dpop: bool,
    /// Whether its callbacks say who answers.
    pub says_iss: bool,
    /// The optional scopes that it offers.
    pub scopes: Vec<String>,
}

/// What stands for names while a file is checked, before anybody has typed anything.
pub(in crate::server::networks) const SAMPLES: [(&str, &str); 10] = [
    ("issuer", "https://instance.example"),
    ("authorization_endpoint", "https://instance.example/authorize"),
    ("token_endpoint", "https://instance.example/token"),
    ("userinfo_endpoint", "https://instance.example/userinfo"),
    ("revocation_endpoint", "https://instance.example/revoke"),
    ("introspection_endpoint", "https://instance.example/introspect"),
    ("registration_endpoint", "https://instance.example/register"),
    ("pushed_authorization_request_endpoint", "https://instance.example/par"),
    ("jwks_uri", "https://instance.example/keys"),
    ("host", "instance.example"),
];

impl Instance {
    /// What cannot be, as a sentence.
    pub(in crate::server::networks) fn trouble(&self) -> Option<&'static str> {
        match self.by {
            Typed::Name if !self.suffix.starts_with('.') => {
                Some("by = \"name\" needs a suffix, which begins with a dot")
            }
            Typed::Host | Typed::Issuer if !self.suffix.is_empty() => Some("a suffix is for by = \"name\""),
            Typed::Issuer if self.metadata.is_empty() => Some("by = \"issuer\" needs the addresses of metadata"),
            _ if self.shares_app && self.register.is_some() => {
                Some("shares_app and register exclude each other: a registered app is one server's own")
            }
            _ => None,
        }
    }
}

impl Definition {
    /// This network at one address.
    ///
    /// # Errors
    /// When what was found there makes no definition: an endpoint is missing, or is no address.
    pub fn at(&self, found: &Found) -> Result<Self, toml::de::Error> {
        let Some(instance) = &self.instance else { return Ok(self.clone()) };
        let mut table: toml::Table = toml::from_str(&self.source)?;
        // What the server has no door for is done by hand, and who publishes no keys has signed nothing.
        for part in ["revoke", "id_token"] {
            if table.get(part).is_some_and(|part| names_unknown(part, found)) {
                table.remove(part);
            }
        }
        if let Some(toml::Value::Table(register)) = table.get_mut("instance")
            && register.get("register").is_some_and(|register| names_unknown(register, found))
        {
            register.remove("register");
        }
        if let Some(toml::Value::Table(authorize)) = table.get_mut("authorize")
            && authorize.get("par").and_then(toml::Value::as_str) == Some("if_advertised")
            && authorize.get("par_url").is_some_and(|to| names_unknown(to, found))
        {
            authorize.remove("par_url");
        }
        let mut value = toml::Value::Table(table);
        fill(&mut value, found);
        let mut here: Self = value.try_into()?;
        here.source = self.source.clone();
        if let Some(issuer) = &found.issuer {
            here.issuer.clone_from(issuer);
        }
        here.authorize.pkce = found.pkce.unwrap_or(here.authorize.pkce);
        here.token.auth = found.auth.unwrap_or(here.token.auth);
        here.advertises_dpop = found.dpop;
        if found.says_iss {
            here.iss = Iss::Required;
        }
        let offered = instance.scopes_if_offered.iter().filter(|scope| found.scopes.contains(scope));
        here.scopes_always.extend(offered.cloned().collect::<Vec<_>>());
        Ok(here)
    }
}

impl Definition {
    /// Where a server describes itself, at one address.
    #[must_use]
    pub fn metadata_at(&self, found: &Found) -> Vec<String> {
        let table: toml::Table = toml::from_str(&self.source).unwrap_or_default();
        let Some(mut list) = table.get("instance").and_then(|instance| instance.get("metadata")).cloned() else {
            return vec![];
        };
        fill(&mut list, found);
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect()
    }
}

/// Whether a text in it names an endpoint that was not found.
fn names_unknown(value: &toml::Value, found: &Found) -> bool {
    match value {
        toml::Value::String(text) => {
            SAMPLES.iter().any(|(name, _)| text.contains(&format!("{{{name}}}")) && !found.words.contains_key(*name))
        }
        toml::Value::Array(items) => items.iter().any(|item| names_unknown(item, found)),
        toml::Value::Table(table) => table.values().any(|item| names_unknown(item, found)),
        _ => false,
    }
}

/// Puts what was found in the place of its names, text by text: what a server says of itself cannot end a text and begin
/// another field.
fn fill(value: &mut toml::Value, found: &Found) {
    match value {
        toml::Value::String(text) => {
            for (name, word) in &found.words {
                if text.contains(&format!("{{{name}}}")) {
                    *text = text.replace(&format!("https://{{{name}}}"), &scheme_of(found, word));
                    *text = text.replace(&format!("{{{name}}}"), word);
                }
            }
        }
        toml::Value::Array(items) => items.iter_mut().for_each(|item| fill(item, found)),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, item)| fill(item, found)),
        _ => {}
    }
}

/// A host that the operator lets in for tests may be one without TLS.
fn scheme_of(found: &Found, word: &str) -> String {
    let scheme = if found.origin.starts_with("http://") { "http" } else { "https" };
    format!("{scheme}://{word}")
}
