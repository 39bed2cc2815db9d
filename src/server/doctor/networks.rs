//! The networks: where they send people back to, and whether they can be reached from here. No credentials are sent.

use std::collections::BTreeMap;

use oauth2::url::Url;
use tokio::task::JoinSet;

use super::{Finding, Known, clock::Told, unread};
use crate::{
    domain::{Demand, NetworkId},
    server::{
        clock::Clock,
        http::BaseUrl,
        networks::{self, Definition, Knock, NetworkClient, Standing},
        settings::{AppCredentials, Settings},
    },
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
    let standing = match store {
        Some(store) => networks::standing(store.read()).await,
        None => Ok(vec![]),
    };
    let standing = match standing {
        Ok(standing) => standing,
        Err(error) => return (vec![unread(ABOUT, &error)], vec![]),
    };
    all.retain(|definition| is_used(settings, &standing, definition));
    if all.is_empty() {
        let text = "no app is set up, so nothing can be connected; set apps in the settings, or put one in on the Networks tab";
        return (vec![Finding::warning(ABOUT, text)], vec![]);
    }
    let mut found: Vec<_> = all.iter().flat_map(|definition| redirects(settings, &standing, definition)).collect();
    let (more, told) = doors(client, clock, &all).await;
    found.extend(more);
    (found, told)
}

/// Our apps at the network in the settings: their addresses, where the network has many, and who we are there.
fn set<'s>(settings: &'s Settings, definition: &Definition) -> Vec<(Option<&'s str>, &'s str)> {
    let of = |(key, own): (&'s NetworkId, &'s AppCredentials)| {
        let (network, host) = key.0.split_once('@').map_or((key.0.as_str(), None), |(id, host)| (id, Some(host)));
        (network == definition.id.0).then_some((host, own.client_id.as_str()))
    };
    settings.apps.iter().filter_map(of).collect()
}

fn is_used(settings: &Settings, standing: &[Standing], definition: &Definition) -> bool {
    settings.switched_on.contains(&definition.id)
        || !set(settings, definition).is_empty()
        || standing.iter().any(|app| app.is_on && app.network == definition.id)
}

/// Where the network sends people back to, as it must be registered there, and whether it will.
fn redirects(settings: &Settings, standing: &[Standing], definition: &Definition) -> Vec<Finding> {
    let Ok(base_url) = BaseUrl::parse(&settings.base_url) else { return vec![] };
    let (name, set) = (&definition.name, set(settings, definition));
    let is_set = |app: &Standing| {
        set.iter().any(|(host, client_id)| *host == app.host.as_deref() && *client_id == app.client_id)
    };
    let used = standing.iter().filter(|app| app.network == definition.id && (app.is_on || is_set(app)));
    let mut found: Vec<_> = used
        .map(|app| {
            let place = app.host.as_ref().map_or_else(|| name.clone(), |host| format!("{name} ({host})"));
            Finding::ok(ABOUT, format!("redirect address at {place}: {}", base_url.callback(app.id)))
        })
        .collect();
    if found.is_empty() {
        found.push(Finding::ok(ABOUT, format!("the first start with it makes the redirect address at {name}")));
    }
    let sample = format!("{}/oauth/callback/x", base_url.origin());
    match definition.refuses_redirect(&sample) {
        Some(demand) => found.push(Finding::problem(
            ABOUT,
            format!("{name} {}, so it sends nobody back to {}; change base_url", wants(demand), base_url.origin()),
        )),
        None if definition.authorize.url.starts_with("https:") && !base_url.is_https() => {
            found.push(Finding::warning(
                ABOUT,
                format!(
                    "nobody on another machine comes back from {name} to {}; set base_url to the https address that people \
                     type",
                    base_url.origin()
                ),
            ));
        }
        None => {}
    }
    found
}

fn wants(demand: Demand) -> &'static str {
    match demand {
        Demand::Https => "takes only redirect addresses that are https",
        Demand::NoLocalhost => "takes no redirect address at localhost, but at 127.0.0.1",
    }
}

/// Knocks at the hosts of each network's two doors, each host once and all at the same time.
async fn doors(client: &NetworkClient, clock: &Clock, all: &[Definition]) -> (Vec<Finding>, Vec<Told>) {
    let mut hosts = BTreeMap::<String, (Url, Vec<&str>)>::new();
    for definition in all {
        let doors = [&definition.authorize.url, &definition.token.url];
        for address in doors.into_iter().filter(|address| networks::is_known(definition, address)) {
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
