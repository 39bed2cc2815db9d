//! What a person typed, brought into the one form in which it is known here.

use oauth2::url::Url;

use super::super::{
    definition::{Found, Instance, Typed},
    outside,
};

/// Longer than any host and path that somebody types.
const LENGTH: usize = 300;

/// One address of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is known by here: the host, and for an issuer its path too.
    pub host: String,
    /// `https://` and the host.
    origin: String,
    /// The path, without a slash at its end.
    path: String,
}

impl Place {
    /// As the server names itself.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// What is known of it before it was asked.
    #[must_use]
    pub fn found(&self) -> Found {
        let host = self.origin.split_once("://").map_or("", |(_, host)| host).to_owned();
        let words = [("host", host), ("issuer", self.issuer()), ("path", self.path.clone())];
        let words = words.into_iter().map(|(name, word)| (name.to_owned(), word)).collect();
        Found { origin: self.origin.clone(), words, ..Found::default() }
    }
}

/// Reads it. `None`: it is no address of such a network, or one that nobody may have asked.
#[must_use]
pub fn read(instance: &Instance, text: &str, allowed: &[String]) -> Option<Place> {
    let text = text.trim();
    if text.is_empty()
        || text.len() > LENGTH
        || text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    {
        return None;
    }
    let url = match instance.by {
        Typed::Name => address(&named(instance, text)?, allowed)?,
        Typed::Host if !text.contains("://") => address(text.rsplit('@').next()?, allowed)?,
        Typed::Host | Typed::Issuer => address(text, allowed)?,
    };
    outside::look_at(&url, allowed).ok()?;
    let origin = url.origin().ascii_serialization();
    let path = match instance.by {
        Typed::Issuer if url.query().is_some() || url.fragment().is_some() => return None,
        Typed::Issuer => issuer_path(url.path()),
        Typed::Host | Typed::Name => String::new(),
    };
    let host = origin.split_once("://")?.1;
    Some(Place { host: format!("{host}{path}"), path, origin })
}

/// `harbour`, `harbour.myshopify.com` or an address there become the host.
fn named(instance: &Instance, text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next()?;
    let name = host.strip_suffix(&instance.suffix).unwrap_or(host);
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=63).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with('-');
    is_name.then(|| format!("{name}{}", instance.suffix))
}

fn address(text: &str, allowed: &[String]) -> Option<Url> {
    // What is let in by name has no TLS; as it is remembered it has no scheme.
    let let_in = || Url::parse(&format!("http://{text}")).ok().filter(|url| outside::is_allowed(url, allowed));
    let mut url = if text.contains("://") {
        Url::parse(text).ok()?
    } else {
        let_in().or_else(|| Url::parse(&format!("https://{text}")).ok())?
    };
    // A host that can be asked without TLS only is not asked at all, unless the operator has let it in by name.
    if url.scheme() == "http" && url.port().is_none() && url.host_str().is_some_and(|host| host.contains('.')) {
        url.set_scheme("https").ok()?;
    }
    Some(url)
}

/// People also paste where the description is.
fn issuer_path(path: &str) -> String {
    let cut = path.split("/.well-known/").next().unwrap_or(path);
    cut.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(by: &str) -> Instance {
        toml::from_str(&format!("{by}\nlabel = \"Server\"\nexample = \"x.example\"")).expect("it is whole")
    }

    fn host(by: &str, text: &str) -> Option<String> {
        read(&of(by), text, &[]).map(|place| place.host)
    }

    #[test]
    fn a_host_may_be_typed_in_many_ways_and_is_one() {
        for text in [
            "mastodon.example",
            " Mastodon.Example ",
            "https://mastodon.example",
            "https://mastodon.example/",
            "http://mastodon.example",
            "https://mastodon.example/@ada?x#y",
            "@ada@mastodon.example",
            "ada@mastodon.example",
            "mastodon.example/explore",
            "mastodon.example:443",
            "https://mastodon.example:443/",
        ] {
            assert_eq!(host("by = \"host\"", text).as_deref(), Some("mastodon.example"), "{text}");
        }
        assert_eq!(host("by = \"host\"", "bücher.example").as_deref(), Some("xn--bcher-kva.example"));
    }

    #[test]
    fn a_shop_is_a_name_under_its_suffix_and_nothing_else() {
        let by = "by = \"name\"\nsuffix = \".myshopify.com\"";
        for text in ["harbour", "Harbour.myshopify.com", "https://harbour.myshopify.com/admin", " harbour "] {
            assert_eq!(host(by, text).as_deref(), Some("harbour.myshopify.com"), "{text}");
        }
        for text in [
            "",
            "-harbour",
            "harbour.example",
            "a.b",
            "a.b.myshopify.com",
            "harbour.myshopify.com.evil.example",
            "evil.example/.myshopify.com",
            "evil.example#.myshopify.com",
            "harbour@evil.example",
            "harbour:443",
            "myshopify.com",
            "hárbour",
            "harbour_1",
            "har bour",
        ] {
            assert_eq!(host(by, text), None, "{text}");
        }
    }

    #[test]
    fn an_issuer_keeps_its_path_and_no_slash_at_its_end() {
        let by = "by = \"issuer\"\nmetadata = [\"{issuer}/x\"]".replace("{issuer}", "https://issuer.example");
        for (text, is) in [
            ("id.example", "id.example"),
            ("https://id.example/", "id.example"),
            ("https://id.example/realms/Staff/", "id.example/realms/Staff"),
            ("https://id.example/realms/a/.well-known/openid-configuration", "id.example/realms/a"),
        ] {
            assert_eq!(host(&by, text).as_deref(), Some(is), "{text}");
        }
        assert_eq!(host(&by, "https://id.example/?x=1"), None);
        let place = read(&of(&by), "id.example/a", &[]).expect("an issuer");
        assert_eq!((place.issuer(), place.found().words["path"].as_str()), ("https://id.example/a".to_owned(), "/a"));
    }

    #[test]
    fn what_may_not_be_asked_cannot_be_typed() {
        for text in [
            "localhost",
            "http://localhost:8411",
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "[::1]",
            "a.local",
            "https://u:p@x.example",
            "x.example:8443",
            "intranet",
            "ftp://x.example",
            "javascript:alert(1)//x.example",
            "x.example.",
            "..",
            "https://",
        ] {
            assert_eq!(host("by = \"host\"", text), None, "{text}");
        }
        let allowed = ["localhost:8411".to_owned()];
        let place = read(&of("by = \"host\""), "http://localhost:8411", &allowed).expect("it is let in by name");
        assert_eq!((place.host.as_str(), place.issuer().as_str()), ("localhost:8411", "http://localhost:8411"));
        assert_eq!(read(&of("by = \"host\""), &place.host, &allowed), Some(place), "also as it is remembered");
        assert_eq!(read(&of("by = \"host\""), "http://localhost:8412", &allowed), None);
    }
}
