//! What a network says of a consent: who gave it, which pages it gives, what was granted; and how it is given back.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    super::{fields::separator, schema::Filled},
    Call, space,
};

/// "Who am I."
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The request; it is also the check.
    pub ask: Call,
    /// The path of the stable id.
    pub id: String,
    /// The path of the name.
    pub name: String,
}

/// The list of pages under one consent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Lists of which each row leads to a list of pages; `{parent}` in `ask` is the row.
    pub via: Option<Parents>,
    /// The request.
    pub ask: Call,
    /// The path of the list; without it the answer itself is the one page.
    pub items: Option<String>,
    /// The path of the stable id in an item.
    pub id: String,
    /// The path of the name in an item.
    pub name: String,
    /// The path of what it is called in addresses.
    pub handle: Option<String>,
    /// The path of the page's own token; without it the person's token is used.
    pub token: Option<String>,
    /// Where there is no item, the answer has no list either. Else an answer without its list is none.
    #[serde(default)]
    pub leaves_out_empty: bool,
    /// What a page must say to be of use.
    pub usable: Option<Usable>,
    /// How the rest of a long list is asked for.
    pub more: Option<More>,
    /// Further lists of the same shape, each of whose pages counts once.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// More lists of pages, under a scope of their own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// They are asked for where this was granted, and left out where it was not.
    pub needs: String,
    /// Lists of which each row leads to these.
    pub via: Parents,
    /// The requests; `{parent}` is the row.
    pub ask: Vec<Call>,
}

/// A list that leads to lists.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parents {
    /// The request.
    pub ask: Call,
    /// The path of the list.
    pub items: String,
    /// The paths at which an item may have its id; the first that is there counts.
    pub id: Vec<String>,
    /// Where there is no item, the answer has no list either. Else an answer without its list is none.
    #[serde(default)]
    pub leaves_out_empty: bool,
    /// What stands before the id and is cut off.
    #[serde(default)]
    pub prefix: String,
    /// How the rest of a long list is asked for.
    pub more: Option<More>,
}

/// What a page must say to be of use.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usable {
    /// The path of a text or of a list of texts in an item.
    pub path: String,
    /// One of which must be there.
    pub has: Vec<String>,
}

/// How the rest of a long list is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum More {
    /// The path of the next request's address.
    NextUrl(String),
    /// The path of a word, and the parameter that it is sent in.
    Cursor {
        /// Where the word is.
        path: String,
        /// What it is called in the next request.
        param: String,
    },
    /// How many items were seen so far, while full pages come.
    Offset {
        /// What that number is called in the next request.
        param: String,
        /// How many items make a full page.
        full: usize,
    },
    /// The header `Link` with `rel="next"` (RFC 8288).
    LinkHeader,
}

/// The list of granted scopes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// The request.
    pub ask: Call,
    /// The path of the list, or of a text with all scopes.
    pub items: String,
    /// The path of the scope in an item; without it the item is the scope.
    pub scope: Option<String>,
    /// The path of what says whether it is granted, and what that says when it is.
    pub only: Option<Only>,
    /// What stands between scopes in a text.
    #[serde(default = "space", deserialize_with = "separator")]
    #[schemars(with = "Filled")]
    pub separator: String,
}

/// Which items count.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Where.
    pub path: String,
    /// What stands there.
    pub is: String,
}

/// Giving a permission back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The request; `{token}` is the token that is given back.
    pub ask: Call,
    /// Which token.
    #[serde(default)]
    pub token: WhichToken,
    /// Statuses that mean that it is gone, beside 200 to 299.
    #[serde(default)]
    pub gone: Vec<u16>,
    /// The network's yes is not believed before the token is dead.
    #[serde(default)]
    pub verify: bool,
}

/// Which token is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhichToken {
    /// The refresh token where there is one: it ends the access token too (RFC 7009, section 2.1).
    #[default]
    Refresh,
    /// The access token.
    Access,
}
