//! Codes and tokens: what they are made of.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::ledger::GrantId;

/// Stands in every code and token. Wherever else this word turns up, a secret has leaked.
pub const CANARY: &str = "sbxcanary";

/// What a value is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Code,
    Access,
    Refresh,
    /// An access token of one page, made from its person's.
    Page,
}

/// One code or token, as the ledger shows it.
#[derive(Clone, Serialize)]
pub(super) struct Ticket {
    pub value: String,
    pub kind: Kind,
    pub network: &'static str,
    pub grant: GrantId,
    /// The newest of its kind in its grant, and not spent.
    pub current: bool,
    /// How often somebody sent it, whatever the answer was.
    pub presented: u32,
    pub expires_at_ms: Option<i64>,
    /// The page that a page's token is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<&'static str>,
    /// When another of its kind took its place.
    pub replaced_at_ms: Option<i64>,
    #[serde(skip)]
    pub bound_to: Option<Binding>,
}

/// What a code may only be used with.
#[derive(Clone)]
pub(super) struct Binding {
    pub redirect_uri: String,
    pub challenge: Option<String>,
}

impl Ticket {
    pub(super) fn is_expired(&self, now: i64) -> bool {
        self.expires_at_ms.is_some_and(|end| end <= now)
    }
}

/// A value that nobody guesses.
pub(super) fn fresh(kind: Kind) -> String {
    let short = match kind {
        Kind::Code => "code",
        Kind::Access => "at",
        Kind::Refresh => "rt",
        Kind::Page => "pt",
    };
    format!("{CANARY}-{short}-{}", random())
}

/// 256 random bits, safe in an address.
pub(super) fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
