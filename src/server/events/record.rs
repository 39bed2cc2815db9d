//! Writing an event, and reading what came after one.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

use super::rows::{ActiveModel, Column, Entity};
use crate::{
    domain::{Actor, CatchUp, Event, EventKind, LocationId, Moment, NetworkCard, NetworkId, PageView, WorkspaceId},
    server::{
        Member, Refusal,
        store::{Backend, Json, Note, Store, StoreError, Writing},
    },
};

/// More than this many missed events are slower to replay than a new board is to draw.
const REPLAY_LIMIT: u64 = 500;

/// An event without its number.
#[derive(Debug)]
pub struct New {
    /// What happened.
    pub kind: EventKind,
    /// Who made it happen.
    pub actor: Actor,
    /// The page as it is after it.
    pub page: Option<PageView>,
    /// The network as it is after it.
    pub network: Option<NetworkCard>,
}

/// Writes the event with the next number of the workspace. It is told to nobody before [`super::Bus::commit`].
///
/// # Errors
/// When the database does not do it.
pub async fn record(writing: &mut Writing, at: Moment, new: New) -> Result<Event, StoreError> {
    let location = new.page.as_ref().map(|page| page.location);
    record_at(writing, at, new, location).await
}

/// As [`record`], of what happened at a location and to none of its pages.
///
/// # Errors
/// When the database does not do it.
pub async fn record_at(
    writing: &mut Writing,
    at: Moment,
    new: New,
    location: Option<LocationId>,
) -> Result<Event, StoreError> {
    let seq = writing.next_seq().await?;
    let New { kind, actor, page, network } = new;
    let event = Event { seq, at, kind, actor, page, network };
    let row = ActiveModel {
        workspace: Set(writing.workspace()),
        seq: Set(seq),
        page: Set(event.page.as_ref().map(|page| page.id)),
        location: Set(location),
        network: Set(network_of(&event).cloned()),
        data: Set(Json(event.clone())),
        at: Set(at),
    };
    Entity::insert(row).exec_without_returning(writing.txn()).await?;
    let page = event.page.as_ref().map(|page| page.id);
    writing.note(Note { seq, kind: event.kind.key(), page, network: network_of(&event).cloned() });
    Ok(event)
}

fn network_of(event: &Event) -> Option<&NetworkId> {
    event.page.as_ref().map(|page| &page.network).or(event.network.as_ref().map(|card| &card.id))
}

/// What a member's tab missed after event number `seq`.
///
/// # Errors
/// When the database does not answer.
pub async fn after(member: &Member, seq: i64) -> Result<CatchUp, Refusal> {
    Ok(after_in(member.store(), member.workspace().id, seq).await?)
}

/// What happened in the workspace after event number `seq`, in order.
///
/// # Errors
/// When the database does not answer.
pub async fn after_in(store: &Store, workspace: WorkspaceId, seq: i64) -> Result<CatchUp, StoreError> {
    let found = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(REPLAY_LIMIT + 1)
        .all(store.read())
        .await?;
    let starts_there = found.first().is_none_or(|first| first.seq == seq + 1);
    let too_many = u64::try_from(found.len()).is_ok_and(|count| count > REPLAY_LIMIT);
    // A number that was never given comes from another database: a restored backup, say.
    if too_many || !starts_there || (found.is_empty() && current(store.read(), workspace).await? < seq) {
        return Ok(CatchUp::Snapshot);
    }
    Ok(CatchUp::Events(found.into_iter().map(|row| row.data.0).collect()))
}

/// The number of the workspace's last event; 0 before the first.
///
/// # Errors
/// When the database does not answer, or there is no such workspace.
pub async fn current(db: &impl ConnectionTrait, workspace: WorkspaceId) -> Result<i64, StoreError> {
    let query =
        Query::select().column("event_seq").from("workspaces").and_where(Expr::col("id").eq(workspace)).to_owned();
    let row = db.query_one(&query).await?.ok_or_else(|| DbErr::RecordNotFound("workspace".into()))?;
    Ok(row.try_get("", "event_seq")?)
}

/// Wakes the other processes on the same PostgreSQL when the transaction commits.
pub(super) async fn notify(writing: &Writing, store: &Store, payload: &str) -> Result<(), StoreError> {
    if store.backend() == Backend::Postgres {
        let notify = sea_orm::Statement::from_sql_and_values(
            sea_orm::DbBackend::Postgres,
            "SELECT pg_notify($1, $2)",
            [super::bus::CHANNEL.into(), payload.into()],
        );
        writing.txn().execute_raw(notify).await?;
    }
    Ok(())
}
