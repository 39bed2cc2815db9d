//! The one way in: a page's facts change here and nowhere else, always with their event.

use sea_orm::{ActiveValue::Set, EntityTrait};

use super::rows::{
    grant,
    page::{self, BROKEN, LINKED, UNLINKED},
};
use crate::{
    domain::{Account, Actor, Change, Connection, EventKind, GrantId, Impossible, Link, Moment, PageId, PageView},
    server::{
        events::{self, New},
        store::{Json, StoreError, Writing},
    },
};

/// Why a page did not change.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// The law of links does not allow it.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// There is no such page in this workspace any more.
    #[error("there is no such page")]
    NoPage,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sea_orm::DbErr> for NotChanged {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// What a person approved for a page.
#[derive(Clone, Debug)]
pub struct Approval {
    /// What holds the tokens.
    pub grant: GrantId,
    /// The facts.
    pub connection: Connection,
}

/// Links the page to what was approved.
///
/// # Errors
/// [`Impossible::WrongAccount`] when the page is pinned to somebody else; then nothing changed.
pub async fn approve(
    writing: &mut Writing,
    at: Moment,
    page: PageId,
    approval: Approval,
    actor: Actor,
) -> Result<PageView, NotChanged> {
    let row = load(writing, page).await?;
    let grant = approval.grant;
    apply(writing, at, row, Step { change: Change::Approved(approval.connection), grant: Some(grant) }, actor).await
}

/// Lets `change` happen to the page.
///
/// # Errors
/// [`NotChanged::Impossible`] when it cannot follow what the page is; then nothing changed.
pub async fn transition(
    writing: &mut Writing,
    at: Moment,
    page: PageId,
    change: Change,
    actor: Actor,
) -> Result<PageView, NotChanged> {
    let row = load(writing, page).await?;
    let grant = row.grant_id.filter(|_| change != Change::Disconnected);
    apply(writing, at, row, Step { change, grant }, actor).await
}

struct Step {
    change: Change,
    grant: Option<GrantId>,
}

async fn apply(
    writing: &mut Writing,
    at: Moment,
    row: page::Model,
    step: Step,
    actor: Actor,
) -> Result<PageView, NotChanged> {
    let must_act_at = must_act_at(writing, row.grant_id).await?;
    let kind = kind_of(&step.change);
    let link = link_of(&row, must_act_at).after(step.change)?;
    let view = PageView { id: row.id, location: row.location, network: row.network.clone(), link };
    page::Entity::update(columns_of(row.id, &view.link, step.grant)).exec(writing.txn()).await?;
    let new = New { kind, actor, page: Some(view.clone()), network: None };
    events::record(writing, at, new).await?;
    Ok(view)
}

async fn load(writing: &Writing, page: PageId) -> Result<page::Model, NotChanged> {
    let found = page::Entity::find_by_id(page).one(writing.txn()).await?;
    found.filter(|row| row.workspace == writing.workspace()).ok_or(NotChanged::NoPage)
}

async fn must_act_at(writing: &Writing, grant: Option<GrantId>) -> Result<Option<Moment>, NotChanged> {
    let Some(id) = grant else { return Ok(None) };
    let found = grant::Entity::find_by_id(id).one(writing.txn()).await?;
    Ok(found.and_then(|grant| grant.must_act_at))
}

fn kind_of(change: &Change) -> EventKind {
    match change {
        Change::Approved(Connection { account: None, .. }) => EventKind::Unchosen,
        Change::Approved(_) => EventKind::Connected,
        Change::Disconnected => EventKind::Disconnected,
        Change::Died(reason) => EventKind::Broken { reason: *reason },
        Change::AbilitiesFound { .. } => EventKind::AbilitiesChanged,
        Change::LogIn { wanted: true } => EventKind::LogInWanted,
        Change::LogIn { wanted: false } => EventKind::LoggedIn,
        Change::Expiring => EventKind::Expiring,
        Change::Renewed => EventKind::Renewed,
    }
}

/// The link that the columns say. What is not whole is unlinked: an icon may be red too often, never green too often.
pub(super) fn link_of(row: &page::Model, must_act_at: Option<Moment>) -> Link {
    let (Some(linked_by), Some(linked_at)) = (row.linked_by.clone(), row.linked_at) else {
        return Link::Unlinked;
    };
    let account = match (row.account_id.clone(), row.account_name.clone()) {
        (Some(id), Some(name)) => Some(Account { id, name }),
        (None, None) => None,
        _ => return Link::Unlinked,
    };
    let (missing, must_log_in) = (row.missing.0.clone(), row.must_log_in);
    let connection = Connection { account, linked_by, linked_at, missing, must_act_at, must_log_in };
    match (row.link.as_str(), &row.reason) {
        (LINKED, _) => Link::Linked(connection),
        (BROKEN, Some(reason)) => Link::Broken(connection, reason.0),
        _ => Link::Unlinked,
    }
}

fn columns_of(id: PageId, link: &Link, grant: Option<GrantId>) -> page::ActiveModel {
    let connection = link.connection();
    let account = link.pinned_to();
    let (name, reason) = match link {
        Link::Unlinked => (UNLINKED, None),
        Link::Linked(_) => (LINKED, None),
        Link::Broken(_, reason) => (BROKEN, Some(Json(*reason))),
    };
    page::ActiveModel {
        id: Set(id),
        link: Set(name.to_owned()),
        grant_id: Set(grant),
        account_id: Set(account.map(|account| account.id.clone())),
        account_name: Set(account.map(|account| account.name.clone())),
        linked_by: Set(connection.map(|connection| connection.linked_by.clone())),
        linked_at: Set(connection.map(|connection| connection.linked_at)),
        missing: Set(Json(connection.map(|connection| connection.missing.clone()).unwrap_or_default())),
        reason: Set(reason),
        must_log_in: Set(connection.is_some_and(|connection| connection.must_log_in)),
        ..Default::default()
    }
}
