//! Grants that came with another one, in the same answer.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("grants").add_column(uuid_null("beside")).to_owned()).await?;
        let few = "CREATE INDEX grants_beside ON grants (beside) WHERE beside IS NOT NULL";
        manager.get_connection().execute_unprepared(few).await?;
        Ok(())
    }
}
