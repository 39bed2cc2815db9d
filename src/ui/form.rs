//! Forms that ask the server without leaving the page, and work without JavaScript too.

use leptos::{
    html,
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
    task::spawn_local,
};
use leptos_router::hooks::use_query_map;

use super::fields::Failure;
use crate::{api, browser::Fields, domain::ApiError};

/// What a form without JavaScript came to, for the page that it came back to.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Failed {
    path: String,
    error: ApiError,
}

/// Provides what stands in the address of a form's last try. The server's alone: a [`super::part`] is told.
#[component]
pub fn LastTry() -> impl IntoView {
    // From the address itself: the router tells of it only when it draws a route, which is later.
    let last = use_query_map().with_untracked(|query| Some((query.get("__path")?, query.get("__err")?)));
    if let Some((path, error)) = last {
        provide_context(Failed { path, error: ServerFnUrlError::<ApiError>::decode_err(&error) });
    }
}

/// A form's tries. One type for all forms: what is asked is an address and what the form holds.
#[derive(Clone, Copy)]
pub struct Sending {
    path: &'static str,
    /// The form, while it is shown.
    pub form: NodeRef<html::Form>,
    /// What the last try came to: the server's words, or why not.
    pub answer: RwSignal<Option<Result<String, ApiError>>>,
    /// How many tries have come back.
    pub answered: RwSignal<u32>,
    /// How many are on their way.
    under_way: RwSignal<u32>,
}

impl Sending {
    /// To this server function.
    #[must_use]
    pub fn to<F: ServerFn>() -> Self {
        Self::to_path(F::PATH)
    }

    fn to_path(path: &'static str) -> Self {
        let before = use_context::<Failed>().filter(|before| before.path == path).map(|before| Err(before.error));
        let (answer, answered, under_way) = (RwSignal::new(before), RwSignal::new(0), RwSignal::new(0));
        Self { path, form: NodeRef::new(), answer, answered, under_way }
    }

    /// Why the last try did not work.
    #[must_use]
    pub fn failure(self) -> Failure {
        Signal::derive(move || self.answer.with(|answer| answer.as_ref()?.as_ref().err().copied()))
    }

    /// Whether a try is on its way.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        self.under_way.get() > 0
    }

    /// The last try's answer, if it worked.
    #[must_use]
    pub fn done(self) -> Option<String> {
        self.answer.get().and_then(Result::ok)
    }

    /// One at a time: the button says so too.
    fn send(self) {
        if self.under_way.get_untracked() > 0 {
            return;
        }
        let Some(fields) = self.form.get_untracked().and_then(|form| Fields::of_form(&form)) else { return };
        self.under_way.update(|tries| *tries += 1);
        spawn_local(async move {
            let answer = api::ask(self.path, fields).await;
            // The form may be gone meanwhile.
            let _ = self.under_way.try_update(|tries| *tries -= 1);
            let _ = self.answer.try_set(Some(answer));
            let _ = self.answered.try_update(|tries| *tries += 1);
        });
    }
}

/// A form that is sent like this.
#[component]
pub fn Form(sending: Sending, #[prop(optional)] class: Option<&'static str>, children: Children) -> impl IntoView {
    view! {
        <form
            node_ref=sending.form
            class=class
            method="post"
            action=sending.path
            on:submit=move |event| {
                event.prevent_default();
                sending.send();
            }
        >
            {children()}
        </form>
    }
    .into_any()
}
