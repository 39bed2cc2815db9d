//! Apps that are put in at run time, sealed, and apps at addresses that people type: one row for each network and host.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text_null("host"),
            boolean("is_on").default(false).take(),
            big_integer("version").default(0).take(),
            text_null("found"),
        ];
        // SQLite adds one column at a time.
        for column in columns {
            manager.alter_table(Table::alter().table("network_apps").add_column(column).to_owned()).await?;
        }
        // Where there is no host there may be several: one for each app that the settings ever had.
        let one_a_host = Index::create()
            .name("network_apps_by_host")
            .table("network_apps")
            .col("network")
            .col("host")
            .unique()
            .to_owned();
        manager.create_index(one_a_host).await?;
        let host = Table::alter().table("pages").add_column(text_null("host")).to_owned();
        manager.alter_table(host).await
    }
}
