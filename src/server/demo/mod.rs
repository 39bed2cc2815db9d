//! A workspace to look at: temporary data, made-up locations, the sandbox's networks. Its pages are connected through
//! the real way, by a robot that fills in the sandbox's forms, so that the sandbox's ledger agrees with every icon.

mod robot;
mod scene;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::{
    App,
    accounts::{self, NewOwner, Purpose},
    clock::Clock,
    command::say,
    http::Front,
    sandbox::{self, Sandbox},
    serve::{self, StartError},
    settings::{AppCredentials, Settings},
    store::StoreError,
    vault::random_token,
};
use crate::domain::NetworkId;

const EMAIL: &str = "owner@harbour.example";

/// What the command line asks for.
#[derive(Args)]
pub struct Wishes {
    /// The app's port; 0 takes a free one.
    #[arg(long, default_value_t = 8400)]
    port: u16,
    /// The sandbox's port; 0 takes a free one.
    #[arg(long, default_value_t = 8411)]
    sandbox_port: u16,
    /// A sandbox that runs already, instead of one of our own.
    #[arg(long)]
    sandbox_url: Option<String>,
    /// A folder that keeps the data; without it a temporary one, gone in the end.
    #[arg(long)]
    data: Option<PathBuf>,
    /// So many locations more, with pages that nobody connected yet: to see the tab at size.
    #[arg(long, default_value_t = 0)]
    locations: usize,
    /// Seconds between checks of a permission.
    #[arg(long, default_value_t = 60)]
    check_interval: u64,
}

/// Serves the demo.
///
/// # Errors
/// [`StartError`] says what is wrong and what to do.
pub async fn run(wishes: Wishes, front: Front) -> Result<(), StartError> {
    let listener = serve::listen(loopback(wishes.port)).await?;
    let sandbox = match wishes.sandbox_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => own_sandbox(wishes.sandbox_port).await?,
    };
    let temporary = Temporary::unless(wishes.data.is_some())?;
    let data = wishes.data.unwrap_or_else(|| temporary.folder.clone());
    let address = listener.local_addr().map_err(StartError::Ended)?;
    let settings = settings(address, data, &sandbox, wishes.check_interval);
    let app = serve::open(&settings, Clock::default()).await?;
    let known = accounts::any_user(app.store.read()).await.map_err(StoreError::from)?;
    let password = SecretString::from(format!("demo-{}", &random_token()[..16]));
    let (owner, is_new) = match known {
        Some(owner) => (owner, false),
        None => (accounts::make_owner(&app, new_owner(&password)).await?.0, true),
    };
    let link = accounts::make_link(&app, Purpose::SignIn(owner)).await?;
    // The robot comes through the door like anybody, so the door opens first.
    let server = tokio::spawn(serve::serve(app.clone(), front, listener));
    if is_new {
        scene::set(&app, owner, &sandbox, wishes.locations).await?;
    }
    serve::begin_work(&app).await?;
    tell(&app, &sandbox, &link, is_new.then_some(&password));
    server.await.ok().ok_or(StartError::Demo("the server panicked"))?
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

async fn own_sandbox(port: u16) -> Result<String, StartError> {
    let listener = serve::listen(loopback(port)).await?;
    let origin = sandbox_origin(&listener)?;
    let router = sandbox::router(Sandbox::new(origin.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(origin)
}

/// The sandbox's pages are on `localhost` while the app is on `127.0.0.1`: only so are they different sites for a
/// browser. Another port of the same host would be the same site, and would prove nothing.
///
/// # Errors
/// When the listener has no address.
pub fn sandbox_origin(listener: &TcpListener) -> Result<String, StartError> {
    let port = listener.local_addr().map_err(StartError::Ended)?.port();
    Ok(format!("http://localhost:{port}"))
}

fn settings(address: SocketAddr, data: PathBuf, sandbox: &str, check_interval: u64) -> Settings {
    let app = |network: &&str| AppCredentials {
        client_id: sandbox::client_id(network),
        client_secret: sandbox::client_secret(network).into(),
        hook_secret: None,
    };
    Settings {
        base_url: format!("http://{address}"),
        listen: address,
        data,
        sandbox: Some(sandbox.to_owned()),
        check_interval: Some(check_interval),
        apps: sandbox::NETWORK_IDS.iter().map(|id| (NetworkId((*id).to_owned()), app(id))).collect(),
        ..Settings::default()
    }
}

fn new_owner(password: &SecretString) -> NewOwner {
    NewOwner {
        workspace: scene::WORKSPACE.to_owned(),
        name: "Harper Quill".to_owned(),
        email: EMAIL.to_owned(),
        password: password.clone(),
    }
}

fn tell(app: &App, sandbox: &str, link: &str, password: Option<&SecretString>) {
    use secrecy::ExposeSecret;
    say(&format!("Sandbox: {sandbox}"));
    say(&format!("Sign in: {}/sign-in/{link}", app.base_url.origin()));
    if let Some(password) = password {
        say(&format!("E-mail: {EMAIL}"));
        say(&format!("Password: {}", password.expose_secret()));
    }
}

/// A folder that is gone when the demo is.
struct Temporary {
    folder: PathBuf,
}

impl Temporary {
    fn unless(kept: bool) -> Result<Self, StartError> {
        let folder = std::env::temp_dir().join(format!("greentick-demo-{}", &random_token()[..12]));
        if !kept {
            std::fs::create_dir_all(&folder).map_err(StartError::Ended)?;
        }
        Ok(Self { folder })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may never have been made, and a folder that stays in the system's temporary one does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
