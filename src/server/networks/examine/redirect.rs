//! Whether the redirect address is as the network wants it.

use oauth2::url::{Host, Url};

use super::Definition;
use crate::domain::Finding;

pub(super) fn findings(definition: &Definition, address: &str) -> Vec<Finding> {
    let fits = definition.refuses_redirect(address).map_or(Finding::RedirectFits, Finding::RedirectUnfit);
    // A network on this machine is a sandbox, and so are its people.
    let is_local = is_loopback(address) && !is_loopback(&definition.authorize.url);
    [fits].into_iter().chain(is_local.then_some(Finding::RedirectIsLocal)).collect()
}

fn is_loopback(address: &str) -> bool {
    match Url::parse(address).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Demand, server::networks::load};

    #[test]
    fn an_address_is_as_the_network_wants_it() {
        let all = load(None, Some("http://localhost:1")).expect("the definitions are right");
        let (https, http) = ("https://green.example/oauth/callback/x", "http://127.0.0.1:8400/oauth/callback/x");
        let localhost = "http://localhost:8400/oauth/callback/x";
        let (fits, is_local) = (Finding::RedirectFits, Finding::RedirectIsLocal);
        let no_https = Finding::RedirectUnfit(Demand::Https);
        for (network, address, expected) in [
            ("slack", https, vec![fits.clone()]),
            ("slack", http, vec![no_https.clone(), is_local.clone()]),
            ("tiktok", http, vec![no_https.clone(), is_local.clone()]),
            ("instagram", http, vec![no_https.clone(), is_local.clone()]),
            ("threads", http, vec![no_https, is_local.clone()]),
            ("mailchimp", http, vec![fits.clone(), is_local.clone()]),
            ("mailchimp", localhost, vec![Finding::RedirectUnfit(Demand::NoLocalhost), is_local.clone()]),
            ("github", localhost, vec![fits.clone(), is_local]),
            ("chirper", localhost, vec![fits]),
        ] {
            let definition = all.iter().find(|known| known.id.0 == network).expect("it is in the binary");
            assert_eq!(findings(definition, address), expected, "{network} {address}");
        }
    }
}
