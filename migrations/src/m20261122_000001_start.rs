//! The first shape. Times are milliseconds since 1970 in UTC; ids are UUIDs that the app makes, so that a sealed value
//! can name its row before the row exists.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [people(), tenants(), network_side(), vault()].concat() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn people() -> Vec<TableCreateStatement> {
    vec![
        table("users")
            .col(pk_uuid("id"))
            .col(text_uniq("email"))
            .col(text("name"))
            .col(text("password_hash"))
            .col(big_integer("created_at"))
            .take(),
        table("memberships")
            .col(uuid("workspace"))
            .col(uuid("user_id"))
            .col(text("role"))
            .primary_key(Index::create().col("workspace").col("user_id"))
            .take(),
        table("sessions")
            .col(pk_uuid("id"))
            .col(binary_uniq("token_hash"))
            .col(uuid("user_id"))
            .col(text("browser"))
            .col(big_integer("created_at"))
            .col(big_integer("seen_at"))
            .take(),
        table("links")
            .col(ColumnDef::new("token_hash").binary().not_null().primary_key())
            .col(text("purpose"))
            .col(uuid_null("user_id"))
            .col(big_integer("expires_at"))
            .take(),
    ]
}

fn tenants() -> Vec<TableCreateStatement> {
    vec![
        table("workspaces")
            .col(pk_uuid("id"))
            .col(text_uniq("slug"))
            .col(text("name"))
            .col(big_integer("event_seq"))
            .col(big_integer("created_at"))
            .take(),
        table("locations")
            .col(pk_uuid("id"))
            .col(uuid("workspace"))
            .col(text("name"))
            .col(big_integer("created_at"))
            .take(),
        table("pages")
            .col(pk_uuid("id"))
            .col(uuid("workspace"))
            .col(uuid("location"))
            .col(text("network"))
            .col(text("link"))
            .col(uuid_null("grant_id"))
            .col(text_null("account_id"))
            .col(text_null("account_name"))
            .col(text_null("linked_by"))
            .col(big_integer_null("linked_at"))
            .col(text("missing"))
            .col(text_null("reason"))
            .take(),
        table("events")
            .col(uuid("workspace"))
            .col(big_integer("seq"))
            .col(uuid_null("page"))
            .col(text("data"))
            .col(big_integer("at"))
            .primary_key(Index::create().col("workspace").col("seq"))
            .take(),
    ]
}

fn network_side() -> Vec<TableCreateStatement> {
    vec![
        table("network_apps")
            .col(pk_uuid("id"))
            .col(uuid_null("workspace"))
            .col(text("network"))
            .col(text("client_id"))
            .col(big_integer("misses"))
            .col(big_integer_null("silent_since"))
            .take(),
        table("grants")
            .col(pk_uuid("id"))
            .col(uuid("workspace"))
            .col(uuid("network_app"))
            .col(text("person_id"))
            .col(text("person_name"))
            .col(big_integer("version"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("must_act_at"))
            .col(boolean("warned"))
            .col(text("scopes"))
            .col(big_integer("checked_at"))
            .col(big_integer_null("next_visit_at"))
            .col(big_integer_null("lease_until"))
            .take(),
        table("attempts")
            .col(pk_uuid("id"))
            .col(binary_uniq("state_hash"))
            .col(binary("cookie_hash"))
            .col(uuid("workspace"))
            .col(uuid("page"))
            .col(uuid("user_id"))
            .col(uuid("session"))
            .col(uuid("network_app"))
            .col(text("issuer"))
            .col(text("token_endpoint"))
            .col(text("redirect_uri"))
            .col(text("scopes"))
            .col(text("state"))
            .col(text("choice"))
            .col(big_integer("created_at"))
            .col(big_integer_null("taken_at"))
            .take(),
        table("revocations")
            .col(pk_uuid("id"))
            .col(uuid("workspace"))
            .col(uuid_null("page"))
            .col(uuid("network_app"))
            .col(text("person_id"))
            .col(big_integer("tries"))
            .col(big_integer("next_try_at"))
            .col(big_integer("created_at"))
            .take(),
    ]
}

fn vault() -> Vec<TableCreateStatement> {
    vec![
        table("data_keys")
            .col(pk_uuid("id"))
            .col(uuid_uniq("workspace"))
            .col(text("kek_id"))
            .col(binary("wrapped"))
            .take(),
        table("canaries").col(ColumnDef::new("kek_id").text().not_null().primary_key()).col(binary("sealed")).take(),
        table("secrets")
            .col(text("owner_table"))
            .col(text("owner_column"))
            .col(uuid("owner_row"))
            .col(uuid("workspace"))
            .col(binary("sealed"))
            .primary_key(Index::create().col("owner_table").col("owner_column").col("owner_row"))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("memberships_by_user", "memberships", &["user_id"]),
        index("sessions_by_user", "sessions", &["user_id"]),
        index("locations_by_workspace", "locations", &["workspace"]),
        index("pages_by_workspace", "pages", &["workspace"]),
        index("pages_by_place", "pages", &["location", "network"]).unique().take(),
        index("pages_by_grant", "pages", &["grant_id"]),
        index("network_apps_by_network", "network_apps", &["workspace", "network"]),
        index("grants_by_person", "grants", &["workspace", "network_app", "person_id"]).unique().take(),
        index("grants_by_visit", "grants", &["next_visit_at"]),
        index("attempts_by_session", "attempts", &["session"]),
        index("revocations_by_try", "revocations", &["next_try_at"]),
        index("secrets_by_workspace", "secrets", &["workspace"]),
    ]
}

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}
