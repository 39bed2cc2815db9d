//! What an operator sets: a TOML file, overridden by `GREENTICK_…` in the environment. Unknown keys are errors.

mod nearest;
mod proxies;

use std::{collections::HashMap, net::SocketAddr, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub use self::{nearest::with_nearest, proxies::Proxies};
use crate::domain::NetworkId;

/// Before the name of a setting in the environment; `GREENTICK_APPS__FACEBOOK__CLIENT_ID` reaches into tables.
const PREFIX: &str = "GREENTICK_";

/// All settings, with their defaults.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where people find this instance: https, or http on a loopback address.
    pub base_url: String,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where operators read figures (`/metrics`); nowhere without it. Whoever reaches it may read them.
    pub metrics_listen: Option<SocketAddr>,
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
    /// How many refreshes may leave for one network app in a second, over all processes; 0 for any number.
    #[serde(deserialize_with = "count")]
    pub refreshes_per_second: u32,
    /// Whether tokens that are good for one use are sent by a small process that outlives this one.
    #[serde(deserialize_with = "yes_or_no")]
    pub courier: bool,
    /// Networks that are in the table though no app is set for them, because it registers itself: Mastodon.
    #[serde(deserialize_with = "list")]
    pub switched_on: Vec<NetworkId>,
    /// Hosts inside, as `host` or `host:port`, that people may type all the same. For tests only.
    #[serde(deserialize_with = "list")]
    pub allow_inside: Vec<String>,
    /// Our apps at the networks; `id@host` where a network has many addresses.
    pub apps: HashMap<NetworkId, AppCredentials>,
}

/// Who we are at a network. Each may come from another place, so what is missing is told when all was read.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppCredentials {
    /// The app's id.
    pub client_id: String,
    /// And what proves it.
    pub client_secret: SecretString,
    /// What the network signs its own messages by, where that is another secret: Slack, Twitch, GitHub.
    pub hook_secret: Option<SecretString>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8400".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8400)),
            metrics_listen: None,
            trusted_proxies: Proxies::default(),
            data: PathBuf::from("data"),
            database_url: None,
            vault_key_file: None,
            vault_keys: None,
            networks: None,
            sandbox: None,
            check_interval: None,
            refreshes_per_second: 50,
            courier: true,
            switched_on: vec![],
            allow_inside: vec![],
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
    /// An app without what proves it.
    #[error(
        "apps.{network}.{key} is missing or empty, so {network} would refuse everybody; set it in the settings file, or \
         as {variable} in the environment"
    )]
    NoCredential {
        /// Whose app.
        network: String,
        /// What of it.
        key: &'static str,
        /// What it is called in the environment.
        variable: String,
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
        let settings: Self = table.try_into().map_err(|error: toml::de::Error| wrong_variable(&names, &error))?;
        Ok(settings)
    }

    /// Whether each app has what its network needs of it: its `client_id`, its `client_secret`.
    ///
    /// # Errors
    /// [`SettingsError::NoCredential`] names the first that is missing.
    pub fn are_whole(&self, needs: impl Fn(&NetworkId, &str) -> bool) -> Result<(), SettingsError> {
        self.apps.iter().try_for_each(|(network, app)| whole(network, app, |key| needs(network, key)))
    }
}

/// The variable that the error is about, where it says so; else all of ours.
fn wrong_variable(names: &[String], error: &toml::de::Error) -> SettingsError {
    let message = with_nearest(error.message());
    let key = message.split('`').nth(1).unwrap_or_default().to_uppercase();
    let about: Vec<_> = names.iter().filter(|name| !key.is_empty() && name.ends_with(&key)).cloned().collect();
    let names = if about.is_empty() { names.join(", ") } else { about.join(", ") };
    SettingsError::Environment { names, message }
}

fn whole(network: &NetworkId, app: &AppCredentials, needs: impl Fn(&str) -> bool) -> Result<(), SettingsError> {
    let (id, secret) = (app.client_id.as_str(), app.client_secret.expose_secret());
    for (key, value) in [("client_id", id), ("client_secret", secret)] {
        if value.trim().is_empty() && needs(key) {
            let variable = format!("{PREFIX}APPS__{}__{}", network.0.to_uppercase(), key.to_uppercase());
            return Err(SettingsError::NoCredential { network: network.0.clone(), key, variable });
        }
    }
    Ok(())
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
        message: with_nearest(error.message()),
        file,
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

/// A number, also as the text that the environment has it in.
fn number<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    let number = whole_number(value)?;
    number.map(Some).ok_or_else(|| serde::de::Error::custom("check_interval must be a whole number of seconds"))
}

