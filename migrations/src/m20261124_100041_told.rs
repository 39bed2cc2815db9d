//! What a network told of a grant by itself.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [text_null("told"), big_integer_null("told_at")] {
            manager.alter_table(Table::alter().table("grants").add_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
