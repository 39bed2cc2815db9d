//! Search and chips.

use leptos::prelude::*;

use super::{desk::Desk, tab::Parts};
use crate::domain::{Show as Which, words};

/// A form that asks the server without JavaScript, and nobody with it.
#[component]
pub fn Tools(desk: Desk) -> impl IntoView {
    let Parts { feed, .. } = expect_context();
    let initial = desk.choice.with_untracked(|choice| choice.search.clone());
    view! {
        <form class="tools" role="search" method="get" on:submit=move |event| event.prevent_default()>
            <input
                type="search"
                name="q"
                value=initial
                aria-label=words::SEARCH
                placeholder=words::SEARCH
                autocomplete="off"
                on:input=move |event| {
                    feed.choose(|choice| {
                        choice.search = event_target_value(&event);
                        choice.from = 0;
                    });
                }
            />
            <div class="chips" role="group" aria-label=words::SHOW>
                {Which::EACH.map(|which| view! { <Chip which/> }).into_iter().collect_view()}
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn Chip(which: Which) -> impl IntoView {
    let Parts { desk, feed, .. } = expect_context();
    let count = move || desk.counts.with(|(tally, _)| tally.count(which));
    let is_pressed = move || if desk.choice.with(|choice| choice.show == which) { "true" } else { "false" };
    let press = move |_| {
        feed.choose(|choice| {
            choice.show = which;
            choice.from = 0;
        });
    };
    view! {
        <button
            class="chip"
            type="submit"
            name="show"
            value=which.key()
            aria-pressed=is_pressed
            on:click=press
        >
            {which.label()} " " <b>{count}</b>
        </button>
    }
}
