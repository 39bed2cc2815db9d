//! What the courier remembers over its own death: which errands it began, and how they ended.

use std::{
    collections::{HashMap, HashSet},
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::Told;

/// A journal in which nothing is open is begun anew when it is longer than this.
const LONG: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
enum Entry {
    /// With what is told of it as long as it has no other end.
    Began {
        name: String,
        told: Told,
    },
    Ended {
        name: String,
        told: Told,
    },
    Done {
        attempt: String,
    },
}

/// The journal.
pub(super) struct Journal {
    file: File,
    open: HashSet<String>,
}

impl Journal {
    /// Opens it, with what ended and nobody has fetched. What was begun and has no end was lost with its courier.
    pub(super) fn open(path: &Path) -> std::io::Result<(Self, HashMap<String, Told>)> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let known = known(&text);
        reserve(&file);
        let open = known.keys().cloned().collect();
        Ok((Self { file, open }, known))
    }

    /// Before anything leaves.
    pub(super) fn began(&mut self, name: &str, lost: &Told) -> std::io::Result<()> {
        self.open.insert(name.to_owned());
        self.write(&Entry::Began { name: name.to_owned(), told: lost.clone() })?;
        self.file.sync_data()
    }

    /// Before anybody hears of it.
    pub(super) fn ended(&mut self, name: &str, told: &Told) -> std::io::Result<()> {
        self.write(&Entry::Ended { name: name.to_owned(), told: told.clone() })?;
        self.file.sync_data()
    }

    /// Not synced: to be told of a saved answer once more harms nobody.
    pub(super) fn done(&mut self, attempt: &str) -> std::io::Result<()> {
        self.open.retain(|name| !is_of(name, attempt));
        if self.open.is_empty() && self.file.metadata()?.len() > LONG {
            self.file.set_len(0)?;
            reserve(&self.file);
            return Ok(());
        }
        self.write(&Entry::Done { attempt: attempt.to_owned() })
    }

    fn write(&mut self, entry: &Entry) -> std::io::Result<()> {
        // A line that was cut, by a crash or a full disk, must not swallow this one.
        let line = format!("\n{}\n", serde_json::to_string(entry).map_err(std::io::Error::other)?);
        self.file.write_all(line.as_bytes())
    }
}

/// Takes room for what will be written, so that a disk that fills up meanwhile does not keep an answer out. Some cannot.
fn reserve(file: &File) {
    let _ = rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, LONG);
}

/// What a journal says that nobody has fetched. A line that was cut by a crash was never believed to be written.
pub(super) fn known(text: &str) -> HashMap<String, Told> {
    let mut known = HashMap::new();
    for entry in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        match entry {
            Entry::Began { name, told } | Entry::Ended { name, told } => {
                known.insert(name, told);
            }
            Entry::Done { attempt } => known.retain(|name, _| !is_of(name, &attempt)),
        }
    }
    known
}

/// An errand is called by its attempt and a number.
pub(super) fn is_of(name: &str, attempt: &str) -> bool {
    name.rsplit_once(':').is_some_and(|(own, _)| own == attempt)
}
