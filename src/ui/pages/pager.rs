//! The way through a list that is longer than what is shown at once.

use leptos::prelude::*;

use super::tab::Parts;
use crate::{
    browser,
    domain::{SHOWN_AT_ONCE, words},
};

/// By this id the table gets the focus when another part of the list is shown.
pub const TABLE: &str = "pages";

/// Earlier, where one is, Later. A form, so that it works without JavaScript.
#[component]
pub fn Pager() -> impl IntoView {
    let Parts { desk, feed, .. } = expect_context();
    let is_needed = move || desk.counts.with(|(_, span)| span.all > SHOWN_AT_ONCE);
    let earlier = move || desk.counts.with(|(_, span)| span.from.saturating_sub(SHOWN_AT_ONCE));
    let later = move || desk.counts.with(|(_, span)| span.from + desk.rows.with(Vec::len));
    let words = move || desk.counts.with(|(_, span)| words::so_many_shown(span.from + 1, later(), span.all));
    let go = move |from: usize| {
        feed.choose(|choice| choice.from = from);
        browser::focus(TABLE);
    };
    view! {
        <Show when=is_needed>
            <form class="pager" method="get" on:submit=move |event| event.prevent_default()>
                <input type="hidden" name="q" value=move || desk.choice.with(|choice| choice.search.clone())/>
                <input type="hidden" name="show" value=move || desk.choice.with(|choice| choice.show.key())/>
                <button
                    class="button"
                    name="from"
                    value=move || earlier().to_string()
                    disabled=move || desk.counts.with(|(_, span)| span.from == 0)
                    on:click=move |_| go(earlier())
                >
                    {words::EARLIER}
                </button>
                <span role="status">{words}</span>
                <button
                    class="button"
                    name="from"
                    value=move || later().to_string()
                    disabled=move || desk.counts.with(|(_, span)| later() >= span.all)
                    on:click=move |_| go(later())
                >
                    {words::LATER}
                </button>
            </form>
        </Show>
    }
    .into_any()
}
