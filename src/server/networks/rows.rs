//! The table of network apps.

use sea_orm::entity::prelude::*;

use crate::domain::{Moment, NetworkAppId, NetworkId, WorkspaceId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "network_apps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NetworkAppId,
    /// `None`: the instance's.
    pub workspace: Option<WorkspaceId>,
    pub network: NetworkId,
    pub client_id: String,
    /// Visits in a row that got no answer.
    pub misses: i64,
    pub silent_since: Option<Moment>,
    /// When the next refresh may leave, in microseconds since 1970: one for all processes.
    pub slot_at: i64,
    /// As `slot_at`, of the next check.
    pub check_slot_at: i64,
    /// Until then nothing is asked here.
    pub paused_until: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
