//! Key-encryption keys: where they come from, and whether they are the right ones.
//!
//! A key file has one key a line, `id:base64 of 32 bytes`; the first line is the key that new values are sealed under,
//! the others open older ones.

use std::{collections::HashMap, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};

use super::seal::{Key, random};

/// Why there is no usable key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error(
        "the vault's key file {file} cannot be used: {cause}; put back the file that this database was sealed with, or \
         name it in vault_key_file"
    )]
    File {
        /// Which file.
        file: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// There was no key yet, and a new one cannot be written.
    #[error(
        "the vault's new key file {file} cannot be written: {cause}; let this process write there, or name another file \
         in vault_key_file"
    )]
    New {
        /// Which file.
        file: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A line is no key.
    #[error("line {line} of {place} is not `id:base64 of 32 bytes`; put back the line as it was")]
    Line {
        /// The file or the setting.
        place: String,
        /// Counted from 1.
        line: usize,
    },
    /// There is none.
    #[error("{place} holds no key; put back the key that this database was sealed with")]
    Empty {
        /// The file or the setting.
        place: String,
    },
    /// The database's secrets were sealed by a key that is not here.
    #[error("the database was sealed by the vault key {id:?}, which is not among the keys in {place}; add its line")]
    Missing {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
    },
    /// A key of the right name has other bytes.
    #[error("the vault key {id:?} in {place} is not the one that sealed this database; put the right one back")]
    Wrong {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
    },
}

/// The ring of key-encryption keys.
pub struct Keys {
    /// Where they come from, for those who must mend them.
    place: String,
    active: String,
    by_id: HashMap<String, Key>,
}

impl Keys {
    /// Reads keys, one a line. `source` is the file or setting that they stand in.
    ///
    /// # Errors
    /// [`KeysError::Line`] or [`KeysError::Empty`].
    pub fn parse(text: &SecretString, source: &str) -> Result<Self, KeysError> {
        let named = || source.to_owned();
        let mut by_id = HashMap::new();
        let mut active = None;
        for (index, line) in text.expose_secret().lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (id, key) = parse_line(line).ok_or_else(|| KeysError::Line { place: named(), line: index + 1 })?;
            active.get_or_insert_with(|| id.clone());
            by_id.insert(id, key);
        }
        let active = active.ok_or_else(|| KeysError::Empty { place: named() })?;
        Ok(Self { place: named(), active, by_id })
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// As [`Keys::parse`], and [`KeysError::File`].
    pub fn read(file: &Path) -> Result<Self, KeysError> {
        let named = |cause| KeysError::File { file: file.display().to_string(), cause };
        let text = std::fs::read_to_string(file).map_err(named)?;
        Self::parse(&text.into(), &file.display().to_string())
    }

    /// Makes a key file with one new key, readable by its owner only. Never overwrites.
    ///
    /// # Errors
    /// [`KeysError::New`], also when there is a file already.
    pub fn create(file: &Path) -> Result<Self, KeysError> {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let id = format!("k{:08x}", u32::from_be_bytes(random()));
        let line = SecretString::from(format!("{id}:{}\n", BASE64_STANDARD.encode(random::<32>())));
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        made.and_then(|mut made| {
            made.write_all(line.expose_secret().as_bytes())?;
            made.sync_all()
        })
        .map_err(|cause| KeysError::New { file: file.display().to_string(), cause })?;
        Self::parse(&line, &file.display().to_string())
    }

    /// Where they come from: the file or the setting.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The key that new data keys are wrapped by, and its id.
    pub(super) fn active(&self) -> (&str, &Key) {
        (&self.active, &self.by_id[&self.active])
    }

    /// The key of that id.
    pub(super) fn named(&self, id: &str) -> Result<&Key, KeysError> {
        let missing = || KeysError::Missing { place: self.place.clone(), id: id.to_owned() };
        self.by_id.get(id).ok_or_else(missing)
    }

    /// The key of that id has other bytes than the one that sealed the database.
    pub(super) fn wrong(&self, id: String) -> KeysError {
        KeysError::Wrong { place: self.place.clone(), id }
    }
}

fn parse_line(line: &str) -> Option<(String, Key)> {
    let (id, encoded) = line.trim().split_once(':')?;
    let bytes: [u8; 32] = BASE64_STANDARD.decode(encoded).ok()?.try_into().ok()?;
    (!id.is_empty()).then(|| (id.to_owned(), Key::new(Box::new(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_named_and_not_shown() {
        let error = Keys::parse(&"k1:AAAA\n".to_owned().into(), "vault.key").err().expect("too short").to_string();
        assert!(error.starts_with("line 1 of vault.key is not") && !error.contains("AAAA"), "{error}");
    }

    #[test]
    fn a_key_file_is_private_and_never_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("vault.key");
        Keys::create(&file).expect("a new key file");
        assert_eq!(std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
        assert!(Keys::read(&file).is_ok());
        assert!(matches!(Keys::create(&file), Err(KeysError::New { .. })));
    }
}
