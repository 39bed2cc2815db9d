//! What stands around every page: the header, the tabs, the main part.

use leptos::prelude::*;

use super::{
    form::{Form, Sending},
    icons::{Icon, Shape},
};
use crate::{
    api::session::SignOut,
    domain::{WorkspaceCard, words},
};

/// The tabs that exist.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The person.
    Profile,
    /// The pages.
    Pages,
    /// What happened.
    Activity,
    /// Our apps at the networks.
    Networks,
}

/// Where a workspace's Pages tab is.
#[must_use]
pub fn pages_path(slug: &str) -> String {
    format!("/w/{slug}/settings/pages")
}

/// Where a workspace's Profile tab is.
#[must_use]
pub fn profile_path(slug: &str) -> String {
    format!("/w/{slug}/settings/profile")
}

/// Where a workspace's Activity tab is.
#[must_use]
pub fn activity_path(slug: &str) -> String {
    format!("/w/{slug}/settings/activity")
}

/// Where a workspace's Networks tab is.
#[must_use]
pub fn networks_path(slug: &str) -> String {
    format!("/w/{slug}/settings/networks")
}

/// The account settings: header, tabs, and the open tab as children.
#[component]
pub fn Settings(
    /// Whose.
    workspace: WorkspaceCard,
    /// The open one.
    tab: Tab,
    children: Children,
) -> impl IntoView {
    let (slug, is_owner) = (workspace.slug.clone(), workspace.is_owner);
    view! {
        <SkipLink/>
        <Header workspace/>
        <main id="main" tabindex="-1">
            <h1>{words::ACCOUNT_SETTINGS}</h1>
            <nav class="tabs" aria-label=words::ACCOUNT_SETTINGS>
                <TabLink path=profile_path(&slug) label=words::PROFILE is_open={tab == Tab::Profile}/>
                <TabLink path=pages_path(&slug) label=words::PAGES is_open={tab == Tab::Pages}/>
                <TabLink path=activity_path(&slug) label=words::ACTIVITY is_open={tab == Tab::Activity}/>
                {is_owner.then(|| view! {
                    <TabLink path=networks_path(&slug) label=words::NETWORKS is_open={tab == Tab::Networks}/>
                })}
            </nav>
            {children()}
        </main>
    }
    .into_any()
}

/// A page without a workspace: the sign-in page and the like.
#[component]
pub fn Bare(
    /// Its title.
    heading: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <SkipLink/>
        <header class="bar"><Brand/></header>
        <main id="main" class="narrow" tabindex="-1">
            <h1>{heading}</h1>
            {children()}
        </main>
    }
    .into_any()
}

#[component]
fn SkipLink() -> impl IntoView {
    view! { <a class="skip" href="#main" rel="external">{words::SKIP_TO_MAIN}</a> }
}

#[component]
fn Brand() -> impl IntoView {
    view! { <a class="brand" href="/"><Icon shape=Shape::Tick/>{words::PRODUCT}</a> }
}

#[component]
fn Header(workspace: WorkspaceCard) -> impl IntoView {
    let sign_out = Sending::to::<SignOut>();
    let initials = initials(&workspace.name);
    view! {
        <header class="bar">
            <Brand/>
            <span class="who">{workspace.name}</span>
            <span class="avatar" aria-hidden="true">{initials}</span>
            <Form sending=sign_out>
                <button class="quiet" type="submit">{words::SIGN_OUT}</button>
            </Form>
        </header>
    }
    .into_any()
}

#[component]
fn TabLink(path: String, label: &'static str, is_open: bool) -> impl IntoView {
    view! { <a href=path aria-current=is_open.then_some("page")>{label}</a> }
}

/// "HC" of "Harbour Coffee".
fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_two_words() {
        assert_eq!(initials("Harbour Coffee"), "HC");
        assert_eq!(initials("café de la gare"), "CD");
        assert_eq!(initials("  "), "");
    }
}
