//! The table of checks: one row for each network, the last one.

use sea_orm::{ActiveValue::Set, ConnectionTrait, entity::prelude::*, sea_query::OnConflict};

use crate::{
    domain::{Checkup, Finding, Moment, NetworkId},
    server::store::{Json, StoreError},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "checkups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub network: NetworkId,
    pub at: Moment,
    pub findings: Json<Vec<Finding>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the last check found.
pub async fn last(db: &impl ConnectionTrait, network: &NetworkId) -> Result<Option<Checkup>, StoreError> {
    let row = Entity::find_by_id(network.clone()).one(db).await?;
    Ok(row.map(|row| Checkup { at: row.at, findings: row.findings.0 }))
}

/// Keeps what a check found, in the place of the one before.
pub async fn keep(db: &impl ConnectionTrait, network: &NetworkId, checkup: Checkup) -> Result<(), StoreError> {
    let row = ActiveModel { network: Set(network.clone()), at: Set(checkup.at), findings: Set(Json(checkup.findings)) };
    let over = OnConflict::column(Column::Network).update_columns([Column::At, Column::Findings]).to_owned();
    Entity::insert(row).on_conflict(over).exec_without_returning(db).await?;
    Ok(())
}

/// What was found is not true any more.
pub async fn forget(db: &impl ConnectionTrait, network: &NetworkId) -> Result<(), StoreError> {
    Entity::delete_by_id(network.clone()).exec(db).await?;
    Ok(())
}
