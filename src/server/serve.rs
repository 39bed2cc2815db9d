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
    networks::{self, AppsError, Definition, DefinitionError, NetworkClient, Networks, Patience, Set},
    pages::{self, Rosters},
    settings::{AppCredentials, Settings, SettingsError},
    store::{Backend, CopyError, Store, StoreError},
    vault::{Keys, KeysError, Vault, VaultError},
};
use crate::domain::NetworkId;

/// Longer than any exchange with a network may take; a token in flight is worth the wait.
const FINISH_LIMIT: Duration = Duration::from_secs(65);

/// How soon a process learns of an app that another was given.
const APPS_EVERY: Duration = Duration::from_secs(2);

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
    /// There is no backup.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The vault cannot be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The vault's key cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The doctor found something that does not work.
    #[error("there are problems; each line says what to do")]
    Unwell,
    /// Some rows cannot be sealed anew.
    #[error("{rows} rows stay under their former key, because they do not open; the rest is done. The last one: {why}")]
    Stuck {
        /// How many.
        rows: u64,
        /// What is wrong with one of them.
        why: String,
    },
    /// A network definition is wrong.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Our apps at the networks cannot be read.
    #[error(transparent)]
    Apps(#[from] AppsError),
    /// An app is set for a network that has no definition.
    #[error("apps.{0} is set, but there is no network definition {0}; check the name, or set networks or sandbox")]
    NoDefinition(String),
    /// A network is switched on where apps do not register themselves.
    #[error("switched_on names {0}, where apps do not register themselves; set apps.{0} instead")]
    NotByItself(String),
    /// An app that signs has no key.
    #[error("apps.{0}.client_secret is no private key on P-256; `greentick networks show {0}` says how to make one")]
    NoKey(String),
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
    all_are_known(settings, &definitions)?;
    all_are_whole(settings, &definitions, base_url.is_https())?;
    let store = match &settings.database_url {
        Some(url) => Store::open_url(url.expose_secret()).await?,
        None => Store::open_folder(&settings.data).await?,
    };
    store.migrate().await?;
    let vault = Vault::open(keys(settings, &store).await?, &store).await?;
    let networks = Networks::open(&store, &vault, definitions, set(settings, &base_url.origin())).await?;
    let refreshing = spool(settings, &store)?;
    let counts = Counts::default();
    Ok(App::new(Parts {
        cookies: CookieNames::of(&base_url),
        base_url,
        store,
        vault,
        networks,
        client: NetworkClient::new(Patience::default(), &settings.allow_inside)?.by(clock.clone()),
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

/// What an app must have depends on its network: most a secret, some a key, some nothing at all.
pub(super) fn all_are_whole(settings: &Settings, definitions: &[Definition], is_https: bool) -> Result<(), StartError> {
    let of = |network: &NetworkId| {
        let id = network.0.split('@').next().unwrap_or_default();
        definitions.iter().find(|known| known.id.0 == id)
    };
    settings.are_whole(|network, key| of(network).is_none_or(|known| networks::is_needed(known, key, is_https)))?;
    let lacks_key = |(network, own): &(&NetworkId, &AppCredentials)| {
        of(network).is_some_and(|known| !networks::is_key_where_needed(known, own, is_https))
    };
    match settings.apps.iter().find(lacks_key) {
        Some((network, _)) => Err(StartError::NoKey(network.0.clone())),
        None => Ok(()),
    }
}

/// A name that no definition has is a typing mistake, and so is a host at a network that has one address.
pub(super) fn all_are_known(settings: &Settings, definitions: &[Definition]) -> Result<(), StartError> {
    let find = |id: &str| definitions.iter().find(|known| known.id.0 == id);
    for id in settings.apps.keys() {
        let is_known = match id.0.split_once('@') {
            Some((network, _)) => find(network).is_some_and(|definition| definition.instance.is_some()),
            None => find(&id.0).is_some(),
        };
        if !is_known {
            return Err(StartError::NoDefinition(id.0.clone()));
        }
    }
    let registers = |definition: &Definition| definition.instance.as_ref().is_some_and(|one| one.register.is_some());
    match settings.switched_on.iter().find(|id| !find(&id.0).is_some_and(registers)) {
        Some(stray) => Err(StartError::NotByItself(stray.0.clone())),
        None => Ok(()),
    }
}

fn set(settings: &Settings, origin: &str) -> Set {
    let (apps, switched_on) = (settings.apps.clone(), settings.switched_on.clone());
    Set { apps, switched_on, origin: origin.to_owned() }
}

/// Beside the database's file, and where there is none: each process has a file of its own.
fn spool(settings: &Settings, store: &Store) -> Result<Refreshing, StoreError> {
    let folder = settings.data.join("spool");
    Refreshing::open(&folder, settings.refreshes_per_second, settings.courier, store.backend())
        .map_err(|cause| StoreError::Folder { folder: folder.display().to_string(), cause })
}

/// The keys from the settings, or the key file; a new one only for a database that was never sealed.
async fn keys(settings: &Settings, store: &Store) -> Result<Keys, StartError> {
    let file = key_file(settings);
    if settings.vault_keys.is_some() || file.exists() || Vault::has_canary(store).await? {
        return Ok(read_keys(settings)?);
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

/// The keys that are there.
///
/// # Errors
/// [`KeysError`] says what is wrong with them.
pub fn read_keys(settings: &Settings) -> Result<Keys, KeysError> {
    match &settings.vault_keys {
        Some(keys) => Keys::parse(keys, "the setting vault_keys"),
        None => Keys::read(&key_file(settings)),
    }
}

/// The setting, a systemd credential, or `vault.key` beside the database.
pub(super) fn key_file(settings: &Settings) -> PathBuf {
    let credential = credential().filter(|file| file.exists());
    settings.vault_key_file.clone().or(credential).unwrap_or_else(|| settings.data.join("vault.key"))
}

/// Where systemd puts the key: a copy, made when the service starts, that nobody can change.
pub fn credential() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join("vault.key"))
}

/// Takes the port.
///
/// # Errors
/// [`StartError::Listen`] names it.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    http::take_port(address).await.map_err(|cause| StartError::Listen { address, cause })
}

/// Starts what runs beside the requests, and first goes on with what the last process left.
///
/// # Errors
/// When the database does not answer.
pub async fn begin_work(app: &App) -> Result<(), StartError> {
    keeper::recover(app).await?;
    connect::recover_at_start(app).await?;
    app.tasks.spawn(recover_the_rest(app.clone()));
    tokio::spawn(events::listen(app.store.clone(), app.bus.clone()));
    app.tasks.spawn(look_for_apps(app.clone()));
    app.tasks.spawn(keeper::run(app.clone()));
    Ok(())
}

/// What another process was at when this one started, and has not ended by now, it left behind.
async fn recover_the_rest(app: App) {
    tokio::select! {
        () = app.stopping.cancelled() => {}
        () = tokio::time::sleep(connect::IN_FLIGHT) => {
            if let Err(error) = connect::recover(&app).await {
                warn!(%error, "interrupted attempts were not looked at; the next sweep does it");
            }
        }
    }
}

/// Where other processes share the database, apps are put in there too.
async fn look_for_apps(app: App) {
    if app.store.backend() == Backend::Sqlite {
        return;
    }
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(APPS_EVERY) => {}
        }
        if let Err(error) = app.networks.reload().await {
            warn!(%error, "what other processes changed about our apps is not known yet");
        }
    }
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

/// Says what to expect of a database that came from a backup.
///
/// # Errors
/// When the database does not answer.
pub async fn tell_of_backup(app: &App) -> Result<(), StartError> {
    if let Some((grants, at)) = pages::copied(app.store.read()).await? {
        super::command::say(&format!(
            "This database is a backup of {at}: {grants} permissions were not renewed since. Where a network's tokens are \
             good for one use and a newer one was given, it refuses ours; those pages turn red and say so."
        ));
    }
    Ok(())
}
