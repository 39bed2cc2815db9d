//! The first page of a new Greentick: its first owner and workspace.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    fields::{Field, FormFailure},
    form::{Form, Sending},
    frame::Bare,
    part::Part,
};
use crate::{
    api::session,
    domain::{Field as Which, words},
};

/// The name of its part.
pub const PART: &str = "set-up";

/// Reached by the link that the terminal showed.
#[component]
pub fn SetUp() -> impl IntoView {
    let params = use_params_map();
    let token = move || params.with(|params| params.get("token").unwrap_or_default());
    let token = token();
    view! {
        <Title text=words::title(words::SET_UP)/>
        <Bare heading=words::SET_UP>
            <p>{words::SET_UP_MEANS}</p>
            <Part name=PART known=token.clone()>
                <SetUpForm token/>
            </Part>
        </Bare>
    }
    .into_any()
}

/// What of it lives in the browser.
#[component]
pub fn SetUpForm(
    /// The link's.
    token: String,
) -> impl IntoView {
    let sending = Sending::to::<session::SetUp>();
    let failure = sending.failure();
    view! {
            <Form sending class="form">
                <input type="hidden" name="token" value=token/>
                <Field
                    label=words::BUSINESS_NAME
                    name="workspace"
                    autocomplete="organization"
                    about=Which::Name
                    failure
                />
                <Field label=words::YOUR_NAME name="name" autocomplete="name" about=Which::Name failure/>
                <Field label=words::EMAIL name="email" kind="email" autocomplete="username" about=Which::Email failure/>
                <Field
                    label=words::PASSWORD
                    name="password"
                    kind="password"
                    autocomplete="new-password"
                    hint=words::PASSWORD_HINT
                    about=Which::Password
                    failure
                />
                <FormFailure failure/>
                <button class="button primary" type="submit">{words::SET_UP_DO}</button>
            </Form>
    }
    .into_any()
}
