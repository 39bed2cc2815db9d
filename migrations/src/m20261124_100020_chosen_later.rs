//! Pages that are linked and lack something: an account that somebody chooses later, or a log-in at the network.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let must_log_in = boolean("must_log_in").default(false).take();
        manager.alter_table(Table::alter().table("pages").add_column(must_log_in).to_owned()).await
    }
}
