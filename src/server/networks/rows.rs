//! The tables of network apps, and of what networks told.

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
    /// Where it is, when that is an address that a person typed.
    pub host: Option<String>,
    /// Whether its credentials are kept here, sealed, and are to be used.
    pub is_on: bool,
    /// Counts changes, so that other processes notice them.
    pub version: i64,
    /// What the network says there of its own doors.
    pub found: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod heard {
    use sea_orm::entity::prelude::*;

    use crate::domain::{Moment, NetworkAppId};

    /// A message that was acted on.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "heard_messages")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub network_app: NetworkAppId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id_hash: Vec<u8>,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
