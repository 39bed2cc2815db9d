//! `greentick doctor`: what an operator would find out by trying, looked at without changing anything, while the server
//! runs or not. One line for each finding, with the cause and the cure where something is wrong; no secret in any.

mod clock;
mod database;
mod folder;
mod keys;
mod networks;
mod settings;
mod work;

use std::fmt;

use serde::Serialize;

use super::{
    clock::Clock,
    command::say,
    networks::{NetworkClient, Patience},
    serve::StartError,
    settings::{Settings, SettingsError},
    store::Store,
};

/// Nobody waits for a diagnosis as long as for a token.
const PATIENCE: Patience =
    Patience { connect: std::time::Duration::from_secs(5), answer: std::time::Duration::from_secs(10) };

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// Something does not work, or will not.
    Problem,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is about, in one word.
    pub about: &'static str,
    /// What was found, why, and what to do.
    pub text: String,
}

impl Finding {
    fn ok(about: &'static str, text: impl Into<String>) -> Self {
        Self { level: Level::Ok, about, text: text.into() }
    }

    fn warning(about: &'static str, text: impl Into<String>) -> Self {
        Self { level: Level::Warning, about, text: text.into() }
    }

    fn problem(about: &'static str, text: impl Into<String>) -> Self {
        Self { level: Level::Problem, about, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        };
        write!(f, "{level:<8} {:<9} {}", self.about, self.text)
    }
}

/// Looks at everything and says it: a line each, or all as JSON.
///
/// # Errors
/// [`StartError::Unwell`] when there is a problem.
pub async fn run(settings: Result<Settings, SettingsError>, is_json: bool) -> Result<(), StartError> {
    let found = examine(settings, &Clock::default()).await;
    if is_json {
        say(&serde_json::to_string_pretty(&found).unwrap_or_default());
    } else {
        found.iter().for_each(|finding| say(&finding.to_string()));
    }
    let is_well = found.iter().all(|finding| finding.level != Level::Problem);
    if is_well { Ok(()) } else { Err(StartError::Unwell) }
}

/// Looks at everything: settings, folder, database, keys, clock, networks, and what waits.
pub async fn examine(settings: Result<Settings, SettingsError>, clock: &Clock) -> Vec<Finding> {
    let settings = match settings {
        Ok(settings) => settings,
        // Without them nobody knows where anything else is.
        Err(error) => return vec![Finding::problem("settings", error.to_string())],
    };
    let mut found = settings::look(&settings);
    found.extend(folder::look(&settings));
    let (store, more) = database::look(&settings).await;
    found.extend(more);
    found.extend(keys::look(&settings, store.as_ref()).await);
    let client = NetworkClient::new(PATIENCE, &settings.allow_inside);
    let (more, clocks) = match &client {
        Ok(client) => networks::look(&settings, store.as_ref(), client, clock).await,
        Err(error) => (vec![Finding::problem("networks", format!("TLS cannot be set up here: {error}"))], vec![]),
    };
    found.extend(clock::look(store.as_ref(), clock, &clocks).await);
    found.extend(more);
    found.extend(work::look(&settings, store.as_ref(), clock).await);
    found
}

/// A count and its word: "1 grant", "2 grants".
fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// A look at the database that did not come to anything.
fn unread(about: &'static str, error: &dyn fmt::Display) -> Finding {
    Finding::problem(about, format!("this cannot be read: {error}"))
}

/// The database, once it is in the shape that this binary knows.
type Known<'a> = Option<&'a Store>;
