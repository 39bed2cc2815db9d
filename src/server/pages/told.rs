//! What a network told of its people by itself: a reason to look at once.

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use secrecy::ExposeSecret;

use super::rows::grant::{self, Column};
use crate::{
    domain::{GrantId, Moment, NetworkAppId, Reason},
    server::{
        store::{Json, StoreError},
        vault::Vault,
    },
};

/// How many grants are read at once; an app may have a million.
const AT_ONCE: usize = 200;

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

/// The people of an app's living grants whose refresh token `fits`. One that cannot be opened is nobody's.
///
/// # Errors
/// When the database does not answer.
pub async fn holders(
    db: &impl ConnectionTrait,
    vault: &Vault,
    network_app: NetworkAppId,
    fits: impl Fn(&str) -> bool,
) -> Result<Vec<String>, StoreError> {
    let of_app =
        grant::Entity::find().filter(Column::NetworkApp.eq(network_app)).filter(Column::NextVisitAt.is_not_null());
    let ids: Vec<GrantId> = of_app.select_only().column(Column::Id).into_tuple().all(db).await?;
    let mut people = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        for grant in grant::Entity::find().filter(Column::Id.is_in(some.iter().copied())).all(db).await? {
            if let Ok(Some(token)) = vault.find(db, grant.refresh()).await
                && fits(token.expose_secret())
            {
                people.push(grant.person_id);
            }
        }
    }
    Ok(people)
}

/// These people, by their stable ids or by another that was kept of their tokens' answer: some networks have one for each
/// app. Whoever is only like one of them is looked at for nothing.
fn named(people: &[String]) -> Condition {
    let by_id = Condition::any().add(Column::PersonId.is_in(people.iter().cloned()));
    people
        .iter()
        .fold(by_id, |named, id| named.add(Column::Kept.contains(serde_json::Value::from(id.as_str()).to_string())))
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
        due = due.filter(named(people));
    }
    Ok(due.exec(db).await?.rows_affected)
}
