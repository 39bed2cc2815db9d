//! What a network told of its people by itself: a reason to look at once.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::rows::grant::{self, Column};
use crate::{
    domain::{Moment, NetworkAppId, Reason},
    server::store::{Json, StoreError},
};

/// What a network told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Whose app it is about.
    pub network_app: NetworkAppId,
    /// What happened, if it says so.
    pub reason: Option<Reason>,
    /// When it came.
    pub at: Moment,
}

/// Makes visits due now that the network gave a reason for: of these people, or of everybody. How many there are.
///
/// # Errors
/// When the database does not do it.
pub async fn told_of(db: &impl ConnectionTrait, told: Told, people: Option<&[String]>) -> Result<u64, StoreError> {
    let mut due = grant::Entity::update_many()
        .set(grant::ActiveModel {
            next_visit_at: Set(Some(told.at)),
            told: Set(told.reason.map(Json)),
            told_at: Set(Some(told.at)),
            ..Default::default()
        })
        .filter(Column::NetworkApp.eq(told.network_app))
        .filter(Column::NextVisitAt.is_not_null());
    if let Some(people) = people {
        due = due.filter(Column::PersonId.is_in(people.iter().cloned()));
    }
    Ok(due.exec(db).await?.rows_affected)
}
