//! Pages: the board, a page's details, and giving a permission back. Connecting is a form of its own, `/connect/{page}`.

use leptos::prelude::*;

use super::Wire;
use crate::domain::{
    Activity, ApiError, Board, CatchUp, LocationId, NetworkId, PageDetails, PageId, PageView, Returned, Show,
};

/// What the Pages tab of the workspace at `/w/{workspace}` shows under a choice. `shown` are the ids, joined by commas,
/// of locations or pages whose rows must be there.
#[server(name = BoardCall, endpoint = "pages/board", protocol = Wire)]
pub async fn board(workspace: String, q: String, show: Show, from: usize, shown: String) -> Result<Board, ApiError> {
    use crate::server::{answer, pages};
    let choice = crate::domain::Choice { search: q, show, from };
    answer(async |caller| pages::board(&caller.member(&workspace).await?, &choice, &shown).await).await
}

/// What a tab missed after event number `seq`.
#[server(endpoint = "pages/events_after", protocol = Wire)]
pub async fn events_after(workspace: String, seq: i64) -> Result<CatchUp, ApiError> {
    use crate::server::{answer, events};
    answer(async |caller| events::after(&caller.member(&workspace).await?, seq).await).await
}

/// What the Activity tab of the workspace at `/w/{workspace}` shows: of one page, of locations that are called like `q`, of
/// one network, or of all; the newest, or what came before or after a number.
#[server(name = ActivityCall, endpoint = "pages/activity", protocol = Wire)]
pub async fn activity(
    workspace: String,
    page: String,
    q: String,
    network: String,
    before: String,
    after: String,
) -> Result<Activity, ApiError> {
    use crate::server::{answer, pages};
    let wanted = pages::Wanted::of(&page, &q, &network, &before, &after);
    answer(async |caller| pages::activity(&caller.member(&workspace).await?, wanted?).await).await
}

/// What the page's dialog says beyond its link.
#[server(endpoint = "pages/details", protocol = Wire)]
pub async fn details(page: PageId) -> Result<PageDetails, ApiError> {
    use crate::server::{answer, pages};
    answer(async |caller| pages::details(&caller.member_at(page).await?, page).await).await
}

/// Gives the page's permission back and forgets its tokens.
#[server(endpoint = "pages/disconnect", protocol = Wire)]
pub async fn disconnect(page: PageId) -> Result<Returned, ApiError> {
    use crate::server::{answer, connect};
    answer(async |caller| connect::disconnect(&caller.member_at(page).await?, page).await).await
}

/// Adds the location's page on one more network, not connected yet.
#[server(endpoint = "pages/add", protocol = Wire)]
pub async fn add(location: LocationId, network: NetworkId) -> Result<PageView, ApiError> {
    use crate::server::{answer, pages};
    answer(async |caller| pages::add(&caller.member_of(location).await?, location, &network).await).await
}
