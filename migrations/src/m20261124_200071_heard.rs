//! Messages of networks that were acted on.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("heard_messages")
            .col(uuid("network_app"))
            .col(binary("id_hash"))
            .col(big_integer("at"))
            .primary_key(Index::create().col("network_app").col("id_hash"))
            .to_owned();
        manager.create_table(table).await
    }
}
