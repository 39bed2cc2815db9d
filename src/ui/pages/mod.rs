//! The Pages tab: every location, and for each network the status of its page there.
//!
//! [`desk::Desk`] is what the tab knows, [`waits::Waits`] the popups it waits for, [`feed::Feed`] keeps it true. The rest
//! shows it. A live update sets the signal of one cell; the table is never built anew.

mod add;
mod cell;
mod choice;
mod desk;
mod dialog;
mod facts;
mod feed;
mod notes;
mod pager;
mod summary;
mod tab;
mod table;
mod tools;
mod waits;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

pub use self::tab::TabOf;
use super::{
    awaited::awaited,
    frame::{Settings, Tab},
    part::Part,
    trouble::Trouble,
};
use crate::{
    api,
    domain::{ApiError, Board, Choice, Me, PageDetails, PageId, words},
};

/// The name of the tab's part that lives in the browser.
pub const PART: &str = "pages";

/// What the server knows when the tab is asked for.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Loaded {
    me: Me,
    board: Board,
    /// What the address asks to see.
    choice: Choice,
    /// The page whose dialog the address asks for, which works without JavaScript.
    asked: Option<(PageId, PageDetails)>,
}

/// The tab of the workspace in the address.
#[component]
pub fn PagesTab() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.with(|params| params.get("workspace").unwrap_or_default());
    let query = use_query_map();
    let asked = query.with_untracked(|query| query.get_str("page").and_then(|page| page.parse().ok()));
    let choice = query.with_untracked(choice::from_query);
    let tab = awaited(async move {
        match load(slug(), choice, asked).await {
            Ok(loaded) => view! {
                <Settings workspace=loaded.board.workspace.clone() tab=Tab::Pages>
                    <Part name=PART known=loaded.clone()>
                        <TabOf loaded/>
                    </Part>
                </Settings>
            }
            .into_any(),
            Err(error) => view! { <Trouble error/> }.into_any(),
        }
    });
    view! {
        <Title text=words::title(words::PAGES)/>
        {tab}
    }
}

async fn load(slug: String, choice: Choice, asked: Option<PageId>) -> Result<Loaded, ApiError> {
    let me = api::session::me().await?;
    let shown = asked.map(|page| page.to_string()).unwrap_or_default();
    let board = api::pages::board(slug, choice.search.clone(), choice.show, choice.from, shown).await?;
    // The dialog is only for pages of this board that have something to tell.
    let asked =
        asked.filter(|page| board.pages.iter().any(|view| view.id == *page && view.link.connection().is_some()));
    let asked = match asked {
        Some(page) => api::pages::details(page).await.ok().map(|details| (page, details)),
        None => None,
    };
    Ok(Loaded { me, board, choice, asked })
}
