//! `/`: on to where this person works.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::{awaited::awaited, frame::pages_path, trouble::Trouble};
use crate::{api, domain::ApiError};

/// Leads to the first workspace's Pages tab, or to the sign-in page.
#[component]
pub fn Home() -> impl IntoView {
    awaited(async {
        match api::session::me().await {
            Ok(me) => match me.workspaces.first() {
                Some(first) => view! { <Redirect path=pages_path(&first.slug)/> }.into_any(),
                None => view! { <Trouble error=ApiError::NotFound/> }.into_any(),
            },
            Err(error) => view! { <Trouble error/> }.into_any(),
        }
    })
}
