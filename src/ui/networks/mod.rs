//! The Networks tab, for owners: which networks there are, our app at each, and whether it can work.
//!
//! The server writes it, and every button is a form: no part of it lives in the browser, but for a few lines that copy an
//! address.

mod app;
mod check;
mod copy;
mod network;
mod places;
#[cfg(test)]
mod tests;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

pub use self::network::NetworkPage;
use super::{
    awaited::awaited,
    frame::{Settings, Tab, networks_path},
    icons::NetworkMark,
    trouble::Trouble,
};
use crate::{
    api::{networks, workspace},
    domain::{ApiError, AppState, NetworkLine, WorkspaceCard, words},
};

/// The tab of the workspace in the address.
#[component]
pub fn NetworksTab() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.with(|params| params.get("workspace").unwrap_or_default());
    let tab = awaited(async move {
        match load(slug()).await {
            Ok((workspace, lines)) => view! { <Networks workspace lines/> }.into_any(),
            Err(error) => view! { <Trouble error/> }.into_any(),
        }
    });
    view! {
        <Title text=words::title(words::NETWORKS)/>
        {tab}
    }
}

async fn load(slug: String) -> Result<(WorkspaceCard, Vec<NetworkLine>), ApiError> {
    Ok((workspace::card(slug.clone()).await?, networks::list(slug).await?))
}

#[component]
fn Networks(workspace: WorkspaceCard, lines: Vec<NetworkLine>) -> impl IntoView {
    let path = networks_path(&workspace.slug);
    let (missing, in_use): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.app == AppState::Missing);
    view! {
        <Settings workspace tab=Tab::Networks>
            <p class="lead">{words::NETWORKS_MEANS}</p>
            <Lines id="in-use" heading=words::IN_USE lines=in_use path=path.clone()/>
            <Lines id="not-set-up" heading=words::NOT_SET_UP lines=missing path/>
        </Settings>
    }
    .into_any()
}

/// Some of the networks, or nothing where there are none.
#[component]
fn Lines(id: &'static str, heading: &'static str, lines: Vec<NetworkLine>, path: String) -> impl IntoView {
    (!lines.is_empty()).then(move || {
        view! {
            <section class="card" aria-labelledby=id>
                <h2 id=id>{heading}</h2>
                <ul class="networks">
                    {lines.into_iter().map(|line| view! { <Line line path=path.clone()/> }).collect_view()}
                </ul>
            </section>
        }
    })
}

#[component]
fn Line(line: NetworkLine, path: String) -> impl IntoView {
    let NetworkLine { id, name, app, unverified } = line;
    let path = format!("{path}/{id}");
    view! {
        <li>
            <a href=path><NetworkMark network=id.0/>{name}</a>
            <small>{words::unverified(unverified)}</small>
            // What the heading says is not said again.
            {(app != AppState::Missing).then(|| view! { <State app/> })}
        </li>
    }
}

/// Where our app comes from.
#[component]
fn State(app: AppState) -> impl IntoView {
    view! { <span class="badge" data-app=app.key()>{words::app_state(app)}</span> }
}
