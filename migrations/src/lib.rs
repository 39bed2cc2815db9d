//! The database's shape, step by step. Knows nothing of the app; the same steps run on SQLite and PostgreSQL.

mod m20261122_000001_start;
mod m20261124_000001_known_browsers;
mod m20261124_100010_kept;
mod m20261124_100020_chosen_later;
mod m20261124_100021_changed_pages;
mod m20261124_100022_doubted;
mod m20261124_100040_refresh;
mod m20261124_100041_told;
mod m20261124_200010_instances;
mod m20261124_200030_checkups;
mod m20261124_200040_history;
mod m20261124_200041_counted;
mod m20261124_200050_data_keys;
mod m20261124_200060_pace;
mod m20261124_200070_nonce;
mod m20261124_200071_heard;
mod m20261125_100020_one_app;
mod m20261125_100030_beside;

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

/// All steps, in order. A step that has shipped is never edited: the next one changes what it made.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_start::Migration),
            Box::new(m20261124_000001_known_browsers::Migration),
            Box::new(m20261124_100010_kept::Migration),
            Box::new(m20261124_100020_chosen_later::Migration),
            Box::new(m20261124_100021_changed_pages::Migration),
            Box::new(m20261124_100022_doubted::Migration),
            Box::new(m20261124_100040_refresh::Migration),
            Box::new(m20261124_100041_told::Migration),
            Box::new(m20261124_200010_instances::Migration),
            Box::new(m20261124_200030_checkups::Migration),
            Box::new(m20261124_200050_data_keys::Migration),
            Box::new(m20261124_200070_nonce::Migration),
            Box::new(m20261124_200071_heard::Migration),
            Box::new(m20261124_200040_history::Migration),
            Box::new(m20261124_200041_counted::Migration),
            Box::new(m20261124_200060_pace::Migration),
            Box::new(m20261125_100020_one_app::Migration),
            Box::new(m20261125_100030_beside::Migration),
        ]
    }
}