fn count<'de, D: serde::Deserializer<'de>>(value: D) -> Result<u32, D::Error> {
    whole_number(value)?.ok_or_else(|| serde::de::Error::custom("refreshes_per_second must be a whole number"))
}

/// A list, also as the text with commas that the environment has it in.
fn list<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(value: D) -> Result<Vec<T>, D::Error> {
    let value = match toml::Value::deserialize(value)? {
        toml::Value::String(text) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(toml::Value::from).collect::<Vec<_>>().into()
        }
        value => value,
    };
    value.try_into().map_err(serde::de::Error::custom)
}

fn yes_or_no<'de, D: serde::Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    match toml::Value::deserialize(value)? {
        toml::Value::Boolean(yes) => Ok(yes),
        toml::Value::String(text) if text == "true" || text == "false" => Ok(text == "true"),
        _ => Err(serde::de::Error::custom("courier must be true or false")),
    }
}

fn whole_number<'de, D: serde::Deserializer<'de>, N: std::str::FromStr>(value: D) -> Result<Option<N>, D::Error> {
    let value = toml::Value::deserialize(value)?;
    let number = value.as_integer().map(|number| number.to_string()).or_else(|| value.as_str().map(str::to_owned));
    Ok(number.and_then(|number| number.parse().ok()))
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
        assert!(error.contains("GREENTICK_BASE_ULR") && !error.contains("s3cret"), "{error}");
        assert!(error.ends_with("did you mean `base_url`?"), "{error}");
    }

    #[test]
    fn the_nearest_known_key_is_named_with_file_and_line() {
        let error = read("\n\nlisten = \"127.0.0.1:1\"\ntrusted_proxy = []\n", &[]).err().expect("a typing mistake");
        let text = error.to_string();
        assert!(text.contains("greentick.toml") && text.contains("line 4"), "{text}");
        assert!(text.ends_with("did you mean `trusted_proxies`?"), "{text}");
        let inside = "[apps.x]\nclient_id = \"a\"\nclient_secert = \"s3cret\"\n";
        let text = read(inside, &[]).err().expect("a typing mistake").to_string();
        assert!(text.contains("line 3") && text.contains("did you mean `client_secret`?"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn an_app_needs_an_id_and_a_secret_from_wherever() {
        let read = |text: &str, more: &[(&str, &str)]| {
            read(text, more).and_then(|all| all.are_whole(|_, _| true).map(|()| all))
        };
        let id = "[apps.chirper]\nclient_id = \"a\"\n";
        let from_both = read(id, &[("GREENTICK_APPS__CHIRPER__CLIENT_SECRET", "s3cret")]);
        assert!(from_both.is_ok(), "the secret may stand in the environment alone");
        for (text, variable) in [
            (id.to_owned(), ""),
            (format!("{id}client_secret = \"\"\n"), ""),
            (format!("{id}client_secret = \" \"\n"), ""),
            (format!("{id}client_secret = \"s3cret\"\n"), "GREENTICK_APPS__CHIRPER__CLIENT_SECRET"),
        ] {
            let environment = [(variable, "")];
            let environment = if variable.is_empty() { &[][..] } else { &environment };
            let error = read(&text, environment).err().expect("no secret").to_string();
            assert!(error.starts_with("apps.chirper.client_secret is missing or empty"), "{error}");
            assert!(error.contains("GREENTICK_APPS__CHIRPER__CLIENT_SECRET") && !error.contains("s3cret"), "{error}");
        }
        let error = read("[apps.chirper]\nclient_secret = \"s3cret\"\n", &[]).err().expect("no id").to_string();
        assert!(error.starts_with("apps.chirper.client_id is missing"), "{error}");
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let of =
            |text: &str, environment: &[(&str, &str)]| read(text, environment).map(|settings| settings.trusted_proxies);
        let trusts = |proxies: &Proxies, address: &str| proxies.trust(address.parse().expect("an address"));
        let both = of("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\n", &[]).expect("good settings");
        assert!(trusts(&both, "127.0.0.1") && trusts(&both, "10.9.9.9") && !trusts(&both, "127.0.0.2"));
        let both = of("", &[("GREENTICK_TRUSTED_PROXIES", "127.0.0.1, fd00::/8")]).expect("good settings");
        assert!(trusts(&both, "127.0.0.1") && trusts(&both, "fd00::9") && !trusts(&both, "fe80::9"));
        assert!(of("", &[]).expect("good settings").is_empty());
        let error = of("\ntrusted_proxies = [\"10.0.0.0/99\"]\n", &[]).expect_err("no network").to_string();
        assert!(["line 2", "trusted_proxies", "10.0.0.0/99"].iter().all(|word| error.contains(word)), "{error}");
    }
}
