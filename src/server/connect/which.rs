//! At which address? Where a network has many, the person types one before they are sent there. A page that is connected
//! goes back to where it is; for another the last address of it, or of its workspace, is proposed.

use std::sync::Arc;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    ConnectError,
    attempts::{self, Unsent},
    choose::grant_at,
    rows::attempt,
    start::{Wish, row},
};
use crate::{
    domain::{AttemptId, AttemptState, NetworkAppId, PageId, PageView},
    server::{
        Member, Refusal,
        networks::{self, Definition, Door, NetworkApp, NoInstance, Ours},
        pages,
        store::Json,
    },
};

/// An attempt that waits for an address belongs to no app yet.
const NO_APP: NetworkAppId = NetworkAppId(Uuid::nil());

/// What is to be typed before the popup can go on.
pub struct Which {
    /// The attempt that the tab waits for.
    pub attempt: AttemptId,
    /// What the click was about.
    pub page: PageView,
    /// The network's name.
    pub network: String,
    /// What stands above the field.
    pub label: String,
    /// What stands in the empty field.
    pub example: String,
    /// What stands in the field.
    pub proposed: String,
    /// Why nobody was sent to what was typed.
    pub wrong: Option<NoInstance>,
    /// What else the click said.
    pub wish: Wish,
}

/// The app that the page is connected by, or would be.
///
/// # Errors
/// When there is none, or something of ours does not work.
pub(super) async fn app_for(
    member: &Member,
    view: &PageView,
    id: AttemptId,
    wish: &Wish,
) -> Result<Result<Arc<NetworkApp>, Which>, Refusal> {
    let app = member.app();
    let definition = app.networks.definition(&view.network).ok_or(ConnectError::NoApp)?;
    let Some(instance) = &definition.instance else {
        return Ok(Ok(app.networks.app_at(&view.network).ok_or(ConnectError::NoApp)?));
    };
    let pinned = pinned(member, view, definition).await?;
    let ask = |proposed: String, wrong| Which {
        attempt: id,
        page: view.clone(),
        network: definition.name.clone(),
        label: instance.label.clone(),
        example: instance.example.clone(),
        proposed,
        wrong,
        wish: wish.clone(),
    };
    let Some(typed) = pinned.or_else(|| wish.address.clone()) else {
        let last = pages::last_host(app.store.read(), view).await?;
        return Ok(Err(ask(last.or_else(|| instance.default.clone()).unwrap_or_default(), None)));
    };
    app.limits.address(member.session().id).map_err(Refusal::TooMany)?;
    let redirect = |id| app.base_url.callback(id);
    let ours = Ours { address: &app.base_url.origin(), redirect: &redirect, now: app.clock.now() };
    match networks::resolve(&app.networks, &app.client, (&view.network, &typed), &ours).await {
        Ok(network_app) => Ok(Ok(network_app)),
        Err(NoInstance::Ours(error)) => Err(error.into()),
        Err(wrong) => Ok(Err(ask(typed, Some(wrong)))),
    }
}

/// Where the page is connected, if it is.
async fn pinned(member: &Member, view: &PageView, definition: &Definition) -> Result<Option<String>, Refusal> {
    let app = member.app();
    let Some(grant) = grant_at(app, view.id).await? else { return Ok(None) };
    let network_app = app.networks.find(grant.network_app).await?;
    let host = network_app.and_then(|network_app| host_of(&network_app, definition));
    // Where a name may be a person's too, a server is one by its address.
    Ok(host.map(|host| if definition.hook.is_some() { format!("https://{host}") } else { host }))
}

/// Where an app is, where its network has many addresses.
pub(super) fn host_of(network_app: &NetworkApp, definition: &Definition) -> Option<String> {
    let default = definition.instance.as_ref()?.default.clone();
    match network_app.door() {
        Door::Outside => network_app.host.clone(),
        Door::Known => default,
    }
}

/// Lets the tab know that its attempt is there, while the person types. It can be answered by nothing.
pub(super) async fn wait(member: &Member, id: AttemptId, page: PageId) -> Result<(), Refusal> {
    let app = member.app();
    if is_waiting(member, id, page).await? {
        return Ok(());
    }
    attempts::open(app, &row(member, id, page, None), Unsent::default()).await?;
    Ok(())
}

/// Whether the attempt waits for an address, for this page and in this session.
pub(super) async fn is_waiting(member: &Member, id: AttemptId, page: PageId) -> Result<bool, Refusal> {
    let db = member.app().store.read();
    let found = attempt::Entity::find_by_id(id).filter(waits(member, page)).one(db).await?;
    Ok(found.is_some())
}

/// The address is there: the attempt is opened anew, for the app at it.
pub(super) async fn end_waiting(member: &Member, id: AttemptId, page: PageId) -> Result<(), Refusal> {
    let db = member.app().store.read();
    let ours = attempt::Column::Id.eq(id);
    attempt::Entity::delete_many().filter(ours).filter(waits(member, page)).exec(db).await?;
    Ok(())
}

fn waits(member: &Member, page: PageId) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(attempt::Column::NetworkApp.eq(NO_APP))
        .add(attempt::Column::Page.eq(page))
        .add(attempt::Column::Session.eq(member.session().id))
        .add(attempt::Column::State.eq(Json(AttemptState::Open)))
}
