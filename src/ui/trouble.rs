//! What is shown where something cannot be.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::frame::Bare;
use crate::domain::{ApiError, words};

/// Leads a person who is signed out to the sign-in page, and tells everybody else what happened and what to do.
#[component]
pub fn Trouble(
    /// What the server answered.
    error: ApiError,
) -> impl IntoView {
    match error {
        ApiError::SignedOut => view! { <Redirect path="/sign-in"/> }.into_any(),
        ApiError::NotFound => view! { <NoSuchPage/> }.into_any(),
        _ => view! {
            <Title text=words::title(words::NOT_SHOWN)/>
            <Bare heading=words::NOT_SHOWN>
                <p role="alert">{words::error(error)}</p>
                // An empty address is this page's own: asks again, without JavaScript too.
                <p><a href="" rel="external">{words::TRY_AGAIN}</a></p>
            </Bare>
        }
        .into_any(),
    }
}

/// An address that leads nowhere. The server sets the status.
#[component]
pub fn NoSuchPage() -> impl IntoView {
    view! {
        <Title text=words::title(words::NOT_FOUND)/>
        <Bare heading=words::NOT_FOUND>
            <p>{words::NOT_FOUND_MEANS}</p>
            <p><a href="/">{words::TO_START}</a></p>
        </Bare>
    }
}
