//! Attempts by which a person wants the network to ask anew which pages it gives.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change_pages = boolean("change_pages").default(false).take();
        manager.alter_table(Table::alter().table("attempts").add_column(change_pages).to_owned()).await
    }
}
