//! Looking at a database without changing it, whoever works with it meanwhile.

use std::path::Path;

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, DbErr, Statement};

use super::{Backend, Store, StoreError, open::FILE};
use crate::domain::Moment;

/// How far the database's shape has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It has all steps of this binary, so many.
    Whole(usize),
    /// Nothing was made in it yet.
    Empty,
    /// So many steps are missing.
    Older(usize),
    /// It has this step, which this binary does not know.
    Newer(String),
}

impl Store {
    /// Opens the SQLite file in `folder` for looking; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn look_into_folder(folder: &Path) -> Result<Option<Self>, StoreError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        // With nobody at work there is no file of newest changes beside it, and a reader would make one.
        let is_at_work = folder.join(format!("{FILE}-wal")).exists();
        let only = if is_at_work { "mode=ro" } else { "mode=ro&immutable=1" };
        let mut options = ConnectOptions::new(format!("sqlite://{}?{only}", file.display()));
        options.max_connections(1);
        Self::open(options).await.map(Some)
    }

    /// Opens the PostgreSQL database at `url` for looking.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn look_at_url(url: &str) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).connect_timeout(std::time::Duration::from_secs(5));
        let store = Self::open(options).await?;
        store.read().execute_unprepared("SET default_transaction_read_only = on").await?;
        Ok(store)
    }

    /// How far its shape has come.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn shape(&self) -> Result<Shape, StoreError> {
        if !migrations::SchemaManager::new(self.read()).has_table("seaql_migrations").await? {
            return Ok(Shape::Empty);
        }
        let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        // Asked here: the migrator itself would first make the table that it asks.
        let applied =
            Statement::from_string(self.read().get_database_backend(), "SELECT version FROM seaql_migrations");
        let applied = self.read().query_all_raw(applied).await?;
        let applied: Vec<String> = applied.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
        if let Some(step) = applied.iter().find(|step| !known.contains(step)) {
            return Ok(Shape::Newer(step.clone()));
        }
        let missing = known.iter().filter(|step| !applied.contains(step)).count();
        Ok(if missing == 0 { Shape::Whole(known.len()) } else { Shape::Older(missing) })
    }

    /// What the database calls itself: "SQLite 3.50.2".
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version(&self) -> Result<String, StoreError> {
        Ok(match self.backend() {
            Backend::Sqlite => format!("SQLite {}", self.text("SELECT sqlite_version() AS said").await?),
            Backend::Postgres => {
                format!("PostgreSQL {}", self.text("SELECT current_setting('server_version') AS said").await?)
            }
        })
    }

    /// Whether all that the file says of itself is true; else the first thing that is not. PostgreSQL looks after itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn flaw(&self) -> Result<Option<String>, StoreError> {
        if self.backend() == Backend::Postgres {
            return Ok(None);
        }
        let row = self.one("PRAGMA integrity_check(1)").await?;
        let said: String = row.try_get_by_index(0)?;
        Ok(Some(said).filter(|said| said != "ok"))
    }

    /// What the database's clock says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now(&self) -> Result<Moment, StoreError> {
        let row = self
            .one(match self.backend() {
                Backend::Sqlite => "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 AS now",
                Backend::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now",
            })
            .await?;
        Ok(Moment(row.try_get("", "now")?))
    }

    async fn text(&self, question: &str) -> Result<String, StoreError> {
        Ok(self.one(question).await?.try_get("", "said")?)
    }

    async fn one(&self, question: &str) -> Result<sea_orm::QueryResult, StoreError> {
        let statement = Statement::from_string(self.read().get_database_backend(), question);
        let row = self.read().query_one_raw(statement).await?;
        Ok(row.ok_or_else(|| DbErr::RecordNotFound("an answer".to_owned()))?)
    }
}
