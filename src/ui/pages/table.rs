//! The table: locations by networks. On a narrow screen each row becomes a card, by style alone, so the roles are named:
//! some browsers take a table's meaning away with its layout.

use leptos::prelude::*;

use super::{
    cell::StatusCell,
    desk::{Desk, Row},
    pager::TABLE,
};
use crate::domain::{Tally, words};

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
                    <LocationRow desk row/>
                </For>
            </tbody>
        </table>
    }
    .into_any()
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
