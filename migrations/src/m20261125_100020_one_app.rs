//! Processes that started at once could make an app of the settings twice. The oldest is the one that all use from now on,
//! so what hangs on the others moves there. Apps that were put in at run time are looked for in another way, and stay.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Of which app `{row}` is one.
const SAME: &str = "FROM network_apps AS app JOIN network_apps AS first \
     ON first.network = app.network AND first.client_id = app.client_id \
     WHERE app.id = {row}.network_app AND app.client_id <> '' \
     AND app.host IS NULL AND app.workspace IS NULL AND first.host IS NULL AND first.workspace IS NULL \
     AND NOT EXISTS (SELECT 1 FROM network_apps AS put_in WHERE put_in.network = app.network \
         AND put_in.client_id = app.client_id AND put_in.is_on)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Where one person approved twice, the network has one permission and we have two: both stay as they are.
        let twice = "EXISTS (SELECT 1 FROM grants AS other JOIN network_apps AS its ON its.id = other.network_app \
             JOIN network_apps AS own ON own.id = grants.network_app \
             WHERE other.workspace = grants.workspace AND other.person_id = grants.person_id AND other.id <> grants.id \
             AND its.network = own.network AND its.client_id = own.client_id)";
        for (table, but) in [("grants", twice), ("revocations", "FALSE")] {
            let same = SAME.replace("{row}", table);
            let moved = format!(
                "UPDATE {table} SET network_app = (SELECT first.id {same} ORDER BY first.id LIMIT 1) \
                 WHERE EXISTS (SELECT 1 {same} AND first.id < app.id) AND NOT {but}"
            );
            manager.get_connection().execute_unprepared(&moved).await?;
        }
        Ok(())
    }
}
