//! The table: locations by networks. On a narrow screen each row becomes a card, by style alone, so the roles are named:
//! some browsers take a table's meaning away with its layout.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    cell::StatusCell,
    desk::{Desk, Row},
    pager::TABLE,
};
use crate::{
    browser,
    domain::{LocationId, Tally, words},
    ui::icons::NetworkMark,
};

/// When other rows are shown, so many cells are drawn at a time: a frame has time for them on a slow machine too.
const CELLS_AT_ONCE: usize = 10;

/// The rows of the board.
#[component]
pub fn Table(desk: Desk) -> impl IntoView {
    // A row is built anew only when its name or the columns change.
    let key = move |row: &Row| {
        let columns = row.cells.iter().map(|cell| cell.network.with_untracked(|network| network.id.0.clone()));
        (row.id, row.name.to_string(), columns.collect::<Vec<_>>().join(" "))
    };
    view! {
        // Without rows a table is none, and on a narrow screen its head is not shown either.
        <table id=TABLE class="pages" role="table" tabindex="-1" hidden=move || desk.rows.with(Vec::is_empty)>
            <caption class="heard">{words::TABLE}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words::LOCATION}</th>
                    {move || {
                        let networks = desk.networks.get();
                        let heads = networks.into_iter().map(|network| {
                            view! {
                                <th role="columnheader" scope="col">
                                    <NetworkMark network=network.with_untracked(|network| network.id.0.clone())/>
                                    {move || network.with(|network| network.name.clone())}
                                </th>
                            }
                        });
                        heads.collect_view()
                    }}
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=drawn_by_now(desk) key let:row>
                    <LocationRow desk row/>
                </For>
            </tbody>
        </table>
    }
    .into_any()
}

/// The rows that are drawn already, and each time some more, so that typing and clicking never wait for the rest.
fn drawn_by_now(desk: Desk) -> impl Fn() -> Vec<Row> + Send + Sync + 'static {
    let (turn, drawn) = (RwSignal::new(()), StoredValue::new(None::<Vec<LocationId>>));
    move || {
        turn.track();
        let mut rows = desk.rows.get();
        let all = rows.len();
        // What the server drew is there as a whole.
        if let Some(before) = drawn.get_value() {
            let columns = desk.networks.with_untracked(Vec::len).max(1);
            let mut room = (CELLS_AT_ONCE / columns).max(1);
            rows.retain(|row| {
                let is_drawn = before.contains(&row.id);
                let fits = is_drawn || room > 0;
                room -= usize::from(fits && !is_drawn);
                fits
            });
        }
        if rows.len() < all {
            browser::soon(Duration::ZERO, move || {
                let _ = turn.try_set(());
            });
        }
        drawn.set_value(Some(rows.iter().map(|row| row.id).collect()));
        rows
    }
}

#[component]
fn LocationRow(desk: Desk, row: Row) -> impl IntoView {
    let Row { name, cells, .. } = row;
    let counted = cells.clone();
    let here = Memo::new(move |_| {
        let now = desk.now.get();
        let tally = Tally::of(counted.iter().filter_map(|cell| cell.stored(now)));
        words::so_many_here(tally.connected, tally.all)
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                {name.to_string()}
                <small>{here}</small>
            </th>
            {cells.into_iter().map(|cell| view! { <StatusCell cell/> }).collect_view()}
        </tr>
    }
    .into_any()
}
