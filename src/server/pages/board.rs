//! What the Pages tab shows, and adding to it.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    rows::{
        grant,
        page::{self, UNLINKED},
    },
    transition::link_of,
};
use crate::{
    domain::{
        Actor, Board, EventKind, GrantId, Link, LocationId, Moment, NetworkId, PageDetails, PageId, PageView,
        WorkspaceId,
    },
    server::{
        App, Member, Refusal, events,
        events::New,
        networks,
        store::{Json, StoreError},
        workspaces,
    },
};

/// Everything that the Pages tab shows.
///
/// # Errors
/// When the database does not answer.
pub async fn board(member: &Member) -> Result<Board, Refusal> {
    let (app, workspace) = (member.app(), member.workspace().clone());
    // The number first: what is read after it is at least as new, and a change that comes twice does no harm.
    let seq = events::current(app.store.read(), workspace.id).await?;
    Ok(Board {
        may_connect: member.role().may_connect(),
        networks: networks::cards(app.store.read(), &app.networks).await?,
        locations: workspaces::locations(app, workspace.id).await?,
        pages: views(app, workspace.id).await?,
        seq,
        now: app.clock.now(),
        workspace,
    })
}

async fn views(app: &App, workspace: WorkspaceId) -> Result<Vec<PageView>, StoreError> {
    let db = app.store.read();
    let grants = grant::Entity::find().filter(grant::Column::Workspace.eq(workspace)).all(db).await?;
    let must_act: HashMap<GrantId, Option<Moment>> =
        grants.into_iter().map(|grant| (grant.id, grant.must_act_at)).collect();
    let rows = page::Entity::find().filter(page::Column::Workspace.eq(workspace)).all(db).await?;
    let must_act_at = |row: &page::Model| row.grant_id.and_then(|grant| must_act.get(&grant).copied().flatten());
    Ok(rows.into_iter().map(|row| view_of(must_act_at(&row), row)).collect())
}

fn view_of(must_act_at: Option<Moment>, row: page::Model) -> PageView {
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
    let Some(id) = found.ok_or(Refusal::NotFound)?.grant_id else {
        return Ok(PageDetails { checked_at: None, shared_with: vec![] });
    };
    let grant = grant::Entity::find_by_id(id).one(db).await?;
    let siblings = page::Entity::find()
        .filter(page::Column::GrantId.eq(id))
        .filter(page::Column::Id.ne(page))
        .order_by_asc(page::Column::Id)
        .all(db)
        .await?;
    let names: HashMap<_, _> =
        workspaces::locations(app, workspace).await?.into_iter().map(|location| (location.id, location.name)).collect();
    let shared_with = siblings.iter().filter_map(|page| names.get(&page.location).cloned()).collect();
    Ok(PageDetails { checked_at: grant.map(|grant| grant.checked_at), shared_with })
}

/// Adds the location's page on `network`, not connected; answers the one that is there already, if there is one.
///
/// # Errors
/// [`Refusal::NotAllowed`] for those who only look, [`Refusal::NotFound`] for a network that the workspace cannot use.
pub async fn add(member: &Member, location: LocationId, network: &NetworkId) -> Result<PageView, Refusal> {
    member.must_be_able_to_connect()?;
    let (app, workspace) = (member.app(), member.workspace().id);
    if !networks::cards(app.store.read(), &app.networks).await?.iter().any(|card| card.id == *network) {
        return Err(Refusal::NotFound);
    }
    let mut writing = app.store.write(workspace).await?;
    let here = page::Column::Location.eq(location).and(page::Column::Network.eq(network.clone()));
    if let Some(row) = page::Entity::find().filter(here).one(writing.txn()).await? {
        drop(writing);
        return view(app.store.read(), workspace, row.id).await?.ok_or(Refusal::NotFound);
    }
    let new = PageView { id: PageId(Uuid::now_v7()), location, network: network.clone(), link: Link::Unlinked };
    page::Entity::insert(page::ActiveModel {
        id: Set(new.id),
        workspace: Set(workspace),
        location: Set(location),
        network: Set(network.clone()),
        link: Set(UNLINKED.to_owned()),
        missing: Set(Json(vec![])),
        ..Default::default()
    })
    .exec_without_returning(writing.txn())
    .await?;
    let actor = Actor::Person(member.name().to_owned());
    let event = New { kind: EventKind::PageAdded, actor, page: Some(new.clone()), network: None };
    events::record(&mut writing, app.clock.now(), event).await?;
    app.bus.commit(&app.store, writing).await?;
    Ok(new)
}
