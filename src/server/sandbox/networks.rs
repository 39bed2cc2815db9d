//! The four networks and how each differs from the RFCs: data, so that a handler asks instead of naming one.

/// What a network is like.
pub(super) struct Network {
    pub id: &'static str,
    pub name: &'static str,
    /// The hue of its pages, so that a person sees at which network they are.
    pub hue: u16,
    pub scopes: &'static [Scope],
    /// Stands between scopes in an authorisation request.
    pub asked_with: char,
    pub scope_answer: ScopeAnswer,
    pub client_auth: ClientAuth,
    pub needs_pkce: bool,
    pub lifetime: Lifetime,
    pub refresh: Refresh,
    pub token_type: Option<&'static str>,
    /// Approves by itself what the same person approved before.
    pub is_silent: bool,
    /// What a second yes of the same person does.
    pub again: Again,
    /// What it calls a person's no.
    pub cancel_error: &'static str,
    pub speaks: Dialect,
    pub revocation: Revocation,
}

/// A permission and what it says to a person, after "wants to".
pub(super) struct Scope {
    pub id: &'static str,
    pub words: &'static str,
}

/// How the token answer names the granted scopes.
#[derive(Clone, Copy)]
pub(super) enum ScopeAnswer {
    Untold,
    Text(&'static str),
    Array,
}

/// Where a client puts its id and secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientAuth {
    Basic,
    Body,
    Either,
}

/// How the token answer tells `expires_in`.
#[derive(Clone, Copy)]
pub(super) enum Lifetime {
    /// Not at all, and by default the token has no end.
    Untold,
    Number,
    /// As a string of digits.
    Text,
}

/// What happens to refresh tokens.
#[derive(Clone, Copy)]
pub(super) enum Refresh {
    Never,
    /// The same one, for good; the answer to a refresh does not repeat it.
    Stable,
    /// A new one each time, only with this scope; a second use of an old one ends the grant.
    Strict {
        scope: &'static str,
    },
}

/// What a second yes of the same person does to the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It takes its place.
    Replaces,
    /// It is added to it.
    Adds,
    /// It takes its place, but what was unticked once is not granted, unless the network is made to ask again.
    KeepsTheNo,
}

/// The shape of its errors.
#[derive(Clone, Copy)]
pub(super) enum Dialect {
    /// RFC 6749, RFC 6750.
    Standard,
    Meta,
}

/// How an application gives a permission back.
#[derive(Clone, Copy)]
pub(super) enum Revocation {
    /// RFC 7009, answered with this status.
    Standard(u16),
    /// `DELETE /me/permissions`: everything that this person gave to this application.
    Permissions,
}

/// Sixty days: long enough that nothing expires in a test that does not ask for it.
pub(super) const DEFAULT_LIFETIME_S: u64 = 5_184_000;

/// What the networks are called in addresses and in the ledger.
pub const NETWORK_IDS: [&str; 4] = ["chirper", "pagebook", "linkwork", "hush"];

pub(super) static NETWORKS: [Network; 4] = [CHIRPER, PAGEBOOK, LINKWORK, HUSH];

/// Like X.
const CHIRPER: Network = Network {
    id: NETWORK_IDS[0],
    name: "Chirper",
    hue: 235,
    scopes: &[
        Scope { id: "post.read", words: "read your posts" },
        Scope { id: "post.write", words: "post in your name" },
        Scope { id: "offline.access", words: "stay connected while you are away" },
    ],
    asked_with: ' ',
    scope_answer: ScopeAnswer::Text(" "),
    client_auth: ClientAuth::Basic,
    needs_pkce: true,
    lifetime: Lifetime::Number,
    refresh: Refresh::Strict { scope: "offline.access" },
    token_type: Some("bearer"),
    is_silent: false,
    again: Again::Replaces,
    cancel_error: "access_denied",
    speaks: Dialect::Standard,
    revocation: Revocation::Standard(200),
};

/// Like Facebook: several pages under one person, and its own idea of an error.
const PAGEBOOK: Network = Network {
    id: NETWORK_IDS[1],
    name: "Pagebook",
    hue: 262,
    scopes: &[
        Scope { id: "pages_read", words: "see your pages and read their posts" },
        Scope { id: "pages_publish", words: "publish on your pages" },
        Scope { id: "pages_insights", words: "see how your pages are doing" },
    ],
    asked_with: ',',
    scope_answer: ScopeAnswer::Untold,
    client_auth: ClientAuth::Body,
    needs_pkce: false,
    lifetime: Lifetime::Untold,
    refresh: Refresh::Never,
    token_type: None,
    is_silent: false,
    again: Again::KeepsTheNo,
    cancel_error: "access_denied",
    speaks: Dialect::Meta,
    revocation: Revocation::Permissions,
};

/// Like `LinkedIn`.
const LINKWORK: Network = Network {
    id: NETWORK_IDS[2],
    name: "Linkwork",
    hue: 210,
    scopes: &[
        Scope { id: "w_post", words: "post in your name" },
        Scope { id: "r_profile", words: "see your profile" },
        Scope { id: "r_stats", words: "see how your posts are doing" },
    ],
    asked_with: ' ',
    scope_answer: ScopeAnswer::Text(","),
    client_auth: ClientAuth::Body,
    needs_pkce: false,
    lifetime: Lifetime::Text,
    refresh: Refresh::Never,
    token_type: Some("Bearer"),
    is_silent: false,
    again: Again::Replaces,
    cancel_error: "user_cancelled_authorize",
    speaks: Dialect::Standard,
    revocation: Revocation::Standard(200),
};

/// Named for its silence.
const HUSH: Network = Network {
    id: NETWORK_IDS[3],
    name: "Hush",
    hue: 165,
    scopes: &[
        Scope { id: "posts:read", words: "read your posts" },
        Scope { id: "posts:write", words: "post in your name" },
        Scope { id: "stats:read", words: "see how your posts are doing" },
    ],
    asked_with: ' ',
    scope_answer: ScopeAnswer::Array,
    client_auth: ClientAuth::Either,
    needs_pkce: true,
    lifetime: Lifetime::Number,
    refresh: Refresh::Stable,
    token_type: Some("bearer"),
    is_silent: true,
    again: Again::Adds,
    cancel_error: "access_denied",
    speaks: Dialect::Standard,
    revocation: Revocation::Standard(204),
};

impl Network {
    pub(super) fn called(id: &str) -> Option<&'static Self> {
        NETWORKS.iter().find(|network| network.id == id)
    }

    pub(super) fn scope(&self, id: &str) -> Option<&'static Scope> {
        self.scopes.iter().find(|scope| scope.id == id)
    }
}
