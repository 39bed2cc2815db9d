//! What a network wants of the address to which it sends people back. Ours has no query, ever.

use oauth2::url::{Host, Url};

use super::Definition;
use crate::domain::Demand;

impl Definition {
    /// The first demand that `address` does not meet: there the network will refuse everybody.
    #[must_use]
    pub fn refuses_redirect(&self, address: &str) -> Option<Demand> {
        let url = Url::parse(address).ok()?;
        self.redirect.iter().copied().find(|demand| match demand {
            Demand::Https => url.scheme() != "https",
            Demand::NoLocalhost => url.host() == Some(Host::Domain("localhost")),
        })
    }
}
