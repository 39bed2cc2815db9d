//! Adding pages, not connected yet: one where a person clicked, or many with their locations.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use uuid::Uuid;

use super::{
    board::view,
    rows::page::{self, UNLINKED},
};
use crate::{
    domain::{Actor, EventKind, Link, LocationId, NetworkId, PageId, PageView},
    server::{
        Member, Refusal, events,
        events::New,
        networks,
        store::{Json, Writing},
        workspaces,
    },
};

/// Adds the location's page on `network`; answers the one that is there already, if there is one.
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
    let new = insert(&mut writing, member, location, network).await?;
    app.bus.commit(&app.store, writing).await?;
    Ok(new)
}

/// Adds locations that have a page on each of `networks`: all of them, or none.
///
/// # Errors
/// [`Refusal::BadInput`] for a name that cannot be one, [`Refusal::NotAllowed`] for those who only look.
pub async fn add_locations(member: &Member, names: &[String], networks: &[NetworkId]) -> Result<(), Refusal> {
    member.must_be_able_to_connect()?;
    let app = member.app();
    let mut writing = app.store.write(member.workspace().id).await?;
    for name in names {
        let location = workspaces::insert_location(&mut writing, member, name).await?;
        for network in networks {
            insert(&mut writing, member, location.id, network).await?;
        }
    }
    app.bus.commit(&app.store, writing).await?;
    Ok(())
}

async fn insert(
    writing: &mut Writing,
    member: &Member,
    location: LocationId,
    network: &NetworkId,
) -> Result<PageView, Refusal> {
    let new = PageView { id: PageId(Uuid::now_v7()), location, network: network.clone(), link: Link::Unlinked };
    page::Entity::insert(page::ActiveModel {
        id: Set(new.id),
        workspace: Set(writing.workspace()),
        location: Set(location),
        network: Set(network.clone()),
        link: Set(UNLINKED.to_owned()),
        missing: Set(Json(vec![])),
        must_log_in: Set(false),
        ..Default::default()
    })
    .exec_without_returning(writing.txn())
    .await?;
    let actor = Actor::Person(member.name().to_owned());
    let event = New { kind: EventKind::PageAdded, actor, page: Some(new.clone()), network: None };
    events::record(writing, member.app().clock.now(), event).await?;
    Ok(new)
}
