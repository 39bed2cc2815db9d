//! Adding: a page where there is none, and a location.

use std::time::Duration;

use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};

use super::{cell::icon_id, desk::Cell, tab::Parts};
use crate::{
    api, browser,
    domain::{Choice, Field as About, Show as Which, words},
    ui::{
        fields::{Field, FormFailure},
        form::{Form, Sending},
        icons::{Icon, Shape},
    },
};

/// The dashed +. What it adds is red: connecting is a click of its own, because a popup needs one.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]
pub fn AddPage(cell: Cell) -> impl IntoView {
    let Parts { desk, .. } = expect_context();
    let network = cell.network.with_untracked(|network| network.id.clone());
    let name = words::add_page(&cell.location_name, &cell.network_name());
    let (location, icon) = (cell.location, icon_id(&cell));
    let wanted = network.clone();
    let add = move || {
        let (network, icon) = (wanted.clone(), icon.clone());
        spawn_local(async move {
            let answer = api::pages::add(location, network).await;
            if desk.is_gone() {
                return;
            }
            match answer {
                Ok(page) => {
                    desk.put(page);
                    // The + that had the focus is gone; its place has a button again at the next turn.
                    browser::soon(Duration::ZERO, move || browser::focus(&icon));
                }
                Err(error) => desk.notes.show(words::error(error).into()),
            }
        });
    };
    view! {
        <form
            method="post"
            action=api::pages::Add::url()
            on:submit=move |event| {
                event.prevent_default();
                add();
            }
        >
            <input type="hidden" name="location" value=location.to_string()/>
            <input type="hidden" name="network" value=network.to_string()/>
            <button class="status" type="submit" aria-label=name>
                <Icon shape=Shape::Plus/>
            </button>
        </form>
    }
    .into_any()
}

/// A name and a button.
#[component]
pub fn AddLocation() -> impl IntoView {
    let Parts { desk, feed, .. } = expect_context();
    let sending = Sending::to::<api::workspace::AddLocation>();
    let failure = sending.failure();
    Effect::new(move |_| {
        if sending.done().is_some() {
            if let Some(form) = sending.form.get_untracked() {
                form.reset();
            }
            // The new one is the last of all.
            feed.choose(|choice| *choice = Choice { search: String::new(), show: Which::All, from: usize::MAX });
        }
    });
    view! {
        <Show when=move || desk.may_connect.get()>
            <section class="card" aria-labelledby="add-location">
                <h2 id="add-location">{words::ADD_LOCATION}</h2>
                <Form sending class="form line">
                    <input type="hidden" name="workspace" value=desk.slug()/>
                    <Field label=words::LOCATION_NAME name="name" about=About::Name failure/>
                    <button class="button" type="submit">{words::ADD_LOCATION}</button>
                    <FormFailure failure/>
                </Form>
            </section>
        </Show>
    }
    .into_any()
}
