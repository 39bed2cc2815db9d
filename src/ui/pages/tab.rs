//! The tab, laid out.

use leptos::prelude::*;

use super::{
    Loaded,
    add::AddLocation,
    desk::{Desk, Row},
    dialog::{Asked, PageDialog},
    feed::Feed,
    notes::NotesRegion,
    pager::Pager,
    summary::Summary,
    table::Table,
    tools::Tools,
    waits::Waits,
};
use crate::{
    api, browser,
    domain::{Show as Which, words},
    ui::form::Sending,
};

/// Where somebody goes whose session is over.
const SIGN_IN: &str = "/sign-in";

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
    let Loaded { me, board, choice, asked } = loaded;
    let desk = Desk::new(me, board, choice);
    let waits = Waits::new(desk);
    let feed = Feed::new(desk, waits);
    provide_context(Parts { desk, waits, feed });
    if let Some((page, details)) = asked {
        desk.asked.set(desk.cell_of(page).map(|cell| Asked::Facts(cell, Some(details))));
    }
    Effect::new(move |_| untrack(|| feed.start()));
    Effect::new(move |_| {
        if desk.is_signed_out.get() {
            browser::go(SIGN_IN);
        }
    });

    view! {
        <Summary desk/>
        <Tools desk/>
        <Locations desk/>
        <AddLocation/>
        <PageDialog/>
        <NotesRegion notes=desk.notes/>
    }
    .into_any()
}

/// The table, or what stands in for it.
#[component]
fn Locations(desk: Desk) -> impl IntoView {
    let has_networks = Memo::new(move |_| desk.networks.with(|networks| !networks.is_empty()));
    let has_rows = Memo::new(move |_| desk.rows.with(|rows: &Vec<Row>| !rows.is_empty()));
    let nothing = move || {
        let is_all = desk.choice.with(|choice| choice.search.is_empty() && choice.show == Which::All);
        if is_all { words::NO_LOCATIONS } else { words::NOTHING_FITS }
    };
    // What a form without JavaScript came to stands in the address.
    let failure = Sending::to::<api::pages::Add>().failure();
    view! {
        {move || failure.get().map(|error| view! { <p class="complaint" role="alert">{words::error(error)}</p> })}
        <p class="empty">{move || (!has_networks.get()).then_some(words::NO_NETWORKS)}</p>
        <Table desk/>
        <Pager/>
        <p class="empty" role="status">{move || (!has_rows.get()).then(nothing)}</p>
    }
    .into_any()
}
