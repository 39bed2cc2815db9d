//! The networks: where they send people back to, and whether they can be reached from here. No credentials are sent.

use std::collections::BTreeMap;

use oauth2::url::Url;
use tokio::task::JoinSet;

use super::{Finding, Known, clock::Told, unread};
use crate::server::{
    clock::Clock,
    http::BaseUrl,
    networks::{self, Definition, Knock, NetworkClient},
    settings::Settings,
};

const ABOUT: &str = "networks";

/// What was found, and what the networks' clocks said.
pub(super) async fn look(
    settings: &Settings,
    store: Known<'_>,
    client: &NetworkClient,
    clock: &Clock,
) -> (Vec<Finding>, Vec<Told>) {
    // A wrong definition was told among the settings.
    let Ok(mut all) = networks::load(settings.networks.as_deref(), settings.sandbox.as_deref()) else {
        return (vec![], vec![]);
    };
    all.retain(|definition| settings.apps.contains_key(&definition.id));
    if all.is_empty() {
        let text = "no app is set up in the settings, so only networks that were set up elsewhere can be used";
        return (vec![Finding::warning(ABOUT, text)], vec![]);
    }
    let mut found = redirects(settings, store, &all).await;
    let (more, told) = doors(client, clock, &all).await;
    found.extend(more);
    (found, told)
}

/// Where each network sends people back to, as it must be registered there.
async fn redirects(settings: &Settings, store: Known<'_>, all: &[Definition]) -> Vec<Finding> {
    let Ok(base_url) = BaseUrl::parse(&settings.base_url) else { return vec![] };
    let mut found = vec![];
    for definition in all {
        let name = &definition.name;
        let client_id = settings.apps.get(&definition.id).map_or("", |app| app.client_id.as_str());
        let known = match store {
            Some(store) => networks::known_id(store.read(), &definition.id, client_id).await,
            None => Ok(None),
        };
        found.push(match known {
            Ok(Some(id)) => Finding::ok(ABOUT, format!("redirect address at {name}: {}", base_url.callback(id))),
            Ok(None) => Finding::ok(ABOUT, format!("the first start with it makes the redirect address at {name}")),
            Err(error) => unread(ABOUT, &error),
        });
        let is_elsewhere = Url::parse(&definition.authorize.url).is_ok_and(|url| url.scheme() == "https");
        if is_elsewhere && !base_url.is_https() {
            found.push(Finding::warning(
                ABOUT,
                format!(
                    "{name} may take no redirect address that is not https, and nobody on another machine comes back to {}; \
                     set base_url to the https address that people type",
                    base_url.origin()
                ),
            ));
        }
    }
    found
}

/// Knocks at the hosts of each network's two doors, each host once and all at the same time.
async fn doors(client: &NetworkClient, clock: &Clock, all: &[Definition]) -> (Vec<Finding>, Vec<Told>) {
    let mut hosts = BTreeMap::<String, (Url, Vec<&str>)>::new();
    for definition in all {
        for address in [&definition.authorize.url, &definition.token.url] {
            let Ok(url) = Url::parse(address) else { continue };
            let place = url.origin().ascii_serialization();
            let (_, names) = hosts.entry(place).or_insert_with(|| (url, vec![]));
            if !names.contains(&definition.name.as_str()) {
                names.push(&definition.name);
            }
        }
    }
    let mut knocks = JoinSet::new();
    for (place, (url, names)) in hosts {
        let (client, clock, names) = (client.clone(), clock.clone(), names.join(", "));
        knocks.spawn(async move {
            let knock = networks::knock(&client, &url).await;
            (place, names, knock, clock.now())
        });
    }
    let mut answers = knocks.join_all().await;
    answers.sort_by(|one, other| one.0.cmp(&other.0));
    let mut told = vec![];
    let mut found = vec![];
    for (place, names, knock, ours) in answers {
        if let Knock::Answers(Some(theirs)) = knock {
            told.push(Told { whose: place.clone(), theirs, ours });
        }
        found.push(judged(&place, &names, knock));
    }
    (found, told)
}

fn judged(place: &str, names: &str, knock: Knock) -> Finding {
    match knock {
        Knock::Answers(_) => Finding::ok(ABOUT, format!("{place} answers ({names})")),
        Knock::NoSuchHost => Finding::problem(
            ABOUT,
            format!(
                "the name of {place} leads nowhere, so {names} cannot be used; check this machine's DNS, and the definition's address"
            ),
        ),
        Knock::Unreachable => Finding::problem(
            ABOUT,
            format!(
                "{place} takes no connection from here, so {names} cannot be used; check the firewall, and that this machine trusts its certificate"
            ),
        ),
        Knock::Silent => Finding::warning(
            ABOUT,
            format!(
                "{place} took the connection and did not answer in time ({names}); if it stays so, check what stands between"
            ),
        ),
    }
}
