//! What operators count is counted without reading every row: pages by what their icons show, grants by what is the
//! matter with them. Most indexes hold only the rows with which something is, so that a
//! refresh touches none of them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // sea-query has no word for an index of some rows; both databases have the same.
        for statement in [
            "CREATE INDEX pages_by_standing ON pages (network, link, must_log_in, missing)",
            "CREATE INDEX pages_unchosen ON pages (network) WHERE account_id IS NULL AND link = 'linked'",
            "CREATE INDEX grants_by_app ON grants (network_app)",
            "CREATE INDEX grants_dead ON grants (network_app) \
             WHERE next_visit_at IS NULL AND next_refresh_at IS NULL AND attempt IS NULL",
            "CREATE INDEX grants_failing ON grants (network_app) WHERE failures > 0",
            "CREATE INDEX grants_by_end ON grants (must_act_at, network_app) WHERE must_act_at IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
