//! The sign-in page.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

use super::{
    fields::{Field, FormFailure, failure_of},
    frame::Bare,
};
use crate::{
    api::session,
    domain::{Field as Which, words},
};

/// E-mail and password. The server leads on when they are right.
#[component]
pub fn SignIn() -> impl IntoView {
    let action = ServerAction::<session::SignIn>::new();
    let failure = failure_of(action.value());
    view! {
        <Title text=words::title(words::SIGN_IN)/>
        <Bare heading=words::SIGN_IN>
            <ActionForm action attr:class="form">
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
            </ActionForm>
        </Bare>
    }
    .into_any()
}
