//! Identifiers, each a type of its own, so that a page's id is never taken for a location's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// One try to connect a page.
    AttemptId,
    /// One consent of one person at a network.
    GrantId,
    /// A place or brand of the business.
    LocationId,
    /// An OAuth application at a network.
    NetworkAppId,
    /// A location's presence on one network: the thing that has an icon.
    PageId,
    /// One signed-in browser.
    SessionId,
    /// A person who signs in.
    UserId,
    /// A business: the wall between tenants.
    WorkspaceId,
}

/// A network's short name, as its definition file is called: `facebook`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkId(pub String);

impl fmt::Display for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
