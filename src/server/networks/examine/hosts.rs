//! Whether the network's hosts can be found and answer.

use std::collections::BTreeMap;

use oauth2::url::Url;
use tokio::{task::JoinSet, time::timeout};

use super::{
    super::{Knock, definition::SAMPLES, knock},
    Definition, NetworkClient, PATIENCE,
};
use crate::domain::{Finding, HostWord};

/// Each host once, in the order of their names.
pub(super) async fn findings(client: &NetworkClient, definition: &Definition) -> Vec<Finding> {
    let (known, later): (Vec<_>, Vec<_>) = addresses(definition).partition(|address| is_known(definition, address));
    let known = known.into_iter().filter_map(|address| Url::parse(address).ok());
    let hosts: BTreeMap<String, Url> = known.filter_map(|url| Some((name(&url)?, url))).collect();
    let mut asked = JoinSet::new();
    for (name, url) in hosts {
        let client = client.clone();
        asked.spawn(async move { Finding::Host(name, word(&client, url).await) });
    }
    let mut found = asked.join_all().await;
    found.sort_by_key(|finding| if let Finding::Host(name, _) = finding { name.clone() } else { String::new() });
    found.extend((!later.is_empty()).then_some(Finding::HostsLater));
    found
}

/// Whether it is known before a page is connected: not what an answer says, nor what a person types.
#[must_use]
pub fn is_known(definition: &Definition, address: &str) -> bool {
    let host = in_host(address);
    let is_sample =
        definition.instance.is_some() && SAMPLES.iter().any(|(name, word)| *name == "host" && host == *word);
    !host.contains('{') && !is_sample
}

/// All that the definition ever asks.
fn addresses(definition: &Definition) -> impl Iterator<Item = &str> {
    let Definition { authorize, token, lifetime, person, pages, granted, revoke, then, id_token, .. } = definition;
    let asks = then.iter().chain(&lifetime.extend).map(|step| &step.ask).chain([&person.ask]);
    let asks = asks.chain(pages.iter().flat_map(|pages| {
        pages
            .via
            .iter()
            .map(|via| &via.ask)
            .chain([&pages.ask])
            .chain(pages.also.iter().flat_map(|also| also.ask.iter().chain([&also.via.ask])))
    }));
    let asks = asks.chain(granted.iter().map(|granted| &granted.ask)).chain(revoke.iter().map(|revoke| &revoke.ask));
    let urls = [&authorize.url, &token.url].into_iter().chain(&lifetime.refresh_url);
    let urls = urls.chain(id_token.iter().map(|id_token| &id_token.keys));
    urls.chain(asks.map(|ask| &ask.url)).map(String::as_str)
}

/// What stands in front of the path.
fn in_host(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    address[start..].split(['/', '?']).next().unwrap_or_default()
}

/// Host, and the port where it is not the usual one.
fn name(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Any answer is one: what stands at the root of a host says nothing of its doors.
async fn word(client: &NetworkClient, url: Url) -> HostWord {
    match timeout(PATIENCE, knock(client, &url)).await {
        Ok(Knock::Answers(_)) => HostWord::Answers,
        Ok(Knock::NoSuchHost) => HostWord::Unknown,
        Ok(Knock::Unreachable) => HostWord::Unreachable,
        Ok(Knock::Silent) | Err(_) => HostWord::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::networks::load;

    #[test]
    fn every_host_is_asked_once_and_what_hangs_on_an_answer_later() {
        let all = load(None, None).expect("the definitions are right");
        let hosts = |network: &str| {
            let definition = all.iter().find(|known| known.id.0 == network).expect("it is in the binary");
            let mut hosts: Vec<_> = addresses(definition).map(in_host).collect();
            hosts.sort_unstable();
            hosts.dedup();
            hosts.join(" ")
        };
        assert_eq!(hosts("facebook_pages"), "graph.facebook.com www.facebook.com");
        assert_eq!(hosts("mailchimp"), "login.mailchimp.com {dc}.api.mailchimp.com");
        assert!(hosts("google_business_profile").contains("oauth2.googleapis.com"));
        let of = |network: &str| all.iter().find(|known| known.id.0 == network).expect("it is in the binary");
        assert!(addresses(of("mastodon")).all(|address| !is_known(of("mastodon"), address)), "people type it");
        assert!(addresses(of("slack")).all(|address| is_known(of("slack"), address)));
    }
}
