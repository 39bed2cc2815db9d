//! Our app at a network: entering, replacing and removing its credentials. What was entered is never in the page.

use leptos::prelude::*;

use super::network::name;
use crate::{
    api::networks::{Enter, Remove, Switch},
    domain::{AppState, Field as Which, NetworkSetup, Way, words},
    ui::{
        fields::{Failure, Field, FormFailure},
        form::{Form, Sending},
    },
};

/// What a form says of where it belongs.
#[component]
pub fn Whose(slug: String, network: String, at: String) -> impl IntoView {
    view! {
        <input type="hidden" name="workspace" value=slug/>
        <input type="hidden" name="network" value=network/>
        {(!at.is_empty()).then(|| view! { <input type="hidden" name="at" value=at/> })}
    }
}

/// Where the app comes from, and what can be done about it.
#[component]
pub fn App(slug: String, setup: NetworkSetup) -> impl IntoView {
    let sending = Sending::to::<Enter>();
    let (app, id) = (setup.line.app, &setup.line.id.0);
    let place = match &setup.at {
        Some(host) => words::in_settings_at(id, host),
        None => words::in_settings(id),
    };
    let means = words::app_means(setup.way, app, &name(&setup), &place);
    let failed = sending.failure().get_untracked().is_some();
    let (is_typed_only, is_key) = (setup.at.is_some() && app == AppState::Missing, setup.way == Way::Key);
    let enter = view! { <EnterForm slug=slug.clone() setup=setup.clone() sending/> };
    view! {
        <section class="card" aria-labelledby="app">
            <h3 id="app">{words::OUR_APP}</h3>
            <p>{means}</p>
            {match (setup.way, app) {
                (Way::Settings | Way::Places, _) => ().into_any(),
                (Way::Switch, _) => view! { <SwitchForm slug setup/> }.into_any(),
                (Way::Credentials | Way::Key, AppState::Entered) => view! {
                    <details open=failed>
                        <summary>{if is_key { words::NEW_KEY } else { words::REPLACE }}</summary>
                        {enter}
                    </details>
                    <RemoveForm slug setup/>
                }
                .into_any(),
                (Way::Credentials | Way::Key, _) if is_typed_only => {
                    view! { {enter} <RemoveForm slug setup/> }.into_any()
                }
                (Way::Credentials | Way::Key, _) => enter.into_any(),
            }}
        </section>
    }
    .into_any()
}

#[component]
fn EnterForm(slug: String, setup: NetworkSetup, sending: Sending) -> impl IntoView {
    let failure = sending.failure();
    let (app, at) = (setup.line.app, setup.at.clone().unwrap_or_default());
    let (is_set, is_new) = (app == AppState::Settings, app == AppState::Missing);
    let button = match setup.way {
        Way::Key if is_new => words::ENTER_KEY,
        Way::Key => words::NEW_KEY,
        _ if is_new => words::ENTER,
        _ => words::REPLACE,
    };
    view! {
        <Form sending class="form app">
            // Of what the settings have nothing can be changed here, and the form says so.
            <fieldset class="form" disabled=is_set>
                <legend class="heard">{button}</legend>
                <Whose slug network=setup.line.id.0.clone() at/>
                {match setup.way {
                    Way::Key => view! { <KeyField failure/> }.into_any(),
                    _ => view! { <Credentials setup failure/> }.into_any(),
                }}
                <FormFailure failure/>
                {(!is_set).then(|| view! { <button class="button primary" type="submit">{button}</button> })}
            </fieldset>
        </Form>
    }
    .into_any()
}

/// What the network gives.
#[component]
fn Credentials(setup: NetworkSetup, failure: Failure) -> impl IntoView {
    view! {
        <Field label=words::CLIENT_ID name="client_id" about=Which::ClientId failure/>
        <Field
            label=words::CLIENT_SECRET
            name="client_secret"
            kind="password"
            hint=words::SEALED
            about=Which::ClientSecret
            failure
        />
        {setup.has_hook_secret.then(|| {
            view! {
                <Field
                    label=words::HOOK_SECRET
                    name="hook_secret"
                    kind="password"
                    hint=words::HOOK_SECRET_HINT
                    is_required=false
                    about=Which::HookSecret
                    failure
                />
            }
        })}
        {(setup.line.app == AppState::Entered).then(|| view! { <p class="note">{words::ANOTHER_ID}</p> })}
    }
    .into_any()
}

/// What nobody gives.
#[component]
fn KeyField(failure: Failure) -> impl IntoView {
    view! {
        <Field
            label=words::PRIVATE_KEY
            name="client_secret"
            kind="password"
            hint=words::PRIVATE_KEY_HINT
            is_required=false
            about=Which::ClientKey
            failure
        />
    }
}

/// For a network where the app registers itself.
#[component]
fn SwitchForm(slug: String, setup: NetworkSetup) -> impl IntoView {
    let sending = Sending::to::<Switch>();
    let failure = sending.failure();
    let is_on = setup.line.app != AppState::Missing;
    view! {
        <Form sending class="form">
            <Whose slug network=setup.line.id.0 at=String::new()/>
            <input type="hidden" name="on" value=(!is_on).to_string()/>
            <FormFailure failure/>
            <button class=if is_on { "button" } else { "button primary" } type="submit">
                {if is_on { words::SWITCH_OFF } else { words::SWITCH_ON }}
            </button>
        </Form>
    }
    .into_any()
}

/// The number of pages is told, and sent along as what was agreed to.
#[component]
fn RemoveForm(slug: String, setup: NetworkSetup) -> impl IntoView {
    let sending = Sending::to::<Remove>();
    let failure = sending.failure();
    let failed = failure.get_untracked().is_some();
    let what = if setup.line.app == AppState::Missing { words::REMOVE_PLACE } else { words::REMOVE };
    let removing = words::removing(setup.pages, &setup.line.name, setup.at.as_deref());
    let NetworkSetup { line, at, pages, .. } = setup;
    view! {
        <details open=failed>
            <summary>{what}</summary>
            <Form sending class="form">
                <Whose slug network=line.id.0 at=at.unwrap_or_default()/>
                <input type="hidden" name="pages" value=pages.to_string()/>
                <p>{removing}</p>
                {(pages > 0).then(|| view! {
                    <label class="agreed"><input type="checkbox" required/>{words::remove_though(pages)}</label>
                })}
                <FormFailure failure/>
                <button class="button danger" type="submit">{what}</button>
            </Form>
        </details>
    }
    .into_any()
}
