//! The addresses that people see, and what is behind each.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use super::{
    activity::ActivityTab,
    form::LastTry,
    home::Home,
    icons::Sprite,
    networks::{NetworkPage, NetworksTab},
    pages::PagesTab,
    profile::ProfileTab,
    set_up::SetUp,
    sign_in::SignIn,
    trouble::NoSuchPage,
};

/// The app.
///
/// All routes are rendered whole before anything is sent, so that they can be read and used without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Sprite/>
        <Router>
            <LastTry/>
            <FlatRoutes fallback=NoSuchPage>
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=SetUp ssr=SsrMode::Async/>
                <Route path=path!("/w/:workspace/settings/profile") view=ProfileTab ssr=SsrMode::Async/>
                <Route path=path!("/w/:workspace/settings/pages") view=PagesTab ssr=SsrMode::Async/>
                <Route path=path!("/w/:workspace/settings/activity") view=ActivityTab ssr=SsrMode::Async/>
                <Route path=path!("/w/:workspace/settings/networks") view=NetworksTab ssr=SsrMode::Async/>
                <Route path=path!("/w/:workspace/settings/networks/:network") view=NetworkPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
    .into_any()
}
