//! What a network wants of the address to which it sends people back. Ours has no query, ever.

use oauth2::url::{Host, Url};
use serde::Deserialize;

use super::Definition;

/// A rule of the network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectRule {
    /// It takes https only, also on a loopback address.
    Https,
    /// It takes no `localhost`; a loopback address in numbers will do.
    NoLocalhost,
}

impl Definition {
    /// The first rule that `address` breaks: there the network will refuse everybody.
    #[must_use]
    pub fn refuses_redirect(&self, address: &str) -> Option<RedirectRule> {
        let url = Url::parse(address).ok()?;
        self.redirect.iter().copied().find(|rule| match rule {
            RedirectRule::Https => url.scheme() != "https",
            RedirectRule::NoLocalhost => url.host() == Some(Host::Domain("localhost")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::networks::load;

    #[test]
    fn a_redirect_address_that_a_network_refuses_is_known_beforehand() {
        let all = load(None, None).expect("the definitions are right");
        let refuses = |network: &str, address: &str| {
            let definition = all.iter().find(|definition| definition.id.0 == network).expect("it is in the binary");
            definition.refuses_redirect(address)
        };
        for network in ["slack", "tiktok", "instagram", "threads"] {
            assert_eq!(refuses(network, "http://127.0.0.1:8400/oauth/callback/1"), Some(RedirectRule::Https));
            assert_eq!(refuses(network, "https://green.example/oauth/callback/1"), None);
        }
        assert_eq!(refuses("mailchimp", "http://localhost:8400/oauth/callback/1"), Some(RedirectRule::NoLocalhost));
        assert_eq!(refuses("mailchimp", "http://127.0.0.1:8400/oauth/callback/1"), None);
        assert_eq!(refuses("x", "http://localhost:8400/oauth/callback/1"), None);
    }
}
