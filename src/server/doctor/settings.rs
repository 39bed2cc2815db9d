//! The settings, once they could be read: whether they go together.

use super::Finding;
use crate::server::{
    http::BaseUrl,
    networks,
    serve::{all_are_known, all_are_whole},
    settings::Settings,
};

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
            let is_https = settings.base_url.starts_with("https:");
            let told = [all_are_known(settings, &definitions), all_are_whole(settings, &definitions, is_https)];
            found.extend(
                told.into_iter().filter_map(Result::err).map(|error| Finding::problem(ABOUT, error.to_string())),
            );
        }
    }
    found
}
