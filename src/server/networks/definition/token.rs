//! The token endpoint: how a code becomes tokens, what the answer looks like, how long tokens live and how they are
//! renewed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        fields::{self, address, separator, some_text, telling},
        schema::{Address, Filled},
    },
    Call, Refusal, Says, space,
};

/// The token endpoint.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Where.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "Address")]
    pub url: String,
    /// How the app proves itself.
    pub auth: ClientAuth,
    /// What stands between scopes in the answer.
    #[serde(default = "space", deserialize_with = "separator")]
    #[schemars(with = "Filled")]
    pub scope_separator: String,
    /// Headers beside ours.
    #[serde(default, deserialize_with = "fields::headers")]
    pub headers: BTreeMap<String, String>,
    /// Parameters of the code's exchange beside those of RFC 6749.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Where the answer has what RFC 6749 has elsewhere.
    #[serde(default)]
    pub answer: Shape,
    /// What refusals of a code or of a refresh token mean, beside those of RFC 6749; the first rule that matches wins.
    #[serde(default, deserialize_with = "telling")]
    pub refusals: Vec<Refusal>,
}

/// How the app proves itself at the token and revocation endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic, id and secret form-encoded first (RFC 6749, section 2.3.1).
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
    /// A statement that is signed by a key of ours; the secret is that key (RFC 7523, section 2.2).
    PrivateKeyJwt,
    /// `client_id` alone: the app has no secret.
    None,
}

/// Where a token answer has what RFC 6749, section 5.1, has elsewhere. Paths are dotted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Shape {
    /// The object that everything lies in; the answer itself without it.
    pub inside: Option<String>,
    /// What a good answer says.
    pub ok: Option<Says>,
    /// Where the access token is.
    pub access_token: Option<String>,
    /// Where the refresh token is.
    pub refresh_token: Option<String>,
    /// Where the life of the refresh token is, in seconds.
    pub refresh_expires_in: Option<String>,
    /// Where the granted scopes are.
    pub scope: Option<String>,
    /// What else is kept, by the name under which requests use it. Nothing secret.
    #[serde(deserialize_with = "fields::kept")]
    pub keep: BTreeMap<String, String>,
    /// Another pair of tokens in the same answer, of another who approved with the first: a permission of its own.
    pub second: Option<Second>,
}

/// Where an answer has a second pair of tokens. Where it is the only one, it is the first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// Where the network's id of that other is; never that of the first.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub id: String,
    /// Where the access token is.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub access_token: String,
    /// Where the refresh token is.
    pub refresh_token: Option<String>,
    /// Where the access token's life is, in seconds.
    pub expires_in: Option<String>,
    /// Where the granted scopes are.
    pub scope: Option<String>,
}

/// A request after the code's exchange, such as the one that swaps a short-lived token for a long-lived one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The request.
    pub ask: Call,
    /// Where the answer has the token that takes the place of the first; without it, the first stays.
    pub access_token: Option<String>,
    /// Where the answer has that token's life in seconds.
    pub expires_in: Option<String>,
    /// What is kept of the answer, by the name under which requests use it.
    #[serde(default, deserialize_with = "fields::kept")]
    pub keep: BTreeMap<String, String>,
}

/// How tokens are renewed, and how long they live where the answer does not say it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetime {
    /// How.
    pub renewal: Renews,
    /// The request that shows the living token for a longer-lived one; only with `renewal = "extend"`.
    pub extend: Option<Step>,
    /// Where refresh tokens go, if not to the token endpoint.
    #[serde(deserialize_with = "fields::maybe_address")]
    #[schemars(with = "Option<Address>")]
    pub refresh_url: Option<String>,
    /// Parameters of a refresh beside those of RFC 6749.
    pub refresh_params: BTreeMap<String, String>,
    /// A refresh names the redirect address.
    pub refresh_names_redirect: bool,
    /// A refresh token stays good however often it is used. Else each is taken to be good for one use.
    pub reusable: bool,
    /// Seconds; younger tokens are not renewed.
    pub least_age: u64,
    /// Seconds that the access token lives where the answer does not say it.
    pub access: Option<u64>,
    /// Seconds that the refresh token lives where the answer does not say it.
    pub refresh: Option<u64>,
    /// The refresh token ends on its day, whatever is done. Else each renewal begins its life anew.
    pub refresh_is_fixed: bool,
    /// Seconds that the network lets an app see a person's data without the person coming back.
    pub data_access: Option<u64>,
}

/// How tokens are renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renews {
    /// By a refresh token, where the network gives one (RFC 6749, section 6).
    #[default]
    RefreshToken,
    /// By showing the access token while it lives; a dead one cannot be extended.
    Extend,
    /// Not at all.
    Never,
}

/// A name of ours that the network calls otherwise.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// Ours, as RFC 6749 has it.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub ours: String,
    /// The network's.
    #[serde(deserialize_with = "some_text")]
    #[schemars(with = "Filled")]
    pub theirs: String,
}
