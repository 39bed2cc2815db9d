//! A request to a network, as data.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::super::{
    fields::{self, address},
    schema::Address,
};

/// One request. In a file it is an address, which means a GET with the access token, or a table.
///
/// Addresses, headers and parameters may hold `{token}`, `{client_id}`, `{client_secret}`, `{user_id}`, `{parent}`, and
/// what the definition keeps of a token answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Where.
    pub url: String,
    /// What proves who asks.
    pub auth: Auth,
    /// Headers beside ours.
    pub headers: BTreeMap<String, String>,
    /// In the query of a GET, in the body of everything else.
    pub params: BTreeMap<String, String>,
    /// A body as it stands, instead of parameters.
    pub text: Option<String>,
    /// How parameters are written into a body.
    pub body: Body,
    /// What an answer must say to be a good one, whatever its status.
    pub ok: Option<Says>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CallTable")]
struct Table {
    /// How.
    #[serde(default)]
    method: Method,
    /// Where.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "Address")]
    url: String,
    /// What proves who asks.
    #[serde(default)]
    auth: Auth,
    /// Headers beside ours.
    #[serde(default, deserialize_with = "fields::headers")]
    headers: BTreeMap<String, String>,
    /// In the query of a GET, in the body of everything else.
    #[serde(default)]
    params: BTreeMap<String, String>,
    /// A body as it stands, instead of parameters.
    text: Option<String>,
    /// How parameters are written into a body.
    #[serde(default)]
    body: Body,
    /// What an answer must say to be a good one, whatever its status.
    ok: Option<Says>,
}

impl JsonSchema for Call {
    fn schema_name() -> Cow<'static, str> {
        "Call".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One request: an address, which means a GET with the access token, or a table.",
            "anyOf": [generator.subschema_for::<Address>(), generator.subschema_for::<Table>()],
        })
    }
}

impl From<Table> for Call {
    fn from(table: Table) -> Self {
        let Table { method, url, auth, headers, params, text, body, ok } = table;
        Self { method, url, auth, headers, params, text, body, ok }
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        struct AddressOrTable;

        impl<'de> Visitor<'de> for AddressOrTable {
            type Value = Call;

            fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
                text.write_str("an address, or a table with url")
            }

            fn visit_str<E: serde::de::Error>(self, url: &str) -> Result<Call, E> {
                fields::usable::<E>(url)?;
                Ok(Table { url: url.to_owned(), ..Table::default() }.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Call, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map)).map(Call::from)
            }
        }

        field.deserialize_any(AddressOrTable)
    }
}

impl Default for Table {
    fn default() -> Self {
        Self {
            method: Method::Get,
            url: String::new(),
            auth: Auth::Bearer,
            headers: BTreeMap::new(),
            params: BTreeMap::new(),
            text: None,
            body: Body::Form,
            ok: None,
        }
    }
}

/// A method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks.
    #[default]
    Get,
    /// Sends.
    Post,
    /// Takes away.
    Delete,
}

/// What proves who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// The access token (RFC 6750, section 2.1).
    #[default]
    Bearer,
    /// The app, as at the token endpoint.
    App,
    /// The app, by HTTP Basic even where the token endpoint takes its proof in the body.
    Basic,
    /// Nothing but what headers and parameters say.
    None,
}

/// How parameters are written into a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// As a form.
    #[default]
    Form,
    /// As a JSON object.
    Json,
}

/// What an answer says at a path.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// Where.
    pub path: String,
    /// One of these, as text.
    #[serde(default)]
    pub is: Vec<String>,
    /// Nothing at all.
    #[serde(default)]
    pub absent: bool,
}
