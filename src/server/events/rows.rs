//! The record's table.

use sea_orm::entity::prelude::*;

use crate::{
    domain::{Event, LocationId, Moment, NetworkId, PageId, WorkspaceId},
    server::store::Json,
};

/// One event; `data` is the whole of it. What it is about stands beside it, to find it by.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: WorkspaceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub page: Option<PageId>,
    pub location: Option<LocationId>,
    pub network: Option<NetworkId>,
    pub data: Json<Event>,
    pub at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
