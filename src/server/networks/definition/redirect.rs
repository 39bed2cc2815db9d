//! What a network demands of the address to which it sends people back.

use oauth2::url::Url;
use schemars::JsonSchema;
use serde::Deserialize;

/// A rule for the redirect address, beside that it must be registered to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It must be https, on a loopback address too.
    Https,
    /// On a loopback address it must say the number: localhost is refused.
    NoLocalhost,
}

impl Demand {
    /// Whether that address is as the network wants it.
    #[must_use]
    pub fn is_met_by(self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else { return false };
        match self {
            Self::Https => url.scheme() == "https",
            Self::NoLocalhost => url.host_str() != Some("localhost"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Demand::{Https, NoLocalhost};

    #[test]
    fn an_address_is_as_the_network_wants_it() {
        for (demand, address, is_met) in [
            (Https, "https://green.example/oauth/callback/x", true),
            (Https, "http://127.0.0.1:8400/oauth/callback/x", false),
            (NoLocalhost, "http://127.0.0.1:8400/oauth/callback/x", true),
            (NoLocalhost, "http://localhost:8400/oauth/callback/x", false),
            (NoLocalhost, "nonsense", false),
        ] {
            assert_eq!(demand.is_met_by(address), is_met, "{demand:?} {address}");
        }
    }
}
