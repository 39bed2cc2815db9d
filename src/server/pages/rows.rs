//! The tables of pages and grants.
#![expect(missing_docs, reason = "columns say their names")]

pub mod page {
    use sea_orm::entity::prelude::*;

    use crate::{
        domain::{Ability, GrantId, LocationId, Moment, NetworkId, PageId, Reason, WorkspaceId},
        server::store::Json,
    };

    /// What a page's `link` column can be; what belongs to it stands in the other columns.
    pub const UNLINKED: &str = "unlinked";
    pub const LINKED: &str = "linked";
    pub const BROKEN: &str = "broken";

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "pages")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PageId,
        pub workspace: WorkspaceId,
        pub location: LocationId,
        pub network: NetworkId,
        pub link: String,
        pub grant_id: Option<GrantId>,
        pub account_id: Option<String>,
        pub account_name: Option<String>,
        pub linked_by: Option<String>,
        pub linked_at: Option<Moment>,
        pub missing: Json<Vec<Ability>>,
        pub reason: Option<Json<Reason>>,
        pub must_log_in: bool,
        /// Where it was connected last, at a network with many addresses.
        pub host: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod grant {
    use std::collections::BTreeMap;

    use sea_orm::entity::prelude::*;

    use crate::{
        domain::{GrantId, Moment, NetworkAppId, Reason, WorkspaceId},
        server::store::Json,
    };

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "grants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: GrantId,
        pub workspace: WorkspaceId,
        pub network_app: NetworkAppId,
        pub person_id: String,
        pub person_name: String,
        /// Counts the tokens that were stored under this grant.
        pub version: i64,
        pub expires_at: Option<Moment>,
        pub must_act_at: Option<Moment>,
        /// Whether the event "expiring" was written for this version.
        pub warned: bool,
        pub scopes: Json<Vec<String>>,
        /// What requests name beside the token. Nothing secret.
        pub kept: Json<BTreeMap<String, String>>,
        pub checked_at: Moment,
        pub next_visit_at: Option<Moment>,
        pub lease_until: Option<Moment>,
        /// When a check first missed a page among what this version reaches; it is lost when the next one misses it too.
        pub doubted_at: Option<Moment>,
        /// When the tokens of this version were asked for.
        pub issued_at: Option<Moment>,
        pub refresh_expires_at: Option<Moment>,
        pub data_access_expires_at: Option<Moment>,
        pub next_refresh_at: Option<Moment>,
        /// The mark: who spends the tokens of this version since when, see [`marks`](super::super::marks).
        pub attempt: Option<Uuid>,
        pub attempt_at: Option<Moment>,
        pub attempt_owner: Option<Uuid>,
        pub attempt_until: Option<Moment>,
        /// Since when an answer to this version's refresh may be lost on the wire.
        pub lost_at: Option<Moment>,
        /// When the network first refused this version's refresh; one refusal is confirmed before it counts.
        pub refused_at: Option<Moment>,
        /// What the network told of it by itself, until the network is asked.
        pub told: Option<Json<Reason>>,
        pub told_at: Option<Moment>,
        /// Refreshes in a row that did not work, and what the last one was like.
        pub failures: i64,
        pub failure: Option<String>,
        /// When the backup was made that these tokens come from: who goes on without it may have newer ones.
        pub copied_at: Option<Moment>,
        /// The grant that it came with and goes with. No page hangs on it itself.
        pub beside: Option<GrantId>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
