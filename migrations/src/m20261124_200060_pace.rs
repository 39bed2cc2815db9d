//! A queue for checks beside the one for refreshes, and what is due of one app by itself: an app that is paused may have a
//! million grants that are overdue, and nobody steps over them one by one.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = big_integer("check_slot_at").default(0).take();
        manager.alter_table(Table::alter().table("network_apps").add_column(column).to_owned()).await?;
        for (name, column) in
            [("grants_by_app_and_refresh", "next_refresh_at"), ("grants_by_app_and_visit", "next_visit_at")]
        {
            let index = Index::create().name(name).table("grants").col("network_app").col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
