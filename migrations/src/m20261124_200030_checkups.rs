//! What the last check of each network found, so that whoever looks next sees it, in whichever process.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("checkups")
            .col(text("network").primary_key())
            .col(big_integer("at"))
            .col(text("findings"))
            .to_owned();
        manager.create_table(table).await
    }
}
