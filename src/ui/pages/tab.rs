//! The tab, laid out.

use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_query_map};

use super::{
    Loaded,
    add::AddLocation,
    choice::{Choice, Seen, Tally},
    desk::{Desk, Row},
    dialog::{Asked, PageDialog},
    feed::Feed,
    notes::NotesRegion,
    summary::Summary,
    table::Table,
    tools::Tools,
    waits::Waits,
};
use crate::{
    api,
    domain::words,
    ui::{
        form::Sending,
        frame::{Settings, Tab},
    },
};

/// What the parts of the tab share.
#[derive(Clone, Copy)]
pub struct Parts {
    /// What the tab knows.
    pub desk: Desk,
    /// The popups it waits for.
    pub waits: Waits,
    /// What keeps it true.
    pub feed: Feed,
}

/// The tab of a board.
#[component]
pub fn TabOf(loaded: Loaded) -> impl IntoView {
    let Loaded { me, board, asked } = loaded;
    let choice = use_query_map().with_untracked(Choice::from_query);
    let workspace = board.workspace.clone();
    let desk = Desk::new(me, board, choice);
    let waits = Waits::new(desk);
    let feed = Feed::new(desk, waits);
    provide_context(Parts { desk, waits, feed });
    if let Some((page, details)) = asked {
        desk.asked.set(desk.cell_of(page).map(|cell| Asked::Facts(cell, Some(details))));
    }
    Effect::new(move |_| untrack(|| feed.start()));

    let seen = Memo::new(move |before| Seen::on(desk, before));
    let tally = Memo::new(move |_| {
        let now = desk.now.get();
        desk.rows.with(|rows| Tally::of(rows.iter().flat_map(|row| &row.cells), now))
    });
    view! {
        <Settings workspace tab=Tab::Pages>
            <Summary desk tally/>
            <Tools desk tally/>
            <Locations desk seen/>
            <AddLocation/>
        </Settings>
        <PageDialog/>
        <NotesRegion notes=desk.notes/>
        <Show when=move || desk.is_signed_out.get()>
            <Redirect path="/sign-in"/>
        </Show>
    }
    .into_any()
}

/// The table, or what stands in for it.
#[component]
fn Locations(desk: Desk, seen: Memo<Seen>) -> impl IntoView {
    let has_networks = Memo::new(move |_| desk.networks.with(|networks| !networks.is_empty()));
    let has_rows = Memo::new(move |_| desk.rows.with(|rows: &Vec<Row>| !rows.is_empty()));
    // What a form without JavaScript came to stands in the address.
    let failure = Sending::to::<api::pages::Add>().failure();
    view! {
        {move || failure.get().map(|error| view! { <p class="complaint" role="alert">{words::error(error)}</p> })}
        <p class="empty">{move || (!has_networks.get()).then_some(words::NO_NETWORKS)}</p>
        <Show when=move || has_rows.get() fallback=|| view! { <p class="empty">{words::NO_LOCATIONS}</p> }>
            <Table desk seen/>
            <p class="empty" role="status">{move || seen.with(Seen::is_empty).then_some(words::NOTHING_FITS)}</p>
        </Show>
    }
    .into_any()
}
