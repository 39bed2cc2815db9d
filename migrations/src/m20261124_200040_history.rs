//! The record is read by page, by location and by network, the newest first: each has an index of its own, so that fifty
//! of a million events are found without reading the others.

use sea_orm_migration::{
    prelude::*,
    schema::{text_null, uuid_null},
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [uuid_null("location"), text_null("network")] {
            manager.alter_table(Table::alter().table("events").add_column(column).to_owned()).await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(
            "UPDATE events SET location = (SELECT location FROM pages WHERE pages.id = events.page), \
             network = (SELECT network FROM pages WHERE pages.id = events.page) WHERE page IS NOT NULL",
        )
        .await?;
        // What is about a network alone says so only in the whole event.
        let network = match manager.get_database_backend() {
            DbBackend::Postgres => "data::json #>> '{network,id}'",
            _ => "json_extract(data, '$.network.id')",
        };
        db.execute_unprepared(&format!("UPDATE events SET network = {network} WHERE page IS NULL")).await?;
        for column in ["page", "location", "network"] {
            let index = Index::create()
                .name(format!("events_by_{column}"))
                .table("events")
                .col("workspace")
                .col(column)
                .col("seq")
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
