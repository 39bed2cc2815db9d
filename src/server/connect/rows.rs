//! The tables of attempts and of permissions that are owed back.
#![expect(missing_docs, reason = "columns say their names")]

pub mod attempt {
    use sea_orm::entity::prelude::*;

    use crate::{
        domain::{AttemptId, AttemptState, Moment, NetworkAppId, PageId, SessionId, UserId, WorkspaceId},
        server::{connect::given::Offered, store::Json},
    };

    /// One try. What the callback must bring back is compared with what stands here (SECURITY: O-04).
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AttemptId,
        pub state_hash: Vec<u8>,
        /// See [`binding`](crate::server::connect::binding): the cookie and everything that the attempt was opened for.
        pub cookie_hash: Vec<u8>,
        pub workspace: WorkspaceId,
        pub page: PageId,
        pub user_id: UserId,
        pub session: SessionId,
        pub network_app: NetworkAppId,
        pub issuer: String,
        pub token_endpoint: String,
        pub redirect_uri: String,
        pub scopes: Json<Vec<String>>,
        /// What the `id_token` must say, hashed; `None` where none is asked for.
        pub nonce_hash: Option<Vec<u8>>,
        pub state: Json<AttemptState>,
        /// The pages to choose from, while the person chooses.
        pub choice: Json<Vec<Offered>>,
        /// Whether the person wants other pages of the workspace connected by it too.
        pub change_pages: bool,
        pub created_at: Moment,
        /// When its callback came.
        pub taken_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod revocation {
    use std::collections::BTreeMap;

    use sea_orm::entity::prelude::*;

    use crate::{
        domain::{Moment, NetworkAppId, PageId, WorkspaceId},
        server::store::Json,
    };

    /// A permission that is owed back to the network; its tokens lie in the vault under this row.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "revocations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub workspace: WorkspaceId,
        /// The page whose disconnection began it; `None` for an approval that was not wanted.
        pub page: Option<PageId>,
        pub network_app: NetworkAppId,
        /// Empty where the network has not said it.
        pub person_id: String,
        /// What the request that gives it back may name.
        pub kept: Json<BTreeMap<String, String>>,
        pub tries: i64,
        pub next_try_at: Moment,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
