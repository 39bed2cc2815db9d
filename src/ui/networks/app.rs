//! Our app at a network: entering, replacing and removing its credentials. What was entered is never in the page.

use leptos::prelude::*;

use crate::{
    api::networks::{Enter, Remove, Switch},
    domain::{AppState, Field as Which, NetworkSetup, Way, words},
    ui::{
        fields::{Field, FormFailure},
        form::{Form, Sending},
    },
};

/// What a form says of where it belongs.
#[component]
pub fn Whose(slug: String, network: String) -> impl IntoView {
    view! {
        <input type="hidden" name="workspace" value=slug/>
        <input type="hidden" name="network" value=network/>
    }
}

/// Where the app comes from, and what can be done about it.
#[component]
pub fn App(slug: String, setup: NetworkSetup) -> impl IntoView {
    let sending = Sending::to::<Enter>();
    let app = setup.line.app;
    let variable = format!("GREENTICK_APPS__{}__…", setup.line.id.0.to_uppercase());
    let failed = sending.failure().get_untracked().is_some();
    let enter = view! { <EnterForm slug=slug.clone() setup=setup.clone() sending/> };
    view! {
        <section class="card" aria-labelledby="app">
            <h3 id="app">{words::OUR_APP}</h3>
            <p>{words::app_means(setup.way, app, &setup.line.name, &variable)}</p>
            {match (setup.way, app) {
                (Way::Settings, _) => ().into_any(),
                (Way::Switch, _) => view! { <SwitchForm slug setup/> }.into_any(),
                (Way::Credentials, AppState::Entered) => view! {
                    <details open=failed>
                        <summary>{words::REPLACE}</summary>
                        {enter}
                    </details>
                    <RemoveForm slug setup/>
                }
                .into_any(),
                (Way::Credentials, _) => enter.into_any(),
            }}
        </section>
    }
    .into_any()
}

#[component]
fn EnterForm(slug: String, setup: NetworkSetup, sending: Sending) -> impl IntoView {
    let failure = sending.failure();
    let (app, network) = (setup.line.app, setup.line.id.0);
    let (is_set, is_new) = (app == AppState::Settings, app == AppState::Missing);
    let hook_secret = setup.has_hook_secret.then(|| {
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
    });
    view! {
        <Form sending class="form app">
            // Of what the settings have nothing can be changed here, and the form says so.
            <fieldset class="form" disabled=is_set>
                <legend class="heard">{if is_new { words::ENTER } else { words::REPLACE }}</legend>
                <Whose slug network/>
                <Field label=words::CLIENT_ID name="client_id" about=Which::ClientId failure/>
                <Field
                    label=words::CLIENT_SECRET
                    name="client_secret"
                    kind="password"
                    hint=words::SEALED
                    about=Which::ClientSecret
                    failure
                />
                {hook_secret}
                {(app == AppState::Entered).then(|| view! { <p class="note">{words::ANOTHER_ID}</p> })}
                <FormFailure failure/>
                {(!is_set).then(|| view! {
                    <button class="button primary" type="submit">
                        {if is_new { words::ENTER } else { words::REPLACE }}
                    </button>
                })}
            </fieldset>
        </Form>
    }
    .into_any()
}

/// For a network where the app registers itself.
#[component]
fn SwitchForm(slug: String, setup: NetworkSetup) -> impl IntoView {
    let sending = Sending::to::<Switch>();
    let failure = sending.failure();
    let is_on = setup.line.app != AppState::Missing;
    view! {
        <Form sending class="form">
            <Whose slug network=setup.line.id.0/>
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
    let NetworkSetup { line, pages, .. } = setup;
    view! {
        <details open=failed>
            <summary>{words::REMOVE}</summary>
            <Form sending class="form">
                <Whose slug network=line.id.0/>
                <input type="hidden" name="pages" value=pages.to_string()/>
                <p>{words::removing(pages, &line.name)}</p>
                {(pages > 0).then(|| view! {
                    <label class="agreed"><input type="checkbox" required/>{words::remove_though(pages)}</label>
                })}
                <FormFailure failure/>
                <button class="button danger" type="submit">{words::REMOVE}</button>
            </Form>
        </details>
    }
    .into_any()
}
