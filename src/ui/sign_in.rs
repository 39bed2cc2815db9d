//! The sign-in page.

use leptos::prelude::*;
use leptos_meta::Title;

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
pub const PART: &str = "sign-in";

/// E-mail and password. The server leads on when they are right.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <Title text=words::title(words::SIGN_IN)/>
        <Bare heading=words::SIGN_IN>
            <Part name=PART known=()>
                <SignInForm/>
            </Part>
        </Bare>
    }
    .into_any()
}

/// What of it lives in the browser.
#[component]
pub fn SignInForm() -> impl IntoView {
    let sending = Sending::to::<session::SignIn>();
    let failure = sending.failure();
    view! {
            <Form sending class="form">
                <Field label=words::EMAIL name="email" kind="email" autocomplete="username" about=Which::Email failure/>
                <Field
                    label=words::PASSWORD
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    about=Which::Password
                    failure
                />
                <FormFailure failure/>
                <button class="button primary" type="submit">{words::SIGN_IN}</button>
            </Form>
    }
    .into_any()
}
