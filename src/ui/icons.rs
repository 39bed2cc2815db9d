//! The icons: one sprite in the document, used by name.

use leptos::prelude::*;

use super::marks::Marks;
use crate::domain::Status;

/// A shape of the sprite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Connected.
    Tick,
    /// Not connected, or broken.
    Broken,
    /// Expiring.
    Clock,
    /// Partly connected.
    Partly,
    /// Connecting.
    Spin,
    /// The network does not answer.
    Cloud,
    /// No page here.
    Plus,
    /// Something that is about no page.
    Know,
}

impl Shape {
    /// Each status has a shape of its own: colour is never the only sign.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        match status {
            Status::Connected => Self::Tick,
            Status::NotConnected | Status::Broken(_) => Self::Broken,
            Status::Connecting => Self::Spin,
            Status::Expiring { .. } => Self::Clock,
            Status::Partly(_) => Self::Partly,
            Status::NotAnswering => Self::Cloud,
        }
    }

    fn link(self) -> &'static str {
        match self {
            Self::Tick => "#tick",
            Self::Broken => "#broken",
            Self::Clock => "#clock",
            Self::Partly => "#partly",
            Self::Spin => "#spin",
            Self::Cloud => "#cloud",
            Self::Plus => "#plus",
            Self::Know => "#know",
        }
    }
}

/// An icon. What it means is said by whoever shows it.
#[component]
pub fn Icon(
    /// Which.
    #[prop(into)]
    shape: Signal<Shape>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <use href=move || shape.get().link()/>
        </svg>
    }
}

/// The networks that have a drawing of their own. The drawings themselves the browser does not need to know.
pub const DRAWN: [&str; 30] = [
    "bluesky",
    "chirper",
    "discord",
    "facebook_pages",
    "github",
    "gitlab",
    "google_business_profile",
    "hush",
    "instagram",
    "linkedin",
    "linkedin_profile",
    "linkwork",
    "mailchimp",
    "mastodon",
    "oauth2",
    "oidc",
    "pagebook",
    "pinterest",
    "reddit",
    "shopify",
    "slack",
    "snapchat_login",
    "snapchat_marketing",
    "threads",
    "tiktok",
    "tumblr",
    "twitch",
    "wordpress_com",
    "x",
    "youtube",
];

/// A network's drawing. Its name stands beside it.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns what it is given")]
pub fn NetworkMark(
    /// The network's id.
    network: String,
) -> impl IntoView {
    let name = if DRAWN.contains(&network.as_str()) { network.as_str() } else { "other" };
    let drawing = format!("#net-{name}");
    view! {
        <svg class="icon mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <use href=drawing/>
        </svg>
    }
}

/// The shapes, once per document.
#[component]
pub fn Sprite() -> impl IntoView {
    view! {
        <svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false">
            <defs>
                <Drawing id="tick" strokes=&["M4.5 12.8l4.8 4.7L19.5 7"]/>
                <Drawing
                    id="broken"
                    strokes=&[
                        "M10 14l-2.6 2.6a3.7 3.7 0 01-5.2-5.2L5.6 8",
                        "M14 10l2.6-2.6a3.7 3.7 0 015.2 5.2L18.4 16",
                        "M9 3.5v2.6M4 5l1.8 1.8M15 20.5v-2.6M20 19l-1.8-1.8",
                    ]
                />
                <Drawing
                    id="clock"
                    strokes=&["M3 12.6l3.6 3.6 6.2-6.8", "M12 16a5 5 0 1010 0a5 5 0 10-10 0", "M17 13.6V16l1.7 1.2"]
                />
                <Drawing id="partly" strokes=&["M3 13l4 4 7-8", "M18.5 6.5v7", "M18.5 17.5v.1"]/>
                <Drawing id="spin" strokes=&["M12 3.5a8.5 8.5 0 108.5 8.5"]/>
                <Drawing id="plus" strokes=&["M12 6v12M6 12h12"]/>
                <Drawing id="cross" strokes=&["M6.5 6.5l11 11M17.5 6.5l-11 11"]/>
                <Drawing id="know" strokes=&["M12 11v6.5", "M12 6.5v.1"]/>
                <Marks/>
                <Drawing id="cloud" strokes=&["M4 9.5l3 3 5-5.4", "M9 20h8.5a3.5 3.5 0 00.4-7 4.8 4.8 0 00-9-1"]/>
            </defs>
        </svg>
    }
}

#[component]
fn Drawing(id: &'static str, strokes: &'static [&'static str]) -> impl IntoView {
    view! {
        <g id=id fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
            {strokes.iter().map(|stroke| view! { <path d=*stroke></path> }).collect_view()}
        </g>
    }
}
