//! Key-encryption keys: where they come from, and whether they are the right ones.
//!
//! A key file has one key a line, `id:base64 of 32 bytes`; the first line is the key that new data keys are wrapped by,
//! the others open older ones. The file may be given more keys while the server runs: see [`Keys::again`].

use std::path::{Path, PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};

use super::{seal::Key, uses::Needs};

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
    /// Two lines have one name.
    #[error("{place} has two lines for the vault key {id:?}; leave the one that this database was sealed with")]
    Twice {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
    },
    /// There is none.
    #[error("{place} holds no key; put back the key that this database was sealed with")]
    Empty {
        /// The file or the setting.
        place: String,
    },
    /// The database's secrets were sealed by a key that is not here.
    #[error(
        "the database was sealed by the vault key {id:?}, which is not among the keys in {place}; add its line{needs}"
    )]
    Missing {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
        /// What does not open without it, as far as it was counted.
        needs: Needs,
    },
    /// A key of the right name has other bytes.
    #[error("the vault key {id:?} in {place} is not the one that sealed this database; put the right one back{needs}")]
    Wrong {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
        /// What does not open without it, as far as it was counted.
        needs: Needs,
    },
    /// Nothing may be wrapped by it any more.
    #[error("the vault key {id:?} is the first one in {place}, but it was retired; put the line of another key first")]
    Retired {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
    },
    /// There is no key of that name, here or in the database.
    #[error("there is no vault key {id:?} in {place}; `greentick keys list` names those that are")]
    Unknown {
        /// The file or the setting.
        place: String,
        /// The name that was asked for.
        id: String,
    },
    /// Only the operator can change the order.
    #[error(
        "the vault key {id:?} is not the first one in {place}; put its line first there, start every server anew, and \
         run `greentick keys rotate`"
    )]
    NotFirst {
        /// The setting or the credential.
        place: String,
        /// The key's id.
        id: String,
    },
    /// It wraps what is new.
    #[error(
        "the vault key {id:?} is the first one in {place}, so it seals what is new; add another with `greentick keys add` \
         and rotate to it first"
    )]
    First {
        /// The file or the setting.
        place: String,
        /// The key's id.
        id: String,
    },
    /// What it wraps would be lost.
    #[error("the vault key {id:?} cannot be retired{needs}; `greentick keys rotate` wraps them by the first key")]
    InUse {
        /// The key's id.
        id: String,
        /// What does not open without it.
        needs: Needs,
    },
}

/// Where the lines are read from.
enum Source {
    File(PathBuf),
    Given(String),
}

/// The ring of key-encryption keys.
pub struct Keys {
    source: Source,
    /// In the order of their lines; never empty.
    ring: Vec<(String, Key)>,
}

impl Keys {
    /// Reads keys, one a line. `source` is the setting that they stand in.
    ///
    /// # Errors
    /// [`KeysError::Line`], [`KeysError::Twice`] or [`KeysError::Empty`].
    pub fn parse(text: &SecretString, source: &str) -> Result<Self, KeysError> {
        Self::of(text, Source::Given(source.to_owned()))
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// As [`Keys::parse`], and [`KeysError::File`].
    pub fn read(file: &Path) -> Result<Self, KeysError> {
        let named = |cause| KeysError::File { file: file.display().to_string(), cause };
        let text = std::fs::read_to_string(file).map_err(named)?;
        Self::of(&text.into(), Source::File(file.to_owned()))
    }

    fn of(text: &SecretString, source: Source) -> Result<Self, KeysError> {
        let mut keys = Self { source, ring: vec![] };
        for (index, line) in text.expose_secret().lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (id, key) = parse_line(line).ok_or_else(|| KeysError::Line { place: keys.place(), line: index + 1 })?;
            if keys.get(&id).is_some() {
                return Err(KeysError::Twice { place: keys.place(), id });
            }
            keys.ring.push((id, key));
        }
        if keys.ring.is_empty() { Err(KeysError::Empty { place: keys.place() }) } else { Ok(keys) }
    }

    /// What the file says by now: a key that was added to it since is known without a restart. `None`: what a setting
    /// said at start stays.
    pub(super) fn again(&self) -> Option<Result<Self, KeysError>> {
        match &self.source {
            Source::File(file) => Some(Self::read(file)),
            Source::Given(_) => None,
        }
    }

    /// The file or the setting, for those who must mend it.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.source {
            Source::File(file) => file.display().to_string(),
            Source::Given(setting) => setting.clone(),
        }
    }

    /// The file, unless a setting holds the keys.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::File(file) => Some(file),
            Source::Given(_) => None,
        }
    }

    /// The ids, in the order of their lines.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ring.iter().map(|(id, _)| id.as_str())
    }

    /// The key that new data keys are wrapped by.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.ring[0].0
    }

    /// The first key, and its id.
    pub(super) fn active(&self) -> (&str, &Key) {
        (&self.ring[0].0, &self.ring[0].1)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Key> {
        self.ring.iter().find(|(own, _)| own == id).map(|(_, key)| key)
    }

    /// The key of that id.
    pub(super) fn named(&self, id: &str) -> Result<&Key, KeysError> {
        self.get(id).ok_or_else(|| self.missing(id, Needs::default()))
    }

    pub(super) fn missing(&self, id: &str, needs: Needs) -> KeysError {
        KeysError::Missing { place: self.place(), id: id.to_owned(), needs }
    }

    /// The key of that id has other bytes than the one that sealed the database.
    pub(super) fn wrong(&self, id: &str, needs: Needs) -> KeysError {
        KeysError::Wrong { place: self.place(), id: id.to_owned(), needs }
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
    fn two_lines_of_one_name_are_refused() {
        let line = |byte| format!("k1:{}\n", BASE64_STANDARD.encode([byte; 32]));
        let error = Keys::parse(&(line(1) + &line(2)).into(), "vault.key").err().expect("which one?").to_string();
        assert!(error.contains("two lines for the vault key \"k1\""), "{error}");
    }
}
