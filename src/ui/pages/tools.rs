//! Search and chips.

use leptos::prelude::*;

use super::{
    choice::{Show as Which, Tally},
    desk::Desk,
};
use crate::domain::words;

/// A form that asks the server without JavaScript, and nobody with it.
#[component]
pub fn Tools(desk: Desk, tally: Memo<Tally>) -> impl IntoView {
    let search = desk.choice.search;
    let initial = search.get_untracked();
    view! {
        <form class="tools" role="search" method="get" on:submit=move |event| event.prevent_default()>
            <input
                type="search"
                name="q"
                value=initial
                aria-label=words::SEARCH
                placeholder=words::SEARCH
                autocomplete="off"
                on:input=move |event| search.set(event_target_value(&event))
            />
            <div class="chips" role="group" aria-label=words::SHOW>
                {Which::EACH.map(|which| view! { <Chip which pressed=desk.choice.show tally/> }).into_iter().collect_view()}
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn Chip(which: Which, pressed: RwSignal<Which>, tally: Memo<Tally>) -> impl IntoView {
    let count = move || tally.with(|tally| tally.count(which));
    let is_pressed = move || if pressed.get() == which { "true" } else { "false" };
    view! {
        <button
            class="chip"
            type="submit"
            name="show"
            value=which.key()
            aria-pressed=is_pressed
            on:click=move |_| pressed.set(which)
        >
            {which.label()} " " <b>{count}</b>
        </button>
    }
}
