//! Workspaces, who belongs to them, and their locations.

mod members;
mod rows;

pub use members::{add_member, create, locations, names, of_member, of_member_at, of_member_of, of_user};

use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use self::rows::location;
use super::{
    Member, Refusal,
    events::{self, New},
    store::Writing,
};
use crate::domain::{Actor, EventKind, Field, LocationCard, LocationId};

/// Longer names fit no row of the table.
const NAME_AT_MOST: usize = 80;

/// A name as it is stored.
///
/// # Errors
/// [`Refusal::BadInput`] when nothing is left of it, or it is too long.
pub fn name_from(text: &str) -> Result<String, Refusal> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > NAME_AT_MOST || name.chars().any(char::is_control) {
        return Err(Refusal::BadInput(Field::Name));
    }
    Ok(name)
}

/// Adds a location, without pages yet.
///
/// # Errors
/// [`Refusal::BadInput`] for a name that cannot be one, [`Refusal::NotAllowed`] for those who only look.
pub async fn add_location(member: &Member, name: &str) -> Result<LocationCard, Refusal> {
    member.must_be_able_to_connect()?;
    let app = member.app();
    let mut writing = app.store.write(member.workspace().id).await?;
    let added = insert_location(&mut writing, member, name).await?;
    app.bus.commit(&app.store, writing).await?;
    Ok(added)
}

/// Adds a location within a writing that somebody else commits. Whether `member` may is asked by then.
///
/// # Errors
/// [`Refusal::BadInput`] for a name that cannot be one.
pub async fn insert_location(writing: &mut Writing, member: &Member, name: &str) -> Result<LocationCard, Refusal> {
    let (id, name, now) = (LocationId(Uuid::now_v7()), name_from(name)?, member.app().clock.now());
    let row = location::ActiveModel {
        id: Set(id),
        workspace: Set(writing.workspace()),
        name: Set(name.clone()),
        created_at: Set(now),
    };
    location::Entity::insert(row).exec_without_returning(writing.txn()).await?;
    let actor = Actor::Person(member.name().to_owned());
    let new = New { kind: EventKind::LocationAdded, actor, page: None, network: None };
    events::record_at(writing, now, new, Some(id)).await?;
    Ok(LocationCard { id, name })
}
