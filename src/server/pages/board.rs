//! What the Pages tab shows.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{
    activity::last_of,
    roster::Roster,
    rows::{grant, page},
    standing::standing_on,
    transition::link_of,
};
use crate::{
    domain::{Board, Choice, Moment, NetworkCard, PageDetails, PageId, PageView, Returned, SHOWN_AT_ONCE, WorkspaceId},
    server::{Member, Refusal, networks, store::StoreError, workspaces},
};

/// What the Pages tab shows under `choice`; the rows of `shown` (ids of locations or pages, joined by commas) stay in it.
///
/// # Errors
/// When the database does not answer.
pub async fn board(member: &Member, choice: &Choice, shown: &str) -> Result<Board, Refusal> {
    let shown: Vec<_> = shown.split(',').filter_map(|id| id.parse().ok()).take(2 * SHOWN_AT_ONCE).collect();
    let (app, workspace) = (member.app(), member.workspace().clone());
    let now = app.clock.now();
    let question = |roster: &Roster, networks: &[NetworkCard]| roster.part(choice, &shown, networks, now);
    let (part, networks) = app.rosters.ask(app, workspace.id, question).await?;
    Ok(Board {
        may_connect: member.role().may_connect(),
        networks,
        locations: part.locations,
        pages: part.pages,
        tally: part.tally,
        span: part.span,
        seq: part.seq,
        now,
        workspace,
    })
}

pub(super) fn view_of(must_act_at: Option<Moment>, row: page::Model) -> PageView {
    let link = link_of(&row, must_act_at);
    PageView { id: row.id, location: row.location, network: row.network, link }
}

/// One page as it is now, if it is there. Whose it is must be known already.
///
/// # Errors
/// When the database does not answer.
pub async fn view(
    db: &impl ConnectionTrait,
    workspace: WorkspaceId,
    page: PageId,
) -> Result<Option<PageView>, StoreError> {
    let found = page::Entity::find_by_id(page).filter(page::Column::Workspace.eq(workspace)).one(db).await?;
    let Some(row) = found else { return Ok(None) };
    let grant = match row.grant_id {
        Some(id) => grant::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    Ok(Some(view_of(grant.and_then(|grant| grant.must_act_at), row)))
}

/// What the page's dialog says beyond its link.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such page.
pub async fn details(member: &Member, page: PageId) -> Result<PageDetails, Refusal> {
    let (app, workspace) = (member.app(), member.workspace().id);
    let db = app.store.read();
    let found = page::Entity::find_by_id(page).filter(page::Column::Workspace.eq(workspace)).one(db).await?;
    let row = found.ok_or(Refusal::NotFound)?;
    let (grant, siblings) = match row.grant_id {
        Some(id) => (grant::Entity::find_by_id(id).one(db).await?, standing_on(db, id).await?),
        None => (None, vec![]),
    };
    // As the network is where the page is.
    let network_app = match &grant {
        Some(grant) => app.networks.find(grant.network_app).await?,
        None => None,
    };
    let definition = network_app.or_else(|| app.networks.app_at(&row.network)).map(|found| found.definition.clone());
    let instance =
        row.host.filter(|_| grant.is_some() && definition.as_ref().is_some_and(|one| one.instance.is_some()));
    let names: HashMap<_, _> =
        workspaces::locations(app, workspace).await?.into_iter().map(|location| (location.id, location.name)).collect();
    let siblings = siblings.iter().filter(|sibling| sibling.page != page);
    let shared_with: Vec<_> = siblings.filter_map(|sibling| names.get(&sibling.location).cloned()).collect();
    let can_be_told = definition.as_ref().is_some_and(|definition| definition.revoke.is_some());
    let would_be = match (shared_with.is_empty(), can_be_told) {
        (false, _) => Returned::StillUsed,
        (true, true) => Returned::Returned,
        (true, false) => Returned::ByHand,
    };
    let cards = networks::cards(db, &app.networks).await?;
    Ok(PageDetails {
        history: last_of(app, workspace, &cards, page).await?,
        checked_at: grant.map(|grant| grant.checked_at),
        shared_with,
        would_be,
        manage_hint: definition.as_ref().and_then(|definition| definition.manage_hint.clone()),
        manage_url: definition.as_ref().filter(|_| instance.is_some()).and_then(|one| one.manage_url.clone()),
        instance,
        has_pages: definition.is_some_and(|definition| definition.pages.is_some()),
    })
}
