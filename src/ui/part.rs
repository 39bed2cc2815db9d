//! The parts of a page that live in the browser.
//!
//! The server writes whole pages; of a page only its parts are woken. What stands around them, the routes and the reading
//! of the address stay on the server, and a page without parts brings no script at all. What a part knows at first comes
//! with it as JSON, so nothing is asked twice.

use leptos::prelude::*;
use serde::Serialize;

use super::{
    form::Failed,
    pages::{self, TabOf},
    set_up::{self, SetUpForm},
    sign_in::{self, SignInForm},
};
use crate::browser::{Found, read};

/// A part as the server writes it. `children` must be what [`wake`] makes of the same `known`.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]
pub fn Part<T: Serialize + Send + 'static>(
    /// Its name, by which it is found.
    name: &'static str,
    /// What it knows at first.
    known: T,
    children: Children,
) -> impl IntoView {
    let options = use_context::<LeptosOptions>();
    view! {
        {options.map(|options| view! { <HydrationScripts options/> })}
        <div class="part" data-part=name data-known=json(&known) data-failed=json(&use_context::<Failed>())>
            {children()}
        </div>
    }
    .into_any()
}

fn json(known: &impl Serialize) -> String {
    serde_json::to_string(known).unwrap_or_default()
}

/// How the found part is made; `None` for one that another version's server wrote. That one works on as it came, as it
/// does without JavaScript.
#[must_use]
pub fn wake(part: &Found) -> Option<Box<dyn FnOnce() -> AnyView>> {
    let failed = read::<Option<Failed>>(&part.failed)?;
    let make: Box<dyn FnOnce() -> AnyView> = match part.name.as_str() {
        pages::PART => {
            let loaded = read(&part.known)?;
            Box::new(move || view! { <TabOf loaded/> }.into_any())
        }
        sign_in::PART => Box::new(|| view! { <SignInForm/> }.into_any()),
        set_up::PART => {
            let token = read(&part.known)?;
            Box::new(move || view! { <SetUpForm token/> }.into_any())
        }
        _ => return None,
    };
    Some(Box::new(move || {
        if let Some(failed) = failed {
            provide_context(failed);
        }
        make()
    }))
}
