//! Answers that a network signs: who has no secret of ours cannot send a browser back with one, whatever state it knows.

use oauth2::url::form_urlencoded::parse;
use ring::hmac::{HMAC_SHA256, Key, verify};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::NetworkApp;

/// How a network signs the query of its callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signed {
    /// `hmac`: hexadecimal HMAC-SHA256 by the app's secret over all other parameters, sorted; `shop` is the address.
    Shopify,
}

/// From which address of the network the query comes, where that is signed. `None`: the signature is missing or wrong, so
/// the query is nobody's.
#[must_use]
pub fn is_signed(app: &NetworkApp, query: &str) -> Option<Option<String>> {
    match app.definition.authorize.signed {
        None => Some(None),
        Some(Signed::Shopify) => shopify(app, query).map(Some),
    }
}

fn shopify(app: &NetworkApp, query: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let signature = hex(value("hmac")?)?;
    let key = Key::new(HMAC_SHA256, app.client_secret.expose_secret().as_bytes());
    // Of a value that is written with a percent sign, libraries sign either form.
    let as_read = pairs.iter().filter(|(name, _)| name != "hmac").map(|(name, value)| format!("{name}={value}"));
    let as_written = query.split('&').filter(|pair| !pair.starts_with("hmac=")).map(str::to_owned);
    let is_over = |mut parts: Vec<String>| {
        parts.sort_unstable();
        verify(&key, parts.join("&").as_bytes(), &signature).is_ok()
    };
    (is_over(as_read.collect()) || is_over(as_written.collect())).then(|| value("shop").map(str::to_owned))?
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::NetworkAppId,
        server::{networks::load, settings::AppCredentials},
    };

    fn app(network: &str) -> NetworkApp {
        let all = load(None, None).expect("the definitions are right");
        let definition = all.into_iter().find(|definition| definition.id.0 == network).expect("it is in the binary");
        let own =
            AppCredentials { client_id: "app".to_owned(), client_secret: "hush".to_owned().into(), hook_secret: None };
        NetworkApp::new(NetworkAppId(uuid::Uuid::nil()), definition, own)
    }

    fn mac(text: &str) -> String {
        let mac = ring::hmac::sign(&Key::new(HMAC_SHA256, b"hush"), text.as_bytes());
        mac.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    #[test]
    fn an_answer_of_a_shop_is_read_only_when_it_is_signed() {
        // Shopify's own example of a signed query.
        let example = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&state=0.6784241404160823&timestamp=1337178173";
        let app = app("shopify");
        let shop = |query: &str| is_signed(&app, query).flatten();
        let good = format!("{example}&hmac={}", mac(example));
        assert_eq!(shop(&good).as_deref(), Some("some-shop.myshopify.com"));
        let parts: Vec<_> = good.split('&').rev().collect();
        assert_eq!(shop(&parts.join("&")).as_deref(), Some("some-shop.myshopify.com"), "in any order");
        let encoded = "code=c&host=YQ%3D%3D&shop=a.myshopify.com&state=s";
        for signed in [encoded.to_owned(), encoded.replace("%3D", "=")] {
            assert!(shop(&format!("{encoded}&hmac={}", mac(&signed))).is_some(), "{signed}");
        }
        for bad in [
            example.to_owned(),
            format!("{example}&hmac="),
            format!("{example}&hmac=zz"),
            format!("{example}&hmac={}", mac("code=c")),
            good.replace("some-shop", "other-shop"),
            good.replace("state=0", "state=1"),
            format!("{good}&more=1"),
            good.replace("&timestamp=1337178173", ""),
        ] {
            assert_eq!(shop(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_network_that_signs_nothing_is_read_as_it_is() {
        assert_eq!(is_signed(&app("github"), "code=c&state=s"), Some(None));
    }
}
