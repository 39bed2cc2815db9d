//! Answers that have arrived, in a file of this process, before they are in the database: whatever the database does
//! then, and however the process ends, a token in hand is not lost.
//!
//! A line is written and synced before anything else is done with an answer, and sealed as everything is. Room for the
//! lines is taken beforehand, so that a full disk does not keep them out. A file belongs to the process that holds its
//! lock; whoever starts and finds one that nobody holds goes on with what is in it.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{domain::WorkspaceId, server::vault::key_of};

/// A file that is as long is left for the other one, so that whoever starts after a crash has little to read.
const LONG: u64 = 256 * 1024;
/// Beside that, room for an answer of ten kilobytes to each refresh that may be under way at once.
const ROOM: u64 = LONG + 2 * 1024 * 1024;
const ENDING: &str = "spool";

/// This process's spool: two files that take turns, so that one may be emptied while the other is written to.
pub struct Spool {
    /// The first of them is who this process is.
    names: [Uuid; 2],
    halves: [Arc<Half>; 2],
    book: Mutex<Book>,
}

/// What is in the files and not in the database yet.
#[derive(Default)]
struct Book {
    current: usize,
    unsaved: [HashSet<Uuid>; 2],
    written: [u64; 2],
}

struct Half {
    file: Mutex<File>,
    written: AtomicU64,
    synced: Mutex<u64>,
}

/// One answer, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Line {
    /// The attempt that it answers.
    pub attempt: Uuid,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The sealed answer, and what it belongs to.
    pub sealed: String,
}

impl Line {
    /// A line of it.
    #[must_use]
    pub fn new(attempt: Uuid, workspace: WorkspaceId, sealed: &[u8]) -> Self {
        Self { attempt, workspace, sealed: BASE64_STANDARD_NO_PAD.encode(sealed) }
    }

    /// What was sealed.
    #[must_use]
    pub fn sealed(&self) -> Option<Vec<u8>> {
        BASE64_STANDARD_NO_PAD.decode(&self.sealed).ok()
    }
}

/// What processes that are gone left behind.
pub struct Left {
    /// Who they were.
    pub owners: Vec<Uuid>,
    /// Their answers.
    pub lines: Vec<Line>,
    files: Vec<(PathBuf, File)>,
}

impl Left {
    /// Everything in it has been taken care of.
    pub fn forget(self) {
        for (path, _held) in self.files {
            // A line that is read again finds its mark gone, and nothing happens.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Spool {
    /// A new file in `folder`, and what others left there.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path) -> std::io::Result<(Self, Left)> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut left = Left { owners: vec![], lines: vec![], files: vec![] };
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let owner = path.file_stem().and_then(|name| name.to_str()).and_then(|name| Uuid::parse_str(name).ok());
            let Some(owner) = owner.filter(|_| path.extension().is_some_and(|ending| ending == ENDING)) else {
                continue;
            };
            let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
            if file.try_lock().is_err() {
                continue;
            }
            left.owners.push(owner);
            left.lines.extend(lines(&mut file)?);
            left.files.push((path, file));
        }
        let names = [Uuid::now_v7(), Uuid::now_v7()];
        let halves = [Arc::new(Half::open(folder, names[0])?), Arc::new(Half::open(folder, names[1])?)];
        Ok((Self { names, halves, book: Mutex::default() }, left))
    }

    /// Who this process is, in the marks that it makes.
    #[must_use]
    pub fn owner(&self) -> Uuid {
        self.names[0]
    }

    /// Writes the line and waits until it is on the disk.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn keep(&self, line: &Line) -> std::io::Result<()> {
        // A line that was cut when the disk was full must not swallow this one.
        let text = format!("\n{}\n", serde_json::to_string(line)?);
        // Before it is written: who empties a file looks here first.
        let half = self.halves[self.book().begin(line.attempt, text.len())].clone();
        let written = tokio::task::spawn_blocking(move || half.write(text.as_bytes()));
        written.await.map_err(std::io::Error::other)?
    }

    /// The answer is in the database, or nobody needs it any more.
    pub fn is_done(&self, attempt: Uuid) {
        let mut book = self.book();
        for (number, half) in self.halves.iter().enumerate() {
            let is_last = book.unsaved[number].remove(&attempt) && book.unsaved[number].is_empty();
            // What stays in it does no harm: its mark is gone.
            if is_last && book.written[number] > LONG && half.empty().is_ok() {
                book.written[number] = 0;
            }
        }
    }

    /// The data keys that the answers in `folder` are sealed by, of whichever process. Of ours those that are saved do
    /// not count; what others still need, they alone know.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn named_keys(&self, folder: &Path) -> std::io::Result<HashSet<Uuid>> {
        let (mut named, own) = (HashSet::new(), self.names.map(|name| name.to_string()));
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            let is_ours = path.file_stem().is_some_and(|name| own.iter().any(|own| name == own.as_str()));
            for line in lines(&mut File::open(path)?)? {
                let is_needed = !is_ours || self.book().unsaved.iter().any(|half| half.contains(&line.attempt));
                named.extend(line.sealed().filter(|_| is_needed).and_then(|sealed| key_of(&sealed).ok()));
            }
        }
        Ok(named)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Which half takes it. A long one is left for the other as soon as that is needed for nothing.
    fn begin(&mut self, attempt: Uuid, length: usize) -> usize {
        let other = 1 - self.current;
        if self.written[self.current] > LONG && self.unsaved[other].is_empty() {
            self.current = other;
        }
        self.unsaved[self.current].insert(attempt);
        self.written[self.current] += u64::try_from(length).unwrap_or(u64::MAX);
        self.current
    }
}

impl Half {
    fn open(folder: &Path, name: Uuid) -> std::io::Result<Self> {
        // It gets its name when it is locked: nobody may take a new one for one that was left.
        let unnamed = folder.join(format!("{name}.new"));
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&unnamed)?;
        file.lock()?;
        std::fs::rename(unnamed, folder.join(format!("{name}.{ENDING}")))?;
        reserve(&file);
        Ok(Self { file: Mutex::new(file), written: AtomicU64::new(0), synced: Mutex::new(0) })
    }

    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever waits for the disk while it takes what came before is served by the one sync that follows.
    fn write(&self, text: &[u8]) -> std::io::Result<()> {
        let (own, disk) = {
            let mut file = self.file();
            file.write_all(text)?;
            let length = u64::try_from(text.len()).unwrap_or_default();
            (self.written.fetch_add(length, Ordering::SeqCst) + length, file.try_clone()?)
        };
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced < own {
            let all = self.written.load(Ordering::SeqCst);
            disk.sync_data()?;
            *synced = all;
        }
        Ok(())
    }

    /// Nobody writes to it just now.
    fn empty(&self) -> std::io::Result<()> {
        let file = self.file();
        file.set_len(0)?;
        reserve(&file);
        Ok(())
    }
}

/// A line that was cut by a crash was never believed to be written.
fn lines(file: &mut File) -> std::io::Result<Vec<Line>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Takes room without changing the file's length. Some disks cannot; then a full one is told when it is full.
fn reserve(file: &File) {
    let _ = rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, ROOM);
}
