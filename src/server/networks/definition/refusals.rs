//! What refusals mean.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::Reason;

/// A rule for a refused call. All that it says must be so.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
// A rule with neither would match every answer.
#[schemars(extend("anyOf" = [{ "required": ["status"] }, { "required": ["path"] }]))]
pub struct Refusal {
    /// The HTTP status it is about; any, without it.
    pub status: Option<u16>,
    /// The path of a code or of a sentence in the answer.
    pub path: Option<String>,
    /// The codes it is about, as text.
    #[serde(default)]
    pub is: Vec<String>,
    /// The codes it is about, as the first and the last of a range.
    pub between: Option<(i64, i64)>,
    /// Of a sentence, one of these is a part; large and small letters are alike.
    #[serde(default)]
    pub contains: Vec<String>,
    /// What it means.
    pub means: Meaning,
}

/// What a refused call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
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
    /// The page is gone, or its person lost it; the permission lives.
    PageLost,
    /// What was asked needs a permission that was not given, or was taken back.
    AbilityLost,
    /// The person must do something at the network first; reconnecting does not help.
    PersonMustAct,
    /// Our app's own credentials or settings are wrong; no page is to blame.
    OurAppIsWrong,
    /// Asked too often.
    SlowDown,
    /// The network's own trouble.
    Trouble,
}

impl Meaning {
    /// The reason of the break, if it means that the permission is gone.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Removed => Some(Reason::Removed),
            Self::PasswordChanged => Some(Reason::PasswordChanged),
            Self::Expired => Some(Reason::Expired),
            Self::Refused => Some(Reason::Refused),
            _ => None,
        }
    }
}
