//! A cell: the icon of a page, its words, and what a click does.

use leptos::{html, prelude::*};

use super::{add::AddPage, desk::Cell, dialog::Asked, tab::Parts};
use crate::{
    browser::popup,
    domain::{PageId, Status, words},
    ui::icons::{Icon, Shape},
};

/// Where the popup's form goes.
fn connect_path(page: PageId) -> String {
    format!("/connect/{page}")
}

/// The cell of a location on a network.
#[component]
pub fn StatusCell(cell: Cell) -> impl IntoView {
    let Parts { desk, .. } = expect_context();
    let looking = cell.clone();
    let status = Memo::new(move |_| looking.status(desk.now.get()));
    let key = move || status.with(|status| status.as_ref().map_or("none", Status::key));
    let page = cell.page.clone();
    let page = Memo::new(move |_| page.with(|page| page.as_ref().map(|page| page.id)));
    let network = cell.network.clone();
    let content = move || match (page.get(), desk.may_connect.get()) {
        (Some(page), true) => view! { <StatusForm cell=cell.clone() page status/> }.into_any(),
        (Some(_), false) => view! { <StatusPicture cell=cell.clone() status/> }.into_any(),
        (None, true) => view! { <AddPage cell=cell.clone()/> }.into_any(),
        (None, false) => ().into_any(),
    };
    view! {
        <td role="cell" data-status=key data-network=move || network.with(|network| network.name.clone())>
            {content}
        </td>
    }
    .into_any()
}

/// The icon as a button. One form for every status, so that the focus stays where it is when the status changes.
///
/// A status that opens the popup is a post to `/connect/…` in a window of its own; the others ask the tab for the page's
/// dialog. Both work before and without JavaScript.
#[component]
fn StatusForm(cell: Cell, page: PageId, status: Memo<Option<Status>>) -> impl IntoView {
    let Parts { desk, waits, .. } = expect_context();
    let (form, attempt) = (NodeRef::<html::Form>::new(), NodeRef::<html::Input>::new());
    // While it waits, the form stays what the popup is being loaded from.
    let is_popup = Memo::new(move |_| {
        status
            .with(|status| status.as_ref().is_some_and(|status| status.opens_popup() || *status == Status::Connecting))
    });
    let clicked = cell.clone();
    let on_click = move || -> bool {
        match status.get_untracked() {
            Some(Status::Connecting) => {
                let attempt = clicked.waiting.get_untracked();
                let _ = attempt.is_some_and(popup::bring_forward);
                desk.asked.set(attempt.map(|attempt| Asked::Waiting(clicked.clone(), attempt)));
                false
            }
            Some(status) if status.opens_popup() => {
                // Nothing asynchronous may come before this: the browser would block the window.
                let opened = form.get_untracked().zip(attempt.get_untracked());
                if let Some(attempt) = opened.and_then(|(form, field)| popup::open(&form, &field)) {
                    waits.begin(&clicked, attempt);
                }
                true
            }
            _ => {
                desk.asked.set(Some(Asked::Facts(clicked.clone(), None)));
                false
            }
        }
    };
    let name = accessible_name(&cell, status);
    view! {
        <form
            node_ref=form
            method=move || if is_popup.get() { "post" } else { "get" }
            action=move || is_popup.get().then(|| connect_path(page))
            target=move || is_popup.get().then_some("_blank")
            on:submit=move |event| if !on_click() { event.prevent_default() }
        >
            <input node_ref=attempt type="hidden" name="attempt" disabled=move || !is_popup.get()/>
            <input type="hidden" name="page" value=page.to_string() disabled=move || is_popup.get()/>
            <button id=icon_id(&cell) class="status" type="submit" aria-label=name>
                <Icon shape=shape_of(status)/>
            </button>
        </form>
        <Words cell=cell.clone() status/>
        <More cell page status/>
    }
    .into_any()
}

/// The icon of somebody who may only look.
#[component]
fn StatusPicture(cell: Cell, status: Memo<Option<Status>>) -> impl IntoView {
    let name = accessible_name(&cell, status);
    view! {
        <span class="status" role="img" aria-label=name>
            <Icon shape=shape_of(status)/>
        </span>
        <Words cell status/>
    }
}

/// The words under the icon. The button's name has them already.
#[component]
fn Words(cell: Cell, status: Memo<Option<Status>>) -> impl IntoView {
    let words = move || {
        let network = cell.network.with(|network| network.name.clone());
        status.with(|status| status.as_ref().map(|status| words::under_icon(status, &network)))
    };
    view! { <small aria-hidden="true">{words}</small> }
}

/// Opens the dialog of a page whose icon opens the popup.
#[component]
fn More(cell: Cell, page: PageId, status: Memo<Option<Status>>) -> impl IntoView {
    let Parts { desk, .. } = expect_context();
    let is_offered = Memo::new(move |_| {
        status.with(|status| matches!(status, Some(Status::Broken(_) | Status::Expiring { .. } | Status::Partly(_))))
    });
    let asked = StoredValue::new(cell);
    let name = asked.with_value(|cell| words::more_about(&cell.location_name, &cell.network_name()));
    view! {
        <Show when=move || is_offered.get()>
            <form
                method="get"
                on:submit=move |event| {
                    event.prevent_default();
                    desk.asked.set(Some(Asked::Facts(asked.get_value(), None)));
                }
            >
                <input type="hidden" name="page" value=page.to_string()/>
                <button class="more" type="submit" aria-label=name.clone()>{words::MORE}</button>
            </form>
        </Show>
    }
    .into_any()
}

/// By this id the icon gets the focus when a page was added.
#[must_use]
pub fn icon_id(cell: &Cell) -> String {
    cell.network.with_untracked(|network| format!("icon-{}-{}", cell.location, network.id))
}

fn shape_of(status: Memo<Option<Status>>) -> Signal<Shape> {
    Signal::derive(move || status.with(|status| status.as_ref().map_or(Shape::Plus, Shape::of)))
}

fn accessible_name(cell: &Cell, status: Memo<Option<Status>>) -> Signal<Option<String>> {
    let cell = cell.clone();
    Signal::derive(move || {
        let network = cell.network.with(|network| network.name.clone());
        status.with(|status| status.as_ref().map(|status| words::icon_name(&cell.location_name, &network, status)))
    })
}

#[cfg(test)]
mod tests;
