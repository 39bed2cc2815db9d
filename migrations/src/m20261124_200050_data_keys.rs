//! A workspace may have several data keys: the one that seals, and former ones that values still name until they are
//! sealed anew. A key-encryption key can be retired. And a grant in a backup knows that it is a copy.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// The table is made anew, because SQLite cannot take a column's `UNIQUE` away: all of it, or nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let anew = Table::create()
            .table("data_keys_anew")
            .col(pk_uuid("id"))
            .col(uuid("workspace"))
            .col(text("kek_id"))
            .col(binary("wrapped"))
            .col(boolean("is_leaving").default(false))
            .col(big_integer_null("former_at"))
            .to_owned();
        manager.create_table(anew).await?;
        let columns = "id, workspace, kek_id, wrapped";
        let copy = format!("INSERT INTO data_keys_anew ({columns}) SELECT {columns} FROM data_keys");
        manager.get_connection().execute_unprepared(&copy).await?;
        manager.drop_table(Table::drop().table("data_keys").to_owned()).await?;
        manager.rename_table(Table::rename().table("data_keys_anew", "data_keys").to_owned()).await?;
        let one_seals = "CREATE UNIQUE INDEX data_keys_that_seal ON data_keys (workspace) WHERE former_at IS NULL";
        manager.get_connection().execute_unprepared(one_seals).await?;
        let retired = Table::alter().table("canaries").add_column(big_integer_null("retired_at")).to_owned();
        manager.alter_table(retired).await?;
        let copied = Table::alter().table("grants").add_column(big_integer_null("copied_at")).to_owned();
        manager.alter_table(copied).await
    }
}
