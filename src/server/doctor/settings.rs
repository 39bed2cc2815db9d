//! The settings, once they could be read: whether they go together.

use super::Finding;
use crate::server::{http::BaseUrl, networks, settings::Settings};

const ABOUT: &str = "settings";

pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let mut found = vec![];
    match BaseUrl::parse(&settings.base_url) {
        Ok(base_url) => {
            found.push(Finding::ok(
                ABOUT,
                format!("people find this instance at {}; it listens on {}", base_url.origin(), settings.listen),
            ));
            if base_url.is_https() && settings.trusted_proxies.is_empty() {
                found.push(Finding::warning(
                    ABOUT,
                    "trusted_proxies is not set, so all people count as one address and share limits; set it to your \
                     proxy's address",
                ));
            }
        }
        Err(error) => found.push(Finding::problem(ABOUT, error.to_string())),
    }
    if let Some(address) = settings.metrics_listen.filter(|address| !address.ip().is_loopback()) {
        found.push(Finding::warning(
            ABOUT,
            format!("whoever reaches {address} may read the metrics; let a firewall keep others away from it"),
        ));
    }
    match networks::load(settings.networks.as_deref(), settings.sandbox.as_deref()) {
        Err(error) => found.push(Finding::problem(ABOUT, error.to_string())),
        Ok(definitions) => {
            let strays = settings.apps.keys().filter(|id| !definitions.iter().any(|known| known.id == **id));
            found.extend(strays.map(|id| {
                Finding::problem(
                    ABOUT,
                    format!("apps.{id} is set, but there is no network definition {id}; check the name, or set networks or sandbox"),
                )
            }));
        }
    }
    found
}
