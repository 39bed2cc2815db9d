//! Opening and migrating.

use std::{path::Path, time::Duration};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::{
        self, Connection, Sqlite,
        pool::PoolOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

/// The database in its folder.
pub(super) const FILE: &str = "greentick.sqlite";

/// How long a writer waits for another process's write on the same SQLite file.
const BUSY_LIMIT: Duration = Duration::from_secs(20);

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The data folder cannot be written.
    #[error(
        "the data folder {folder} cannot be used: {cause}; let the user that runs greentick write it, or set data to another"
    )]
    Folder {
        /// Which folder.
        folder: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// There is no database yet.
    #[error("there is no database {file}; name the settings file with --settings, or the folder with data")]
    NotThere {
        /// Which file was looked for.
        file: String,
    },
    /// The database was migrated by a newer greentick.
    #[error(
        "the database was last used by a newer greentick (it has the step {step}); start that one, or restore a backup"
    )]
    Newer {
        /// The first step that this binary does not know.
        step: String,
    },
}

/// What "no more room" is called: SQLite's `FULL` and its `IOERR_SHMSIZE`, and PostgreSQL's `disk_full`.
const FULL: [&str; 3] = ["13", "4874", "53100"];

/// Whether the database's disk was full, however deep in `error` that stands.
#[must_use]
pub fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.filter_map(|cause| cause.downcast_ref::<DbErr>()).any(|cause| match cause {
        DbErr::Conn(RuntimeErr::SqlxError(told))
        | DbErr::Exec(RuntimeErr::SqlxError(told))
        | DbErr::Query(RuntimeErr::SqlxError(told)) => code_of(told).is_some_and(|code| FULL.contains(&code.as_str())),
        _ => false,
    })
}

fn code_of(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
}

impl Store {
    /// Opens the SQLite file `greentick.sqlite` in `folder`, which is made when it is missing.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder cannot be written, [`StoreError::Database`] else.
    pub async fn open_folder(folder: &Path) -> Result<Self, StoreError> {
        let named = |cause| StoreError::Folder { folder: folder.display().to_string(), cause };
        make_private_folder(folder).map_err(named)?;
        let file = folder.join(FILE);
        make_private_file(&file).map_err(named)?;
        // Four: one that writes and some that read; SQLite lets only one write whatever the number.
        let mut options = ConnectOptions::new(format!("sqlite://{}", file.display()));
        options.max_connections(4).map_sqlx_sqlite_opts(durable).map_sqlx_sqlite_pool_opts(whole);
        Self::open(options).await
    }

    /// As [`Store::open_folder`], but makes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when there is no database yet.
    pub async fn open_existing(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Err(StoreError::NotThere { file: file.display().to_string() });
        }
        Self::open_folder(folder).await
    }

    /// Opens the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be reached.
    pub async fn open_url(url: &str) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(16);
        Self::open(options).await
    }

    pub(super) async fn open(mut options: ConnectOptions) -> Result<Self, StoreError> {
        // Statements carry values; the log is no place for them (SECURITY: P9).
        options.sqlx_logging(false).acquire_timeout(Duration::from_secs(30));
        Ok(Self { db: Database::connect(options).await? })
    }

    /// Brings the database's shape up to this binary's.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when another greentick has gone further; nothing is changed then.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let manager = migrations::SchemaManager::new(&self.db);
        if manager.has_table("seaql_migrations").await? {
            let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
            let applied = Migrator::get_migration_models(&self.db).await?;
            if let Some(step) = applied.into_iter().find(|step| !known.contains(&step.version)) {
                return Err(StoreError::Newer { step: step.version });
            }
        }
        Ok(Migrator::up(&self.db, None).await?)
    }

    /// Whether every step of this binary was applied.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let manager = migrations::SchemaManager::new(&self.db);
        if !manager.has_table("seaql_migrations").await? {
            return Ok(false);
        }
        let applied = Migrator::get_migration_models(&self.db).await?.len();
        Ok(applied == Migrator::migrations().len())
    }

    /// For reading.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.db
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.db.get_database_backend() {
            DbBackend::Postgres => Backend::Postgres,
            _ => Backend::Sqlite,
        }
    }

    /// A transaction that will write.
    ///
    /// On SQLite it takes the write lock at once: a deferred one that reads first and then writes is told "busy"
    /// without ever waiting.
    ///
    /// # Errors
    /// When the database cannot be reached or stays busy.
    pub async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            access_mode: Some(AccessMode::ReadWrite).filter(|_| self.backend() == Backend::Postgres),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate)
                .filter(|_| self.backend() == Backend::Sqlite),
            ..TransactionOptions::default()
        };
        Ok(self.db.begin_with_options(options).await?)
    }
}

/// A committed token must survive a power cut, so `FULL`; freed pages are overwritten, so that an ended secret is gone.
fn durable(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_LIMIT)
        .pragma("secure_delete", "ON")
}

/// A full disk makes SQLite roll back by itself. sqlx then still counts a transaction that cannot be rolled back, and
/// refuses every later one on that connection: it must not go back among the others.
fn whole(options: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    options.after_release(|connection, _| {
        Box::pin(async move {
            if connection.is_in_transaction() {
                // A rollback may wait in its queue; the ping comes after it.
                connection.ping().await?;
            }
            Ok(!connection.is_in_transaction())
        })
    })
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// SQLite gives its journals the mode of the file, so making the file first makes all of them private.
fn make_private_file(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file).map(drop)
}
