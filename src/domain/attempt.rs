//! How a try to connect a page stands, as the tab that opened it and the popup are told.

use serde::{Deserialize, Serialize};

use super::{Account, AttemptId, PageView};

/// How an attempt stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// The person is at the network.
    Open,
    /// The network approved and the person chooses one of several pages in the popup.
    Choosing,
    /// It is connected.
    Approved,
    /// The person said no at the network.
    Cancelled,
    /// The person approved as somebody else than the page is pinned to; nothing changed.
    WrongAccount {
        /// Whom the page is pinned to.
        expected: Account,
        /// Who approved.
        got: Account,
    },
    /// The network or its answer made it impossible.
    Failed(Trouble),
    /// Ten minutes passed, or a newer attempt took its place.
    Expired,
    /// The person stopped waiting.
    Stopped,
}

impl AttemptState {
    /// Whether it can still become approved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Choosing)
    }
}

/// What went wrong at the network, each with a sentence that says whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The network refused the request and said why in a way that only the app's owner can mend.
    AppRefused,
    /// The network did not answer, or took too long.
    NoAnswer,
    /// The network answered something that is not what its definition says.
    OddAnswer,
    /// The answer came from another issuer than was asked (RFC 9207).
    WrongIssuer,
    /// The approval came back in another browser, or under another sign-in, than it was begun in.
    OtherBrowser,
    /// The account has no page that could be connected.
    NoPages,
    /// The person did not let the app see which pages they have.
    PagesHidden,
    /// The person is the right one, and the page is not among theirs any more.
    PageLost,
    /// The page is gone, or somebody else may no longer connect it.
    PageGone,
}

/// An attempt and its page as they are now, so that a tab whose stream is cut still shows the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Which.
    pub id: AttemptId,
    /// How it stands.
    pub state: AttemptState,
    /// Its page as it is now.
    pub page: PageView,
}
