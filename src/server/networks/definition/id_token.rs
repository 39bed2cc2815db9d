//! What a network says of a person in signed words of its own.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    fields::{address, registered},
    jose::Alg,
    schema::Address,
};

/// The `id_token` of OpenID Connect. With it every consent is asked for one, and is worth nothing without a right one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdToken {
    /// Where the network publishes its keys (`jwks_uri`).
    #[serde(deserialize_with = "address")]
    #[schemars(with = "Address")]
    pub keys: String,
    /// How the app is registered to have it signed (`id_token_signed_response_alg`).
    #[serde(default = "rs256", deserialize_with = "registered")]
    pub algs: Vec<Alg>,
}

fn rs256() -> Vec<Alg> {
    vec![Alg::Rs256]
}
