//! Writing the key file. It is never changed where it stands: a whole new one is written beside it and takes its name,
//! so whoever reads finds the old one or the new one, whatever happens in between.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustix::fs::{Gid, Uid, fchown};
use secrecy::{ExposeSecret, SecretString};

use super::{Keys, KeysError, seal::random};

/// A new key: its id, and its line.
#[must_use]
pub fn new_line() -> (String, SecretString) {
    let id = format!("k{:08x}", u32::from_be_bytes(random()));
    let line = SecretString::from(format!("{id}:{}", BASE64_STANDARD.encode(random::<32>())));
    (id, line)
}

impl Keys {
    /// Makes a key file with one new key, readable by its owner only. Never overwrites.
    ///
    /// # Errors
    /// [`KeysError::New`], also when there is a file already.
    pub fn create(file: &Path) -> Result<Self, KeysError> {
        let (_, line) = new_line();
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        made.and_then(|mut made| {
            made.write_all(line.expose_secret().as_bytes())?;
            made.write_all(b"\n")?;
            made.sync_all()
        })
        .map_err(|cause| KeysError::New { file: file.display().to_string(), cause })?;
        Self::read(file)
    }

    /// Puts `line` at the end of the key file: it opens, and seals nothing before it is the first.
    ///
    /// # Errors
    /// [`KeysError::File`].
    pub fn add_to(file: &Path, line: &SecretString) -> Result<(), KeysError> {
        change(file, &Change::Add(line.expose_secret()))
    }

    /// Makes the key the file's first line.
    ///
    /// # Errors
    /// [`KeysError::File`].
    pub fn put_first_in(file: &Path, id: &str) -> Result<(), KeysError> {
        change(file, &Change::PutFirst(id))
    }

    /// Takes the key's line out of the file.
    ///
    /// # Errors
    /// [`KeysError::File`].
    pub fn take_out_of(file: &Path, id: &str) -> Result<(), KeysError> {
        change(file, &Change::TakeOut(id))
    }
}

enum Change<'a> {
    Add(&'a str),
    PutFirst(&'a str),
    TakeOut(&'a str),
}

impl Change<'_> {
    fn made_in(&self, text: &str) -> SecretString {
        let is_of = |line: &str, id: &str| line.trim().split_once(':').is_some_and(|(own, _)| own == id);
        let mut lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        match *self {
            Change::Add(line) => lines.push(line),
            Change::PutFirst(id) => lines.sort_by_key(|line| !is_of(line, id)),
            Change::TakeOut(id) => lines.retain(|line| !is_of(line, id)),
        }
        SecretString::from(lines.join("\n") + "\n")
    }
}

fn change(file: &Path, how: &Change<'_>) -> Result<(), KeysError> {
    rewrite(file, how).map_err(|cause| KeysError::File { file: file.display().to_string(), cause })
}

fn rewrite(file: &Path, how: &Change<'_>) -> io::Result<()> {
    // A link stays a link; what it leads to is written.
    let file = std::fs::canonicalize(file)?;
    let parent = file.parent().ok_or(io::ErrorKind::NotFound)?;
    // Two that change it take turns, or the later one would write what the earlier one has not read.
    let folder = File::open(parent)?;
    folder.lock()?;
    let former = std::fs::metadata(&file)?;
    let text = how.made_in(SecretString::from(std::fs::read_to_string(&file)?).expose_secret());
    let beside = file.with_added_extension("new");
    // What one that was killed left there.
    let _ = std::fs::remove_file(&beside);
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let own = made.metadata()?;
    if (own.uid(), own.gid()) != (former.uid(), former.gid()) {
        // Root may change it, but the server must be able to read it.
        fchown(&made, Some(Uid::from_raw(former.uid())), Some(Gid::from_raw(former.gid())))?;
    }
    made.write_all(text.expose_secret().as_bytes())?;
    made.sync_all()?;
    std::fs::rename(&beside, &file)?;
    folder.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(file: &Path) -> u32 {
        std::fs::metadata(file).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn a_key_file_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("vault.key");
        Keys::create(&file).expect("a new key file");
        assert_eq!(mode(&file), 0o600);
        assert!(Keys::read(&file).is_ok());
        assert!(matches!(Keys::create(&file), Err(KeysError::New { .. })));
    }

    #[test]
    fn lines_are_added_moved_and_taken_out_and_the_file_stays_private() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("vault.key");
        let first = Keys::create(&file).expect("a new key file").first().to_owned();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        // Somebody was killed while they wrote.
        std::fs::write(folder.path().join("vault.key.new"), "half a li").expect("it can be written");
        let (id, line) = new_line();
        let ids = || Keys::read(&file).expect("whole").ids().map(str::to_owned).collect::<Vec<_>>();
        Keys::add_to(&link, &line).expect("added");
        assert_eq!(ids(), [first.clone(), id.clone()]);
        Keys::put_first_in(&link, &id).expect("moved");
        assert_eq!(ids(), [id.clone(), first.clone()]);
        Keys::take_out_of(&link, &first).expect("taken out");
        assert_eq!(ids(), [id]);
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!((mode(&file), std::fs::read_dir(folder.path()).expect("the folder").count()), (0o600, 2));
    }

    #[test]
    fn two_that_add_at_once_lose_no_key() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("vault.key");
        Keys::create(&file).expect("a new key file");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Keys::add_to(&file, &new_line().1).expect("added"));
            }
        });
        assert_eq!(Keys::read(&file).expect("whole").ids().count(), 9);
    }
}
