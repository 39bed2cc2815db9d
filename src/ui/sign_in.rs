//! The sign-in page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    fields::{Field, FormFailure},
    form::{Form, Sending},
    frame::Bare,
};
use crate::{
    api::session,
    domain::{Field as Which, words},
};

/// E-mail and password. The server leads on when they are right.
#[component]
pub fn SignIn() -> impl IntoView {
    let sending = Sending::to::<session::SignIn>();
    let failure = sending.failure();
    view! {
        <Title text=words::title(words::SIGN_IN)/>
        <Bare heading=words::SIGN_IN>
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
        </Bare>
    }
    .into_any()
}
