//! One network: its redirect address, our app, the last check, and what to know before.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    State,
    app::App,
    check::Check,
    copy::{Copied, CopyScript},
    places::PlacesOf,
};
use crate::{
    api::{networks, workspace},
    domain::{ApiError, NetworkId, NetworkSetup, Way, WorkspaceCard, words},
    ui::{
        awaited::awaited,
        frame::{Settings, Tab, networks_path},
        icons::NetworkMark,
        trouble::Trouble,
    },
};

/// The network in the address, or the one of its servers that the address names.
#[component]
pub fn NetworkPage() -> impl IntoView {
    let params = use_params_map();
    let param = move |name: &str| params.with(|params| params.get(name).unwrap_or_default());
    let at = use_query_map().with_untracked(|query| query.get("at").unwrap_or_default());
    let page = awaited(async move {
        match load(param("workspace"), NetworkId(param("network")), at).await {
            Ok((workspace, setup)) => view! {
                <Title text=words::network_title(&name(&setup))/>
                <Network workspace setup/>
            }
            .into_any(),
            Err(error) => view! { <Trouble error/> }.into_any(),
        }
    });
    view! {
        <Title text=words::title(words::NETWORKS)/>
        {page}
    }
}

async fn load(slug: String, network: NetworkId, at: String) -> Result<(WorkspaceCard, NetworkSetup), ApiError> {
    Ok((workspace::card(slug.clone()).await?, networks::show(slug, network, at).await?))
}

/// "GitLab", "GitLab at git.example".
pub(super) fn name(setup: &NetworkSetup) -> String {
    let network = &setup.line.name;
    setup.at.as_ref().map_or_else(|| network.clone(), |host| words::network_at(network, host))
}

/// All of it.
#[component]
pub fn Network(workspace: WorkspaceCard, setup: NetworkSetup) -> impl IntoView {
    let (line, title) = (setup.line.clone(), name(&setup));
    let (slug, mut back) = (workspace.slug.clone(), networks_path(&workspace.slug));
    let mut back_to = words::ALL_NETWORKS.to_owned();
    if setup.at.is_some() {
        (back, back_to) = (format!("{back}/{}", line.id), line.name);
    }
    // Who registers itself says its address itself, and so does who is known by an address of ours.
    let has_addresses = matches!(setup.way, Way::Credentials | Way::Settings);
    let places = setup.places.clone();
    view! {
        <Settings workspace tab=Tab::Networks>
            <p><a class="back" href=back>{back_to}</a></p>
            <h2 class="network">
                <NetworkMark network=line.id.0.clone()/>
                {title}
                <State app=line.app/>
            </h2>
            {has_addresses.then(|| view! { <Addresses setup=setup.clone()/> })}
            <App slug=slug.clone() setup=setup.clone()/>
            {places.map(|places| view! { <PlacesOf slug=slug.clone() network=line.id.0 places/> })}
            <Check slug setup=setup.clone()/>
            <KnowBefore setup/>
            <CopyScript/>
        </Settings>
    }
    .into_any()
}

/// What is to be registered at the network.
#[component]
fn Addresses(setup: NetworkSetup) -> impl IntoView {
    let name = name(&setup);
    let hint = [words::register_there(&name)]
        .into_iter()
        .chain(setup.demands.into_iter().map(|demand| words::demand(demand, &name)))
        .collect::<Vec<_>>()
        .join(" ");
    view! {
        <section class="card" aria-labelledby="addresses">
            <h3 id="addresses">{words::register_at(&name)}</h3>
            <Copied id="redirect" label=words::REDIRECT value=setup.redirect hint/>
            {setup.hook.map(|hook| view! { <Copied id="hook" label=words::HOOK value=hook hint=String::new()/> })}
        </section>
    }
    .into_any()
}

/// What the definition tells its operator.
#[component]
fn KnowBefore(setup: NetworkSetup) -> impl IntoView {
    let NetworkSetup { notes, checked, once, never, docs, .. } = setup;
    let is_certain = checked.is_some() && once.is_empty() && never.is_empty();
    // The sandbox's networks have nothing to tell.
    if notes.is_empty() && checked.is_none() && docs.is_none() {
        return ().into_any();
    }
    view! {
        <section class="card" aria-labelledby="before">
            <h3 id="before">{words::KNOW_BEFORE}</h3>
            {(!notes.is_empty()).then(|| view! {
                <ul class="notes-before">
                    {notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}
                </ul>
            })}
            <dl class="facts">
                <Doubt label=words::NOT_VERIFIED fields=never/>
                <Doubt label=words::FROM_ONE_SOURCE fields=once/>
                {checked.map(|(on, at)| view! { <dt>{words::CHECKED}</dt><dd>{format!("{on}: {at}")}</dd> })}
            </dl>
            {is_certain.then(|| view! { <p>{words::ALL_VERIFIED}</p> })}
            {docs.map(|docs| view! {
                <p><a href=docs rel="external noreferrer" target="_blank">{words::READ_MORE}</a></p>
            })}
        </section>
    }
    .into_any()
}

#[component]
fn Doubt(label: &'static str, fields: Vec<String>) -> impl IntoView {
    (!fields.is_empty()).then(|| view! { <dt>{label}</dt><dd>{fields.join(", ")}</dd> })
}
