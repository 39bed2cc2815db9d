//! The servers of a network that have an app of their own, and the way to one more.

use leptos::prelude::*;
use leptos_router::location::Url;

use super::{State, app::Whose};
use crate::{
    api::networks::Place,
    domain::{AppState, Field as Which, Places, words},
    ui::{
        fields::{Field, FormFailure},
        form::{Form, Sending},
    },
};

/// The list, each with its own page, and the form.
#[component]
pub fn PlacesOf(slug: String, network: String, places: Places) -> impl IntoView {
    let sending = Sending::to::<Place>();
    let failure = sending.failure();
    let Places { label, example, known } = places;
    view! {
        <section class="card" aria-labelledby="places">
            <h3 id="places">{words::PLACES}</h3>
            <p>{words::PLACES_MEAN}</p>
            {(!known.is_empty()).then(|| view! {
                <ul class="networks">
                    {known.into_iter().map(|(host, app)| view! { <At host app/> }).collect_view()}
                </ul>
            })}
            <Form sending class="form app">
                <Whose slug network at=String::new()/>
                <Field label name="address" hint=words::such_as(&example) about=Which::Address failure/>
                <FormFailure failure/>
                <button class="button" type="submit">{words::ADD_PLACE}</button>
            </Form>
        </section>
    }
    .into_any()
}

#[component]
fn At(host: String, app: AppState) -> impl IntoView {
    let place = format!("?at={}", Url::escape(&host));
    view! {
        <li>
            <a href=place>{host}</a>
            <State app/>
        </li>
    }
}
