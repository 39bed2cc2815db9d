//! The JSON Schema of a definition file, for editors. It is made from the types that read the file, so it cannot say
//! something else; `networks/schema.json` is a copy of it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Definition;
use crate::domain::{Ability, Demand};

/// The schema, as the file has it. Draft 7, because that is what editors of TOML read.
#[must_use]
pub fn schema() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Definition>();
    format!("{:#}\n", Value::from(schema))
}

/// An address, as [`super::fields`] takes it. A name in braces may stand at its beginning.
pub struct Address;

impl JsonSchema for Address {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(https://|http://(localhost|127\\.|\\[::1\\])|\\{)[^#]*$" })
    }
}

/// A text that is not empty.
pub struct Filled;

impl JsonSchema for Filled {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Filled".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

/// Scopes by ability. The browser knows abilities too, and schemas do not belong there.
pub fn abilities(_: &mut SchemaGenerator) -> Schema {
    let scopes = json!({ "type": "array", "items": { "type": "string" } });
    let all: Map<String, Value> = words(&Ability::ALL).map(|name| (name, scopes.clone())).collect();
    json_schema!({ "type": "object", "properties": all, "additionalProperties": false })
}

/// Rules for the redirect address, which the browser knows too.
pub fn demands(_: &mut SchemaGenerator) -> Schema {
    let all: Vec<_> = words(&Demand::ALL).collect();
    json_schema!({ "type": "array", "items": { "enum": all } })
}

/// What files call these.
fn words(all: &[impl Serialize]) -> impl Iterator<Item = String> {
    all.iter().filter_map(|one| serde_json::to_value(one).ok()?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests;
