//! A copy of the SQLite file, made while the server writes to it: whole, of one moment, checked before it gets its name.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with, statvfs},
    io::Errno,
};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::sqlite::SqliteJournalMode,
};

use super::{Backend, Store};

/// Beside the copy there must be room for this much more.
const SPARE: u64 = 1024 * 1024;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The database did not do it.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// It is not ours to copy.
    #[error(
        "this database is on PostgreSQL, whose own `pg_dump --format=custom --file=FILE DATABASE_URL` makes a whole copy \
         while greentick serves, and `pg_restore` brings it back; the vault's key is not in it"
    )]
    OnPostgres,
    /// Nothing is overwritten.
    #[error("{file} is there already; name another file, or a folder")]
    Exists {
        /// Which file.
        file: String,
    },
    /// Another is being made, or one was killed.
    #[error("{file} is there: another backup is under way, or one was stopped in the middle; remove it if none is")]
    Unfinished {
        /// Which file.
        file: String,
    },
    /// The disk has no room.
    #[error("{folder} has {free} MB left, and the backup needs {needed} MB; make room, or name another folder")]
    NoRoom {
        /// Which folder.
        folder: String,
        /// What is needed.
        needed: u64,
        /// What is there.
        free: u64,
    },
    /// The file cannot be written.
    #[error("the backup {file} cannot be written: {cause}")]
    File {
        /// Which file.
        file: String,
        /// What the system says.
        cause: io::Error,
    },
    /// The database is damaged, and so would be the copy.
    #[error("the copy is not sound ({told}), so it was thrown away; the database itself may be damaged")]
    Damaged {
        /// What SQLite says.
        told: String,
    },
}

/// A copy that has no name yet. Dropped without [`Unnamed::finish`] it is gone.
pub struct Unnamed {
    db: DatabaseConnection,
    remains: Remains,
    file: PathBuf,
}

/// Removes what was begun.
struct Remains(PathBuf);

impl Drop for Remains {
    fn drop(&mut self) {
        // It has its name by then, or it is in nobody's way but the next one's, who says so.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Store {
    /// Copies the database as it is at this moment; it is called `file` when it is finished. Nobody but its owner can
    /// read it.
    ///
    /// # Errors
    /// [`CopyError`] says what is in the way; nothing is left behind then.
    pub async fn copy_to(&self, file: &Path) -> Result<Unnamed, CopyError> {
        if self.backend() == Backend::Postgres {
            return Err(CopyError::OnPostgres);
        }
        if file.exists() {
            return Err(CopyError::Exists { file: file.display().to_string() });
        }
        self.has_room_beside(file).await?;
        let beside = file.with_added_extension("part");
        // Made first, so that it is private from its first byte on; SQLite fills an empty file.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside) {
            Ok(_) => {}
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                return Err(CopyError::Unfinished { file: beside.display().to_string() });
            }
            Err(cause) => return Err(unwritable(file, cause)),
        }
        let remains = Remains(beside);
        let path = remains.0.display().to_string();
        self.read().execute_unprepared(&format!("VACUUM INTO '{}'", path.replace('\'', "''"))).await?;
        let mut options = ConnectOptions::new(format!("sqlite://{path}"));
        // Without a journal beside it: the copy is one file.
        options
            .max_connections(1)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|own| own.journal_mode(SqliteJournalMode::Memory).pragma("secure_delete", "ON"));
        let db = Database::connect(options).await?;
        Ok(Unnamed { db, remains, file: file.to_owned() })
    }

    async fn has_room_beside(&self, file: &Path) -> Result<(), CopyError> {
        let (pages, of) = (pragma(self.read(), "page_count").await?, pragma(self.read(), "page_size").await?);
        let needed = pages.unsigned_abs() * of.unsigned_abs() + SPARE;
        let folder = folder_of(file);
        let disk = statvfs(folder).map_err(|cause| unwritable(file, cause.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < needed {
            let in_mb = |bytes: u64| bytes.div_ceil(1024 * 1024);
            return Err(CopyError::NoRoom {
                folder: folder.display().to_string(),
                needed: in_mb(needed),
                free: in_mb(free),
            });
        }
        Ok(())
    }
}

impl Unnamed {
    /// The copy, for what must be said in it.
    #[must_use]
    pub fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// Checks every page of it, waits until it is on the disk, and gives it its name. Answers its size.
    ///
    /// # Errors
    /// [`CopyError`]; the copy is gone then.
    pub async fn finish(self) -> Result<u64, CopyError> {
        let Self { db, remains, file } = self;
        let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check(1)");
        let told = db.query_one_raw(check).await?.map(|row| row.try_get_by_index::<String>(0)).transpose()?;
        match told {
            Some(told) if told == "ok" => {}
            told => return Err(CopyError::Damaged { told: told.unwrap_or_default() }),
        }
        db.close().await?;
        name(&remains.0, &file).map_err(|cause| unwritable(&file, cause))
    }
}

fn name(beside: &Path, file: &Path) -> io::Result<u64> {
    let copy = File::open(beside)?;
    copy.sync_all()?;
    match renameat_with(CWD, beside, CWD, file, RenameFlags::NOREPLACE) {
        // Some disks cannot promise it; that there was nothing of that name was seen before.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::rename(beside, file)?,
        done => done?,
    }
    File::open(folder_of(file))?.sync_all()?;
    Ok(copy.metadata()?.len())
}

async fn pragma(db: &DatabaseConnection, name: &str) -> Result<i64, DbErr> {
    let asked = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = db.query_one_raw(asked).await?.ok_or(DbErr::RecordNotFound(name.to_owned()))?;
    row.try_get_by_index(0)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unwritable(file: &Path, cause: io::Error) -> CopyError {
    CopyError::File { file: file.display().to_string(), cause }
}
