//! The Activity tab: what happened in the workspace, to whom and why, the newest first. It stands still, so the server
//! writes all of it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

use super::{
    awaited::awaited,
    frame::{Settings, Tab, activity_path},
    icons::{Icon, Shape},
    trouble::Trouble,
};
use crate::{
    api,
    domain::{Activity, EventKind, Moment, NetworkId, Status, Told, words},
};

/// What the address asks to see.
#[derive(Clone, Debug, Default)]
struct Asked {
    page: String,
    search: String,
    network: String,
}

impl Asked {
    fn of(query: &ParamsMap) -> Self {
        let field = |name| query.get(name).unwrap_or_default();
        Self { page: field("page"), search: field("q"), network: field("network") }
    }

    fn is_narrow(&self) -> bool {
        !(self.page.is_empty() && self.search.trim().is_empty() && self.network.is_empty())
    }
}

/// The tab of the workspace in the address.
#[component]
pub fn ActivityTab() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.with_untracked(|params| params.get("workspace").unwrap_or_default());
    let query = use_query_map();
    let asked = query.with_untracked(Asked::of);
    let place = move |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
    let (slug, before, after) = (slug(), place("before"), place("after"));
    let tab = awaited(async move {
        let Asked { page, search, network } = asked.clone();
        match api::pages::activity(slug, page, search, network, before, after).await {
            Ok(activity) => view! {
                <Settings workspace=activity.workspace.clone() tab=Tab::Activity>
                    <ActivityOf activity asked/>
                </Settings>
            }
            .into_any(),
            Err(error) => view! { <Trouble error/> }.into_any(),
        }
    });
    view! {
        <Title text=words::title(words::ACTIVITY)/>
        {tab}
    }
}

#[component]
fn ActivityOf(activity: Activity, asked: Asked) -> impl IntoView {
    let Activity { workspace, told, networks, page, is_cut, has_newer, has_older, now } = activity;
    let path = activity_path(&workspace.slug);
    let nothing = if asked.is_narrow() { words::NOTHING_SUCH_HAPPENED } else { words::NO_ACTIVITY };
    let ends = told.first().zip(told.last()).map(|(first, last)| (first.event.clone(), last.event.clone()));
    let pager = ends.filter(|_| has_newer || has_older).map(|(first, last)| {
        let span = words::between(last.at, first.at);
        let (newer, older) = (has_newer.then_some(first.seq), has_older.then_some(last.seq));
        view! { <Pager asked=asked.clone() span newer older/> }
    });
    let is_empty = told.is_empty();
    view! {
        <Tools asked=asked.clone() networks/>
        {asked.is_narrow().then(|| view! { <Narrowed page path=path.clone()/> })}
        {is_cut.then(|| view! { <p class="narrowed">{words::MORE_LOCATIONS_FIT}</p> })}
        {is_empty.then(|| view! { <p class="empty">{nothing}</p> })}
        {(!is_empty)
            .then(|| {
                let lines = told.into_iter().map(|told| view! { <Line told now path=path.clone()/> }).collect_view();
                view! { <ol class="activity" aria-label=words::ACTIVITY>{lines}</ol> }
            })}
        {pager}
    }
    .into_any()
}

#[component]
fn Tools(asked: Asked, networks: Vec<(NetworkId, String)>) -> impl IntoView {
    let choice = |(id, name): (NetworkId, String)| {
        let is_chosen = id.0 == asked.network;
        view! { <option value=id.0 selected=is_chosen>{name}</option> }
    };
    let choices = networks.into_iter().map(choice).collect_view();
    view! {
        <form class="tools" role="search" method="get">
            <input
                type="search"
                name="q"
                value=asked.search
                aria-label=words::SEARCH_LOCATIONS
                placeholder=words::SEARCH_LOCATIONS
                autocomplete="off"
            />
            <select name="network" aria-label=words::NETWORK>
                <option value="">{words::EVERY_NETWORK}</option>
                {choices}
            </select>
            <button class="button" type="submit">{words::SHOW}</button>
        </form>
    }
    .into_any()
}

/// That it is not all, and the way back to all.
#[component]
fn Narrowed(page: Option<String>, path: String) -> impl IntoView {
    view! {
        <p class="narrowed">
            {page.map(|page| format!("{} ", words::only_of(&page)))} <a href=path>{words::SHOW_ALL}</a>
        </p>
    }
}

/// One event: the icon as it was after it, the sentence, and when.
#[component]
fn Line(told: Told, now: Moment, path: String) -> impl IntoView {
    let Told { event, said } = told;
    let status = match (&event.page, &event.kind) {
        (Some(page), _) => Some(Status::of(&page.link, None, false, event.at)),
        (None, EventKind::NetworkAnswering) => {
            let is_silent = event.network.as_ref().is_some_and(|card| card.silent_since.is_some());
            Some(if is_silent { Status::NotAnswering } else { Status::Connected })
        }
        (None, _) => None,
    };
    let key = status.as_ref().map_or("none", Status::key);
    let shape = match (&status, &event.network) {
        (Some(status), _) => Shape::of(status),
        (None, Some(_)) => Shape::Know,
        (None, None) => Shape::Plus,
    };
    let narrower = match (&event.page, &event.network) {
        (Some(page), _) => Some(format!("{path}?page={}", page.id)),
        (None, Some(card)) => Some(format!("{path}?network={}", card.id)),
        (None, None) => None,
    };
    let about = match narrower {
        Some(href) => view! { <a href=href>{said.about}</a> }.into_any(),
        None => view! { <strong>{said.about}</strong> }.into_any(),
    };
    view! {
        <li data-status=key>
            <span class="status"><Icon shape/></span>
            <p>{said.before} {about} {said.after}</p>
            <time datetime=event.at.to_string() title=words::exactly(event.at)>{words::ago(event.at, now)}</time>
        </li>
    }
    .into_any()
}

/// Newer, from when to when, older. A form, like every other way through a list here.
#[component]
fn Pager(asked: Asked, span: String, newer: Option<i64>, older: Option<i64>) -> impl IntoView {
    let field = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value/> })
    };
    let number = |seq: Option<i64>| seq.map(|seq| seq.to_string()).unwrap_or_default();
    view! {
        <form class="pager" method="get">
            {field("page", asked.page)} {field("q", asked.search)} {field("network", asked.network)}
            <button class="button" name="after" value=number(newer) disabled=newer.is_none()>{words::NEWER}</button>
            <span>{span}</span>
            <button class="button" name="before" value=number(older) disabled=older.is_none()>{words::OLDER}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests;
