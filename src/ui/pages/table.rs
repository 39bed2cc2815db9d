//! The table: locations by networks. On a narrow screen each row becomes a card, by style alone, so the roles are named:
//! some browsers take a table's meaning away with its layout.

use leptos::prelude::*;

use super::{
    cell::StatusCell,
    choice::{Seen, Tally},
    desk::{Desk, Row},
};
use crate::domain::words;

/// All rows; those that are not asked for are hidden, not removed.
#[component]
pub fn Table(desk: Desk, seen: Memo<Seen>) -> impl IntoView {
    // A row is built anew only when its name or the columns change.
    let key = move |row: &Row| {
        let columns = row.cells.iter().map(|cell| cell.network.with_untracked(|network| network.id.0.clone()));
        (row.id, row.name.to_string(), columns.collect::<Vec<_>>().join(" "))
    };
    view! {
        // Without rows a table is none, and on a narrow screen its head is not shown either.
        <table class="pages" role="table" hidden=move || seen.with(Seen::is_empty)>
            <caption class="heard">{words::TABLE}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words::LOCATION}</th>
                    {move || {
                        let networks = desk.networks.get();
                        let heads = networks.into_iter().map(|network| {
                            view! {
                                <th role="columnheader" scope="col">
                                    {move || network.with(|network| network.name.clone())}
                                </th>
                            }
                        });
                        heads.collect_view()
                    }}
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=move || desk.rows.get() key let:row>
                    <LocationRow desk row seen/>
                </For>
            </tbody>
        </table>
    }
    .into_any()
}

#[component]
fn LocationRow(desk: Desk, row: Row, seen: Memo<Seen>) -> impl IntoView {
    let Row { id, name, cells } = row;
    let counted = cells.clone();
    let here = Memo::new(move |_| {
        let tally = Tally::of(&counted, desk.now.get());
        words::so_many_here(tally.connected, tally.all)
    });
    view! {
        <tr role="row" hidden=move || !seen.with(|seen| seen.has(id))>
            <th role="rowheader" scope="row">
                {name.to_string()}
                <small>{here}</small>
            </th>
            {cells.into_iter().map(|cell| view! { <StatusCell cell/> }).collect_view()}
        </tr>
    }
    .into_any()
}
