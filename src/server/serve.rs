//! Starting and stopping: the parts are opened in order, each with an error that says what to do, and on SIGTERM what
//! is in flight is finished.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    App, Parts, Refusal,
    accounts::{self, Purpose},
    clock::Clock,
    connect::{self, ConnectError},
    counts::Counts,
    events::{self, Bus},
    http::{self, BaseUrl, BaseUrlError, CookieNames, Front},
    keeper::{self, Refreshing},
    limits::Limits,
    networks::{self, DefinitionError, NetworkClient, Networks, Patience},
    pages::Rosters,
    settings::{Settings, SettingsError},
    store::{Store, StoreError},
    vault::{Keys, KeysError, Vault, VaultError},
};

/// Longer than any exchange with a network may take; a token in flight is worth the wait.
const FINISH_LIMIT: Duration = Duration::from_secs(65);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The address cannot be ours.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault cannot be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The vault's key cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A network definition is wrong.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// An app is set for a network that has no definition.
    #[error("apps.{0} is set, but there is no network definition {0}; check the name, or set networks or sandbox")]
    NoDefinition(String),
    /// There is no network of that name.
    #[error("there is no network definition {0}; `greentick networks list` names those that are")]
    NoSuchNetwork(String),
    /// Interrupted attempts could not be looked at.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Something of ours did not work.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The port is taken or not ours to take.
    #[error("cannot listen on {address}: {cause}; stop what listens there, or choose another with `listen`")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The HTTP client for networks could not be made.
    #[error("the TLS of this machine cannot be set up")]
    Tls(#[from] reqwest::Error),
    /// The server ended by itself.
    #[error("the server ended: {0}")]
    Ended(std::io::Error),
    /// The demo could not be made.
    #[error("the demo could not be made: {0}")]
    Demo(&'static str),
}

/// Opens everything but the door.
///
/// # Errors
/// [`StartError`] says what is wrong and what to do.
pub async fn open(settings: &Settings, clock: Clock) -> Result<App, StartError> {
    let base_url = BaseUrl::parse(&settings.base_url)?;
    let definitions = networks::load(settings.networks.as_deref(), settings.sandbox.as_deref())?;
    if let Some(stray) = settings.apps.keys().find(|id| !definitions.iter().any(|known| known.id == **id)) {
        return Err(StartError::NoDefinition(stray.0.clone()));
    }
    let store = match &settings.database_url {
        Some(url) => Store::open_url(url.expose_secret()).await?,
        None => Store::open_folder(&settings.data).await?,
    };
    store.migrate().await?;
    let vault = Vault::open(keys(settings, &store).await?, &store).await?;
    let networks = Networks::register(store.read(), definitions, settings.apps.clone()).await?;
    let refreshing = spool(settings, &store)?;
    let counts = Counts::default();
    Ok(App::new(Parts {
        cookies: CookieNames::of(&base_url),
        base_url,
        store,
        vault,
        networks,
        client: NetworkClient::new(Patience::default())?,
        limits: Limits::new(&clock),
        proxies: settings.trusted_proxies.clone(),
        clock,
        bus: Bus::counting(counts.clone()),
        counts,
        rosters: Rosters::default(),
        refreshing,
        check_every: settings.check_interval.map(Duration::from_secs),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
        leptos: http::site_options(),
    }))
}

/// Beside the database's file, and where there is none: each process has a file of its own.
fn spool(settings: &Settings, store: &Store) -> Result<Refreshing, StoreError> {
    let folder = settings.data.join("spool");
    Refreshing::open(&folder, settings.refreshes_per_second, settings.courier, store.backend())
        .map_err(|cause| StoreError::Folder { folder: folder.display().to_string(), cause })
}

/// The keys from the settings, or the key file; a new one only for a database that was never sealed.
async fn keys(settings: &Settings, store: &Store) -> Result<Keys, StartError> {
    if let Some(keys) = &settings.vault_keys {
        return Ok(Keys::parse(keys, "the setting vault_keys")?);
    }
    let file = key_file(settings);
    if file.exists() || Vault::has_canary(store).await? {
        return Ok(Keys::read(&file)?);
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|cause| KeysError::New { file: file.display().to_string(), cause })?;
    }
    let keys = Keys::create(&file)?;
    super::command::say(&format!(
        "A new vault key lies in {}: keep a copy apart from the database's backups.",
        file.display()
    ));
    Ok(keys)
}

/// The setting, a systemd credential, or `vault.key` beside the database.
pub(super) fn key_file(settings: &Settings) -> PathBuf {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join("vault.key"));
    let credential = credential.filter(|file| file.exists());
    settings.vault_key_file.clone().or(credential).unwrap_or_else(|| settings.data.join("vault.key"))
}

/// Takes the port.
///
/// # Errors
/// [`StartError::Listen`] names it.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })
}

/// Starts what runs beside the requests, and first goes on with what the last process left.
///
/// # Errors
/// When the database does not answer.
pub async fn begin_work(app: &App) -> Result<(), StartError> {
    keeper::recover(app).await?;
    connect::recover(app).await?;
    app.tasks.spawn(recover_the_rest(app.clone()));
    tokio::spawn(events::listen(app.store.clone(), app.bus.clone()));
    app.tasks.spawn(keeper::run(app.clone()));
    Ok(())
}

/// What another process was at when this one started, and has not ended by now, it left behind.
async fn recover_the_rest(app: App) {
    tokio::select! {
        () = app.stopping.cancelled() => {}
        () = tokio::time::sleep(connect::IN_FLIGHT) => {
            if let Err(error) = connect::recover(&app).await {
                warn!(%error, "interrupted attempts were not looked at; the next start does it");
            }
        }
    }
}

/// Opens the operators' door beside the other.
pub fn show_metrics(app: &App, listener: TcpListener) {
    let router = http::metrics_router(app.clone());
    tokio::spawn(http::keep_open(listener, router, app.stopping.clone(), http::HEAD_LIMIT));
}

/// Serves until SIGTERM or Ctrl-C; then no new request is taken, streams end, and what is in flight is finished.
///
/// # Errors
/// Never yet; a start that fails has failed before.
pub async fn serve(app: App, front: Front, listener: TcpListener) -> Result<(), StartError> {
    let router = http::router(app.clone(), front);
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        info!("stopping: finishing what is in flight");
        stopping.cancel();
    });
    let open = http::keep_open(listener, router, app.stopping.clone(), http::HEAD_LIMIT).await;
    app.tasks.close();
    // Whoever is not done by then has a lease and a sealed answer that the next process goes on with; and a browser
    // that does not take its answer holds nobody up.
    let finished = async { tokio::join!(open.shutdown(), app.tasks.wait()) };
    let _ = tokio::time::timeout(FINISH_LIMIT, finished).await;
    Ok(())
}

async fn asked_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Shows the link that makes the first owner, when there is nobody yet.
///
/// # Errors
/// When the database does not answer.
pub async fn show_set_up_link(app: &App) -> Result<(), StartError> {
    if accounts::any_user(app.store.read()).await.map_err(StoreError::from)?.is_none() {
        let token = accounts::make_link(app, Purpose::SetUp).await?;
        super::command::say(&format!("Set up: {}/setup/{token}", app.base_url.origin()));
    }
    Ok(())
}
