//! Names in braces, and what stands for them when a request is made.

use std::collections::BTreeMap;

use oauth2::url::Url;
use secrecy::{ExposeSecret, SecretString};

use super::{NetworkApp, NoAnswer, is_safe};

/// Names that stand for a whole host: a hook has looked into it. No answer is kept by them.
pub(super) const HOSTS: [&str; 1] = ["pds"];

/// What a request of a definition may name. Not `Debug`: it holds secrets.
pub struct Words<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Words<'a> {
    /// The app's own.
    #[must_use]
    pub fn of(app: &'a NetworkApp) -> Self {
        Self(vec![("client_id", &app.client_id), ("client_secret", app.said_secret())])
    }

    /// With a token as well, and what was kept of its answer.
    #[must_use]
    pub fn with_token(mut self, token: &'a SecretString, kept: &'a BTreeMap<String, String>) -> Self {
        // Ours last: what a network answers takes the place of nothing that is ours.
        self.0.splice(0..0, kept.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.and("token", token.expose_secret())
    }

    /// With one more.
    #[must_use]
    pub fn and(mut self, name: &'a str, value: &'a str) -> Self {
        self.0.push((name, value));
        self
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The text with its names replaced. A name that nobody knows is no name: braces have a meaning of their own in
    /// some networks' queries.
    #[must_use]
    pub fn text(&self, template: &str) -> String {
        self.replace(template, str::to_owned)
    }

    /// The address with its names replaced.
    ///
    /// # Errors
    /// [`NoAnswer::BadAddress`] when a name in front of the path is unknown or stands for more than a part of a host's
    /// name, so that no answer of a network leads a token to another host.
    pub fn address(&self, template: &str) -> Result<Url, NoAnswer> {
        let path = template.find("://").and_then(|at| template[at + 3..].find('/').map(|slash| at + 3 + slash));
        let (host, rest) = template.split_at(path.unwrap_or(template.len()));
        if let Some(name) = HOSTS.iter().find(|name| host == format!("https://{{{name}}}")) {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
            let found = self.find(name).filter(|host| !host.is_empty() && host.bytes().all(is_part));
            let address = format!("https://{}{}", found.ok_or(NoAnswer::BadAddress)?, self.replace(rest, escaped));
            return Url::parse(&address).ok().ok_or(NoAnswer::BadAddress);
        }
        let mut is_label = true;
        let host = self.replace(host, |value| {
            is_label &= !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            value.to_owned()
        });
        let rest = self.replace(rest, escaped);
        let url = Url::parse(&format!("{host}{rest}")).ok().filter(|_| is_label && !host.contains('{'));
        url.filter(is_safe).ok_or(NoAnswer::BadAddress)
    }

    fn replace(&self, template: &str, mut write: impl FnMut(&str) -> String) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            text.push_str(before);
            let name = after[1..].split('}').next().unwrap_or_default();
            let value = self.find(name).filter(|_| after.len() > name.len() + 1);
            if let Some(value) = value {
                text.push_str(&write(value));
                rest = &after[name.len() + 2..];
            } else {
                text.push('{');
                rest = &after[1..];
            }
        }
        text + rest
    }
}

/// As a part of a path or a query; a slash stays, since some ids are paths.
fn escaped(value: &str) -> String {
    let escaped: String = oauth2::url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    escaped.replace('+', "%20").replace("%2F", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_network_answers_leads_no_token_to_another_host() {
        let at = |dc: &str, template: &str| Words(vec![("dc", dc)]).address(template).map(|url| url.to_string());
        let template = "https://{dc}.api.example/3.0/?x={dc}";
        assert_eq!(at("us1", template), Ok("https://us1.api.example/3.0/?x=us1".to_owned()));
        for dc in ["", "evil.example/", "evil.example#", "a.b", "u@evil.example", "evil.example\\", "{dc}", "a b"] {
            assert_eq!(at(dc, template), Err(NoAnswer::BadAddress), "{dc}");
        }
        assert_eq!(at("us1", "https://{other}.api.example/"), Err(NoAnswer::BadAddress));
        let server = |pds: &str| Words(vec![("pds", pds)]).address("https://{pds}/xrpc/x").map(|url| url.to_string());
        assert_eq!(server("a.b.example"), Ok("https://a.b.example/xrpc/x".to_owned()));
        for pds in ["", "evil.example/", "u@evil.example", "evil.example#", "evil.example:1", "{pds}"] {
            assert_eq!(server(pds), Err(NoAnswer::BadAddress), "{pds}");
        }
        assert_eq!(at("us1", "http://api.example/{dc}"), Err(NoAnswer::BadAddress));
        assert_eq!(
            at("a/b c&d=?#", "https://x.example/{dc}/y"),
            Ok("https://x.example/a/b%20c%26d%3D%3F%23/y".to_owned())
        );
    }

    #[test]
    fn braces_that_name_nothing_stay() {
        let words = Words(vec![("token", "t"), ("token", "u")]);
        assert_eq!(words.text("OAuth {token} {me{name}} {"), "OAuth u {me{name}} {");
        assert_eq!(words.text("{{token}}"), "{u}");
    }
}
