//! Browsers in which a person has signed in before: whoever guesses elsewhere cannot keep them out there.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("known_browsers")
            .col(binary("token_hash"))
            .col(uuid("user_id"))
            .col(big_integer("seen_at"))
            .primary_key(Index::create().col("token_hash").col("user_id"))
            .to_owned();
        manager.create_table(table).await?;
        let index = Index::create().name("known_browsers_by_user").table("known_browsers").col("user_id").to_owned();
        manager.create_index(index).await
    }
}
