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
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{domain::WorkspaceId, server::vault::key_of};

/// Room for about a hundred answers on their way at once.
const ROOM: u64 = 512 * 1024;
const ENDING: &str = "spool";

/// This process's spool.
pub struct Spool {
    owner: Uuid,
    file: Arc<Mutex<File>>,
    /// What is in the file and not in the database yet.
    unsaved: Mutex<HashSet<Uuid>>,
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
        let owner = Uuid::now_v7();
        // It gets its name when it is locked: nobody may take a new one for one that was left.
        let unnamed = folder.join(format!("{owner}.new"));
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&unnamed)?;
        file.lock()?;
        std::fs::rename(unnamed, folder.join(format!("{owner}.{ENDING}")))?;
        reserve(&file);
        Ok((Self { owner, file: Arc::new(Mutex::new(file)), unsaved: Mutex::default() }, left))
    }

    /// Who this process is, in the marks that it makes.
    #[must_use]
    pub fn owner(&self) -> Uuid {
        self.owner
    }

    /// Writes the line and waits until it is on the disk.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn keep(&self, line: &Line) -> std::io::Result<()> {
        let text = serde_json::to_string(line).expect("ids and text are always JSON") + "\n";
        // Before it is written: who empties the file looks here first.
        self.unsaved().insert(line.attempt);
        let file = self.file.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(text.as_bytes())?;
            file.sync_data()
        });
        written.await.map_err(std::io::Error::other)?
    }

    /// The answer is in the database, or nobody needs it any more.
    pub fn is_done(&self, attempt: Uuid) {
        let mut unsaved = self.unsaved();
        if unsaved.remove(&attempt) && unsaved.is_empty() {
            let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            // What stays in it does no harm: its mark is gone.
            if file.metadata().is_ok_and(|about| about.len() > ROOM / 2) && file.set_len(0).is_ok() {
                reserve(&file);
            }
        }
    }

    /// The data keys that the answers in `folder` are sealed by, of whichever process. Of ours those that are saved do
    /// not count; what others still need, they alone know.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn named_keys(&self, folder: &Path) -> std::io::Result<HashSet<Uuid>> {
        let (mut named, own) = (HashSet::new(), self.owner.to_string());
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            let is_ours = path.file_stem().is_some_and(|name| name == own.as_str());
            for line in lines(&mut File::open(path)?)? {
                let is_needed = !is_ours || self.unsaved().contains(&line.attempt);
                named.extend(line.sealed().filter(|_| is_needed).and_then(|sealed| key_of(&sealed).ok()));
            }
        }
        Ok(named)
    }

    fn unsaved(&self) -> std::sync::MutexGuard<'_, HashSet<Uuid>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
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
