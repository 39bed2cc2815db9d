//! The command line.

mod backup;
mod keys;

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use secrecy::ExposeSecret;
use tracing_subscriber::{EnvFilter, util::SubscriberInitExt};

use super::{
    clock::Clock,
    courier, demo, doctor,
    http::{self, BaseUrl, Front},
    logging::{self, Form},
    networks::{self, Definition},
    sandbox::{self, Sandbox},
    serve::{self, StartError},
    settings::{Settings, SettingsError},
    store::{self, Store},
};
use crate::domain::Demand;

/// The place where a business keeps its social connections green.
#[derive(Parser)]
#[command(version, about)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve for real: settings from a file and from GREENTICK_… in the environment.
    Serve {
        /// The settings file.
        #[arg(long, env = "GREENTICK_SETTINGS")]
        settings: Option<PathBuf>,
    },
    /// Serve a workspace with made-up locations and networks; needs nothing and keeps nothing.
    Demo(demo::Wishes),
    /// Run the sandbox's networks by themselves.
    Sandbox {
        /// The port; 0 takes a free one.
        #[arg(long, default_value_t = 8411)]
        port: u16,
    },
    /// Look at the network definitions.
    Networks {
        #[command(subcommand)]
        what: Look,
    },
    /// Look whether everything is as it should be, and say what to do where it is not. Changes nothing.
    Doctor {
        /// The settings file.
        #[arg(long, env = "GREENTICK_SETTINGS")]
        settings: Option<PathBuf>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Copy the SQLite database to a new file, while the server serves.
    Backup(backup::Line),
    /// Look after the vault's keys: add, list, rotate, retire.
    Keys(keys::Line),
    /// Send refreshes for the server whose folder this is. The server starts it by itself.
    #[command(hide = true)]
    Courier,
    /// Bring the database up to this version and stop.
    Migrate {
        /// The settings file.
        #[arg(long, env = "GREENTICK_SETTINGS")]
        settings: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum Look {
    /// Check definitions: those in FILE, or all that the settings lead to.
    Check {
        /// A definition file.
        file: Option<PathBuf>,
        /// The settings file.
        #[arg(long, env = "GREENTICK_SETTINGS")]
        settings: Option<PathBuf>,
    },
    /// Print the JSON Schema of a definition file, for your editor.
    Schema,
    /// List the networks.
    List {
        /// The settings file.
        #[arg(long, env = "GREENTICK_SETTINGS")]
        settings: Option<PathBuf>,
    },
    /// Show one network, and what of it is not verified.
    Show {
        /// Its id.
        id: String,
        /// The settings file.
        #[arg(long, env = "GREENTICK_SETTINGS")]
        settings: Option<PathBuf>,
    },
}

/// Tells the operator something that is meant for them and not for the log, like a sign-in link.
pub fn say(line: &str) {
    // A closed terminal is no reason to stop serving.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Runs the command line. `front` is what is shown.
pub async fn run(front: Front) -> ExitCode {
    let line = Line::parse();
    let Some(form) = Form::of(std::env::var(logging::FORM).ok().as_deref()) else {
        let _ = writeln!(std::io::stderr().lock(), "greentick: {} is text or json", logging::FORM);
        return ExitCode::FAILURE;
    };
    // Somebody who tries the demo reads its terminal, and not what it does all day.
    let usual = if matches!(line.command, Command::Demo(_)) { "warn" } else { "info" };
    let filter = EnvFilter::try_from_env(logging::WHAT).unwrap_or_else(|_| EnvFilter::new(usual));
    logging::subscriber(form, filter, std::io::stderr).init();
    let done = obey(line.command, front).await;
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cure = if store::is_full(&error) { "; make room on the database's disk" } else { "" };
            let _ = writeln!(std::io::stderr().lock(), "greentick: {error}{cure}");
            ExitCode::FAILURE
        }
    }
}

async fn obey(command: Command, front: Front) -> Result<(), StartError> {
    match command {
        Command::Serve { settings } => Box::pin(serve_for_real(settings, front)).await,
        Command::Demo(wishes) => Box::pin(demo::run(wishes, front)).await,
        Command::Sandbox { port } => run_sandbox(port).await,
        Command::Networks { what } => look(what),
        Command::Backup(line) => backup::run(line).await,
        Command::Keys(line) => keys::run(line).await,
        Command::Doctor { settings, json } => doctor::run(from(settings), json).await,
        Command::Courier => courier::run().await.map_err(StartError::Ended),
        Command::Migrate { settings } => migrate(settings).await,
    }
}

/// Does what these words say.
///
/// # Errors
/// What the command line would show.
///
/// # Panics
/// When the words are not known.
#[cfg(test)]
pub async fn says(words: &[&str], front: Front) -> Result<(), StartError> {
    obey(Line::try_parse_from(words).expect("words that are known").command, front).await
}

fn read(settings: Option<PathBuf>) -> Result<Settings, StartError> {
    Ok(from(settings)?)
}

fn from(settings: Option<PathBuf>) -> Result<Settings, SettingsError> {
    // These are not settings: one names the file, the others are about the log.
    let own = |name: &str| matches!(name, "GREENTICK_SETTINGS" | logging::WHAT | logging::FORM);
    Settings::read(settings, std::env::vars().filter(|(name, _)| !own(name)))
}

async fn serve_for_real(file: Option<PathBuf>, front: Front) -> Result<(), StartError> {
    let settings = read(file)?;
    // The port first: an instance that cannot serve must not touch the database of one that does.
    let listener = serve::listen(settings.listen).await?;
    let metrics = match settings.metrics_listen {
        Some(address) => Some((serve::listen(address).await?, address)),
        None => None,
    };
    let app = serve::open(&settings, Clock::default()).await?;
    serve::begin_work(&app).await?;
    serve::show_set_up_link(&app).await?;
    if let Some((listener, address)) = metrics {
        http::show_metrics(&app, listener);
        say(&format!("Metrics: http://{address}/metrics"));
    }
    serve::tell_of_backup(&app).await?;
    for network_app in app.networks.all() {
        let address = app.base_url.callback(network_app.callback);
        let name = &network_app.definition.name;
        say(&format!("Redirect address at {name}: {address}"));
        match network_app.definition.refuses_redirect(&address) {
            Some(Demand::Https) => say(&format!("{name} takes no http address: set base_url to an https one.")),
            Some(Demand::NoLocalhost) => {
                say(&format!("{name} takes no localhost: set base_url to http://127.0.0.1 with the same port."));
            }
            None => {}
        }
    }
    if app.base_url.is_https() && app.proxies.is_empty() {
        say(
            "Set trusted_proxies to your proxy's address: without it all people count as one address, and share limits.",
        );
    }
    say(&format!("Greentick serves {} (listening on {})", app.base_url.origin(), settings.listen));
    serve::serve(app, front, listener).await
}

fn look(what: Look) -> Result<(), StartError> {
    let all = |settings| -> Result<Vec<Definition>, StartError> {
        let settings = read(settings)?;
        Ok(networks::load(settings.networks.as_deref(), settings.sandbox.as_deref())?)
    };
    match what {
        Look::Check { file: Some(file), .. } => {
            let definition = networks::read(&file)?;
            say(&format!("{} is right: {} ({})", file.display(), definition.name, definition.id));
        }
        Look::Check { file: None, settings } => {
            say(&format!("All {} definitions are right.", all(settings)?.len()));
        }
        Look::Schema => say(networks::schema().trim_end()),
        Look::List { settings } => all(settings)?.iter().for_each(|definition| say(&networks::line(definition))),
        Look::Show { id, settings } => {
            let settings = read(settings)?;
            let all = networks::load(settings.networks.as_deref(), settings.sandbox.as_deref())?;
            match all.iter().find(|definition| definition.id.0 == id) {
                Some(definition) => say(&networks::page(definition, &BaseUrl::parse(&settings.base_url)?.origin())),
                None => return Err(StartError::NoSuchNetwork(id)),
            }
        }
    }
    Ok(())
}

/// The database that is there; it is not made by a command that only looks after it.
async fn open_store(settings: &Settings) -> Result<Store, StartError> {
    Ok(match &settings.database_url {
        Some(url) => Store::open_url(url.expose_secret()).await?,
        None => Store::open_existing(&settings.data).await?,
    })
}

async fn migrate(file: Option<PathBuf>) -> Result<(), StartError> {
    serve::open(&read(file)?, Clock::default()).await?;
    say("The database is up to date.");
    Ok(())
}

async fn run_sandbox(port: u16) -> Result<(), StartError> {
    let listener = serve::listen(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    let origin = demo::sandbox_origin(&listener)?;
    say(&format!("Sandbox: {origin}"));
    axum::serve(listener, sandbox::router(Sandbox::new(origin))).await.map_err(StartError::Ended)
}
