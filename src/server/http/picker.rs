//! The popup's choice: which of the network's pages is this location's, and which are the other locations'.

use std::collections::HashMap;

use axum::{http::StatusCode, response::Response};
use leptos::prelude::*;

use super::popup::{Names, popup};
use crate::{
    domain::{
        AttemptId, LocationId,
        words::{self, PopupWords},
    },
    server::{
        connect::{Choices, Offered, Other, WhyNot},
        networks::Unusable,
    },
};

/// The choice of what an approval gave.
pub fn picker(names: &Names, choices: Choices, locations: &HashMap<LocationId, String>) -> Response {
    let Choices { attempt, pages, suggested, others } = choices;
    if pages.is_empty() {
        let words = words::which_others(&names.location, &names.network);
        let body = view! {
            {also(&others)}
            {answers(words::CONNECT_TICKED, others.len(), words::NOT_NOW)}
        };
        return popup(StatusCode::OK, &words, form(attempt.id, body), "");
    }
    let title = words::WHICH_PAGE.to_owned();
    let words = PopupWords { title, text: words::choose_for(&names.location, &names.network) };
    let body = view! {
        {own(pages, suggested.as_deref(), locations)}
        {also(&others)}
        {answers(words::CONNECT, others.len(), words::CHOOSE_LATER)}
    };
    popup(StatusCode::OK, &words, form(attempt.id, body), "")
}

/// What a permission gave of which nothing can be connected, each with its reason.
pub fn unfit(pages: &[(Offered, Option<WhyNot>)], locations: &HashMap<LocationId, String>) -> AnyView {
    let row = |(page, why_not): &(Offered, Option<WhyNot>)| {
        let why_not = why_not.as_ref().map(|why_not| reason(why_not, locations));
        view! { <li>{page.account.name.clone()} " " <small>{why_not}</small></li> }
    };
    let rows: Vec<_> = pages.iter().map(row).collect();
    view! { <ul>{rows}</ul> }.into_any()
}

fn form(attempt: AttemptId, body: impl IntoView) -> impl IntoView {
    view! { <form method="post" action=format!("/connect/attempt/{attempt}/choose")>{body}</form> }
}

/// The pages for the location that was clicked. What fits by its name is chosen already, and nothing else.
fn own(
    pages: Vec<(Offered, Option<WhyNot>)>,
    suggested: Option<&str>,
    locations: &HashMap<LocationId, String>,
) -> impl IntoView + use<> {
    let rows: Vec<_> = pages
        .into_iter()
        .map(|(page, why_not)| {
            let (disabled, checked) = (why_not.is_some(), suggested == Some(page.account.id.as_str()));
            let handle = page.handle.map(|handle| view! { <small>{handle}</small> " " });
            let why_not = why_not.map(|why_not| view! { <small>{reason(&why_not, locations)}</small> });
            view! {
                <label class="choice">
                    <input type="radio" name="account" value=page.account.id disabled=disabled checked=checked required=true />
                    <span>{page.account.name} " " {handle} {why_not}</span>
                </label>
            }
        })
        .collect();
    view! { <fieldset><legend class="unseen">{words::WHICH_PAGE}</legend>{rows}</fieldset> }
}

fn reason(why_not: &WhyNot, locations: &HashMap<LocationId, String>) -> String {
    match why_not {
        WhyNot::TakenBy(location) => words::belongs_to(locations.get(location).map_or("", String::as_str)),
        WhyNot::Unusable(Unusable::LacksRole) => words::LACKS_ROLE.to_owned(),
    }
}

/// The pages of other locations, each with the account that fits its name.
fn also(others: &[Other]) -> Option<impl IntoView + use<>> {
    let rows: Vec<_> = others
        .iter()
        .map(|other| {
            view! {
                <label class="choice">
                    <input type="checkbox" name="also" value=other.page.to_string() />
                    <span>{words::as_account(&other.location, &other.account.name)}</span>
                </label>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| view! { <fieldset><legend>{words::ALSO_CONNECT}</legend>{rows}</fieldset> })
}

/// Yes, yes for all, and not now.
fn answers(yes: &'static str, others: usize, later: &'static str) -> impl IntoView {
    let all = (others > 1).then(|| {
        view! { <button class="button other" name="all" value="yes">{words::also_connect_all(others)}</button> }
    });
    view! {
        <div class="answers">
            <button class="button">{yes}</button>
            {all}
            <button class="button other" name="later" value="yes" formnovalidate="">{later}</button>
        </div>
    }
}
