//! What an operator sets: a TOML file, overridden by `GREENTICK_…` in the environment. Unknown keys are errors.

mod proxies;

use std::{collections::HashMap, net::SocketAddr, path::PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

pub use self::proxies::Proxies;
use crate::domain::NetworkId;

/// Before the name of a setting in the environment; `GREENTICK_APPS__FACEBOOK__CLIENT_ID` reaches into tables.
const PREFIX: &str = "GREENTICK_";

/// All settings, with their defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where people find this instance: https, or http on a loopback address.
    pub base_url: String,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The proxies in front, as addresses or networks: what they say in `X-Forwarded-For` counts, and nobody else's.
    pub trusted_proxies: Proxies,
    /// The folder of the database and the vault's key.
    pub data: PathBuf,
    /// A PostgreSQL database instead of the file in `data`.
    pub database_url: Option<SecretString>,
    /// The vault's key file, instead of `vault.key` in `data`.
    pub vault_key_file: Option<PathBuf>,
    /// The vault's keys themselves, one a line, instead of a file.
    pub vault_keys: Option<SecretString>,
    /// A folder of network definitions that override and add to those in the binary.
    pub networks: Option<PathBuf>,
    /// A sandbox's address, which makes its networks usable.
    pub sandbox: Option<String>,
    /// Seconds between checks of a permission, instead of what each definition says.
    #[serde(deserialize_with = "number")]
    pub check_interval: Option<u64>,
    /// Our apps at the networks.
    pub apps: HashMap<NetworkId, AppCredentials>,
}

/// Who we are at a network.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppCredentials {
    /// The app's id.
    pub client_id: String,
    /// And what proves it.
    pub client_secret: SecretString,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8400".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8400)),
            trusted_proxies: Proxies::default(),
            data: PathBuf::from("data"),
            database_url: None,
            vault_key_file: None,
            vault_keys: None,
            networks: None,
            sandbox: None,
            check_interval: None,
            apps: HashMap::new(),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the settings file {file} cannot be read: {cause}")]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is no TOML, or says something that is no setting. Its text is not shown: it may hold secrets.
    #[error("the settings file {file} has an error{place}: {message}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Where.
        place: String,
        /// What.
        message: String,
    },
    /// The environment says something that is no setting.
    #[error("the environment has an error among its GREENTICK_… variables ({names}): {message}")]
    Environment {
        /// Which variables are set.
        names: String,
        /// What.
        message: String,
    },
}

impl Settings {
    /// Reads the file, if there is one, and then the environment.
    ///
    /// # Errors
    /// [`SettingsError`] names the file and line, or the variables.
    pub fn read(
        file: Option<PathBuf>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut table = match file {
            Some(file) => read_file(file)?,
            None => toml::Table::new(),
        };
        let mut names = Vec::new();
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(PREFIX).map(str::to_lowercase) else { continue };
            put(&mut table, &key.split("__").collect::<Vec<_>>(), &value);
            names.push(name);
        }
        table.try_into().map_err(|error: toml::de::Error| SettingsError::Environment {
            names: names.join(", "),
            message: error.message().to_owned(),
        })
    }
}

fn read_file(file: PathBuf) -> Result<toml::Table, SettingsError> {
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(cause) => return Err(SettingsError::File { file, cause }),
    };
    // Read once as settings, so that an error knows its line; the table is what the environment is laid over.
    let table = toml::from_str::<Settings>(&text).and_then(|_| toml::from_str(&text));
    table.map_err(|error| SettingsError::Wrong {
        place: error.span().map(|span| format!(" in line {}", line_of(&text, span.start))).unwrap_or_default(),
        message: error.message().to_owned(),
        file,
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

/// A number, also as the text that the environment has it in.
fn number<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    let value = toml::Value::deserialize(value)?;
    let number = value.as_integer().map(|number| number.to_string()).or_else(|| value.as_str().map(str::to_owned));
    let number = number.and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(|| serde::de::Error::custom("check_interval must be a whole number of seconds"))
}

fn put(table: &mut toml::Table, path: &[&str], value: &str) {
    let [key, rest @ ..] = path else { return };
    if rest.is_empty() {
        table.insert((*key).to_owned(), value.into());
        return;
    }
    let inner = table.entry((*key).to_owned()).or_insert_with(|| toml::Table::new().into());
    if let Some(inner) = inner.as_table_mut() {
        put(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("greentick.toml");
        std::fs::write(&file, text).expect("it can be written");
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::read(Some(file), environment.into_iter())
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let read = read(
            "base_url = \"https://a.example\"\ncheck_interval = 9\n",
            &[
                ("GREENTICK_BASE_URL", "https://b.example"),
                ("GREENTICK_APPS__X__CLIENT_ID", "1234"),
                ("GREENTICK_APPS__X__CLIENT_SECRET", "s"),
                ("HOME", "/"),
                ("GREENTICK_CHECK_INTERVAL", "7"),
            ],
        );
        let Ok(settings) = read else { panic!("good settings") };
        assert_eq!(settings.base_url, "https://b.example");
        assert_eq!(settings.check_interval, Some(7));
        assert_eq!(settings.apps[&NetworkId("x".into())].client_id, "1234");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_without_secrets() {
        let error = read("data = \"d\"\nbase_ulr = \"s3cret\"\n", &[]).err().expect("a typing mistake");
        let text = error.to_string();
        assert!(text.contains("line 2") && text.contains("base_ulr") && !text.contains("s3cret"), "{text}");
        let error = read("", &[("GREENTICK_BASE_ULR", "s3cret")]).err().expect("a typing mistake").to_string();
        assert!(error.contains("base_ulr") && !error.contains("s3cret"), "{error}");
    }
}
