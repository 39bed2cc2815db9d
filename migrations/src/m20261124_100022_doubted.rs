//! Grants of which a check has missed a page, once: only the second time is it lost.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let doubted_at = big_integer_null("doubted_at").take();
        manager.alter_table(Table::alter().table("grants").add_column(doubted_at).to_owned()).await
    }
}
