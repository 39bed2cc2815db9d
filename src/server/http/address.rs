//! Where people find this instance, and what follows: the callback's address and the cookies' names.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use oauth2::url::Url;

use crate::{
    domain::{AttemptId, NetworkAppId},
    server::networks,
};

/// Why an address cannot be ours.
#[derive(Debug, thiserror::Error)]
#[error("base_url {0:?} cannot be used: it must be https://…, or http://… on a loopback address, without a path")]
pub struct BaseUrlError(String);

/// The fixed address of this instance; never read from a request (SECURITY: O-08).
#[derive(Clone, Debug)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads the address.
    ///
    /// # Errors
    /// [`BaseUrlError`] for anything but https, or http on loopback.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let wrong = || BaseUrlError(text.to_owned());
        let url = Url::parse(text).ok().ok_or_else(wrong)?;
        let is_plain =
            url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if networks::is_safe(&url) && is_plain { Ok(Self(url)) } else { Err(wrong()) }
    }

    /// Scheme, host and port, as a browser's `Origin` has it.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The callback of that app: one address each, so that an answer cannot be taken for another app's (O-09).
    #[must_use]
    pub fn callback(&self, app: NetworkAppId) -> String {
        format!("{}/oauth/callback/{app}", self.origin())
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// What our cookies are called. On https they are `__Host-…` and `Secure`; on loopback http the browser would drop
/// those, so they carry the port instead, since cookies do not know ports.
#[derive(Clone, Debug)]
pub struct CookieNames {
    prefix: String,
    secure: bool,
}

impl CookieNames {
    /// For that address.
    #[must_use]
    pub fn of(base_url: &BaseUrl) -> Self {
        let port = base_url.0.port_or_known_default().unwrap_or_default();
        let secure = base_url.is_https();
        Self { prefix: if secure { "__Host-".to_owned() } else { format!("gt-{port}-") }, secure }
    }

    /// The session's cookie; zero life takes it away.
    #[must_use]
    pub fn session(&self, token: &str, life: Duration) -> HeaderValue {
        self.cookie("sid", token, life)
    }

    /// The session's token in a request.
    #[must_use]
    pub fn read_session(&self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, "sid")
    }

    /// The cookie by which a browser is known in which somebody has signed in.
    #[must_use]
    pub fn known_browser(&self, token: &str, life: Duration) -> HeaderValue {
        self.cookie("known", token, life)
    }

    /// The browser's token in a request.
    #[must_use]
    pub fn read_known_browser(&self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, "known")
    }

    /// The attempt's cookie, one for each, so that two popups do not disturb each other (O-05).
    #[must_use]
    pub fn attempt(&self, id: AttemptId, token: &str, life: Duration) -> HeaderValue {
        self.cookie(&format!("oa-{}", id.0.simple()), token, life)
    }

    /// The attempt's token in a request.
    #[must_use]
    pub fn read_attempt(&self, headers: &HeaderMap, id: AttemptId) -> Option<String> {
        self.read(headers, &format!("oa-{}", id.0.simple()))
    }

    /// What a browser must bring that posted the network's answer.
    #[must_use]
    pub fn posted(&self, id: AttemptId, token: &str, life: Duration) -> HeaderValue {
        self.cookie(&format!("fp-{}", id.0.simple()), token, life)
    }

    /// That, in a request.
    #[must_use]
    pub fn read_posted(&self, headers: &HeaderMap, id: AttemptId) -> Option<String> {
        self.read(headers, &format!("fp-{}", id.0.simple()))
    }

    fn read(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let jar = CookieJar::from_headers(headers);
        let found = jar.get(&format!("{}{name}", self.prefix))?.value().to_owned();
        (!found.is_empty()).then_some(found)
    }

    /// `Lax` and not `Strict`: the callback is a cross-site request, and a strict cookie would not come with it.
    fn cookie(&self, name: &str, token: &str, life: Duration) -> HeaderValue {
        let mut cookie = Cookie::new(format!("{}{name}", self.prefix), token.to_owned());
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_secure(self.secure);
        cookie.set_same_site(SameSite::Lax);
        let text = format!("{cookie}; Max-Age={}", life.as_secs());
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Appends a `Set-Cookie` header.
pub(super) fn set(headers: &mut HeaderMap, cookie: HeaderValue) {
    headers.append(header::SET_COOKIE, cookie);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_loopback_can_be_ours() {
        for good in ["https://green.example", "http://127.0.0.1:8400", "http://localhost:1/", "http://[::1]:80"] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["http://green.example", "http://10.0.0.1", "https://x.example/app", "ftp://x", "x", "https://u@x.example"]
        {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cookies_are_as_strict_as_the_browser_lets_them_be() {
        let https = CookieNames::of(&BaseUrl::parse("https://green.example").expect("a good address"));
        let cookie = https.session("t", Duration::from_secs(9));
        assert_eq!(cookie, "__Host-sid=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=9");
        let loopback = CookieNames::of(&BaseUrl::parse("http://127.0.0.1:8400").expect("a good address"));
        assert_eq!(loopback.session("t", Duration::ZERO), "gt-8400-sid=t; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }
}
