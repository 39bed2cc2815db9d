//! The vault's tables.

pub mod data_key {
    use sea_orm::entity::prelude::*;

    use crate::domain::{Moment, WorkspaceId};

    /// A workspace's key, wrapped by a key-encryption key. Without it every backup's secrets of the workspace are noise.
    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "data_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub workspace: WorkspaceId,
        pub kek_id: String,
        pub wrapped: Vec<u8>,
        /// It seals still, but another is to take its place.
        pub is_leaving: bool,
        /// Since when another seals what is new. `None` for one row of each workspace.
        pub former_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod canary {
    use sea_orm::entity::prelude::*;

    use crate::domain::Moment;

    /// A known text sealed by a key-encryption key, so that a wrong key is told at start.
    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "canaries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kek_id: String,
        pub sealed: Vec<u8>,
        /// Since when nothing may be wrapped by the key any more, and nobody needs it.
        pub retired_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod secret {
    use sea_orm::entity::prelude::*;

    use crate::domain::WorkspaceId;

    /// A sealed value and the place it belongs to.
    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "secrets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner_table: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner_column: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner_row: Uuid,
        pub workspace: WorkspaceId,
        pub sealed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
