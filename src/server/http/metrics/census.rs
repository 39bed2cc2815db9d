//! What is stored, counted: each table by its own room, by indexes, and written down by network.

use std::collections::{BTreeMap, HashMap};

use super::text::Text;
use crate::{
    domain::{NetworkAppId, NetworkId},
    server::{App, Refusal, connect, networks, pages},
};

/// Figures by network and one more word.
type ByNetwork = BTreeMap<(NetworkId, &'static str), i64>;

/// The text of all stored figures.
pub(super) async fn count(app: &App) -> Result<String, Refusal> {
    let (db, now, began) = (app.store.read(), app.clock.now(), app.clock.running());
    let apps = networks::standing(db).await?;
    let names: HashMap<_, _> = apps.iter().map(|app| (app.id, app.network.clone())).collect();
    let mut text = Text::default();
    let silent: Vec<_> = apps.iter().filter(|app| app.silent_since.is_some()).map(|app| app.network.clone()).collect();
    let all = pages::count_pages(db, now, &silent).await?;
    gauge(&mut text, "greentick_pages", "Pages, by what their icon shows.", "status", &all.into_iter().collect());
    let all = by_network(&names, pages::count_grants(db, now).await?);
    gauge(&mut text, "greentick_grants", "Permissions, by what is the matter with them.", "status", &all);
    behind(&mut text, &names, pages::behind(db, now).await?);
    networks_stand(&mut text, app, &apps);
    let all = by_network(&names, connect::count_attempts(db, now).await?);
    gauge(&mut text, "greentick_attempts", "Tries to connect of the last day, by how they stand.", "outcome", &all);
    let owed = by_network(&names, connect::count_owed(db).await?);
    gauge(&mut text, "greentick_revocations_owed", "Permissions that are owed back to a network.", "", &owed);
    text.family("greentick_count_seconds", "gauge", "How long the last count of what is stored took.");
    text.sample("greentick_count_seconds", &[], app.clock.running().saturating_sub(began).as_secs_f64());
    Ok(text.done())
}

/// Several apps of one network are one figure.
fn by_network(names: &HashMap<NetworkAppId, NetworkId>, counted: Vec<(NetworkAppId, &'static str, i64)>) -> ByNetwork {
    let mut all = ByNetwork::new();
    for (app, word, count) in counted {
        *all.entry((name_of(names, app), word)).or_default() += count;
    }
    all
}

/// An app that was taken out of the settings keeps its row, so each has a name.
fn name_of(names: &HashMap<NetworkAppId, NetworkId>, app: NetworkAppId) -> NetworkId {
    names.get(&app).cloned().unwrap_or_else(|| NetworkId("unknown".to_owned()))
}

fn gauge(text: &mut Text, name: &str, help: &str, by: &str, all: &ByNetwork) {
    text.family(name, "gauge", help);
    for ((network, word), count) in all {
        text.sample(name, &[("network", &network.0), (by, word)], count);
    }
}

/// What is due and not done yet.
fn behind(text: &mut Text, names: &HashMap<NetworkAppId, NetworkId>, all: Vec<pages::Behind>) {
    let mut by_network = BTreeMap::<(NetworkId, &'static str), (i64, f64)>::new();
    for pages::Behind { network_app, work, due, lag } in all {
        let (count, longest) = by_network.entry((name_of(names, network_app), work)).or_default();
        *count += due;
        *longest = longest.max(lag.as_secs_f64());
    }
    text.family("greentick_due", "gauge", "Checks and refreshes that are due and not done yet.");
    for ((network, work), (count, _)) in &by_network {
        text.sample("greentick_due", &[("network", &network.0), ("work", work)], count);
    }
    text.family("greentick_lag_seconds", "gauge", "How long the longest overdue check or refresh waits.");
    for ((network, work), (_, lag)) in &by_network {
        text.sample("greentick_lag_seconds", &[("network", &network.0), ("work", work)], lag);
    }
}

fn networks_stand(text: &mut Text, app: &App, apps: &[networks::Standing]) {
    let now = app.clock.now();
    let mut all = BTreeMap::<&NetworkId, (bool, bool)>::new();
    for app in apps {
        let (is_silent, is_paused) = all.entry(&app.network).or_default();
        *is_silent |= app.silent_since.is_some();
        *is_paused |= app.paused_until.is_some_and(|until| until > now);
    }
    text.family("greentick_network_silent", "gauge", "Whether the network does not answer.");
    for (network, (is_silent, _)) in &all {
        text.sample("greentick_network_silent", &[("network", &network.0)], u8::from(*is_silent));
    }
    text.family("greentick_network_paused", "gauge", "Whether nothing is asked of the network just now.");
    for (network, (_, is_paused)) in &all {
        text.sample("greentick_network_paused", &[("network", &network.0)], u8::from(*is_paused));
    }
}
