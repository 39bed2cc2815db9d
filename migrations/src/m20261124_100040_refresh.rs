//! What a refresh needs to lose nothing: the mark that stands on a grant before its token leaves, the clocks that say
//! when to come back, and per network app a rate and a pause that all processes share.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let grants = [
            big_integer_null("issued_at"),
            big_integer_null("refresh_expires_at"),
            big_integer_null("data_access_expires_at"),
            big_integer_null("next_refresh_at"),
            uuid_null("attempt"),
            big_integer_null("attempt_at"),
            uuid_null("attempt_owner"),
            big_integer_null("attempt_until"),
            big_integer_null("lost_at"),
            big_integer_null("refused_at"),
            big_integer("failures").default(0).take(),
            text_null("failure"),
        ];
        let apps = [big_integer("slot_at").default(0).take(), big_integer_null("paused_until")];
        // SQLite adds one column at a time.
        for (table, columns) in [("grants", &grants[..]), ("network_apps", &apps[..])] {
            for column in columns {
                let add = Table::alter().table(table).add_column(column.clone()).to_owned();
                manager.alter_table(add).await?;
            }
        }
        for (name, column) in [("grants_by_refresh", "next_refresh_at"), ("grants_by_attempt", "attempt_at")] {
            manager.create_index(Index::create().name(name).table("grants").col(column).to_owned()).await?;
        }
        // Whoever was connected before is looked at once, and planned from there.
        let plan = Query::update()
            .table("grants")
            .value("next_refresh_at", Expr::col("checked_at"))
            .and_where(Expr::col("expires_at").is_not_null())
            .and_where(Expr::col("next_visit_at").is_not_null())
            .to_owned();
        manager.get_connection().execute(&plan).await.map(drop)
    }
}
