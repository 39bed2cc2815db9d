//! A whole instance with its sandbox, on free ports, with a clock that can be moved.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tower::ServiceExt as _;

pub use super::settings::{loopback, settings};
use super::{
    person::Person,
    postgres,
    stage::{CLIENT, Ours, Stage},
};
use crate::{
    domain::{Me, NetworkId, Role},
    server::{
        App,
        accounts::{self, NewOwner, Purpose},
        clock::Clock,
        connect,
        http::{Front, router as http_router},
        keeper,
        networks::SigningKey,
        pages,
        sandbox::{self, Sandbox},
        serve::{self, StartError},
        settings::{AppCredentials, Settings},
        workspaces,
    },
    ui,
};

/// A network beside those in the binary, or instead of one of them.
pub struct Extra {
    pub id: &'static str,
    /// Its definition file.
    pub text: String,
    /// Who we are there: id and secret.
    pub client: (String, String),
}

pub struct World {
    pub app: App,
    pub origin: String,
    pub sandbox: String,
    pub clock: Clock,
    pub data: TempDir,
    pub http: reqwest::Client,
    /// Every answer of the app, headers and body.
    pub heard: Arc<Mutex<Vec<String>>>,
    settings: Settings,
    server: Mutex<Option<JoinHandle<Result<(), StartError>>>>,
}

impl World {
    pub async fn on_sqlite() -> Self {
        Self::on_sqlite_with(vec![]).await
    }

    pub async fn on_sqlite_with(extra: Vec<Extra>) -> Self {
        Self::with(None, extra).await
    }

    pub async fn on_postgres_with(extra: Vec<Extra>) -> Self {
        Self::with(Some(postgres::new_database().await.into()), extra).await
    }

    /// One more process on the same database.
    pub async fn on_postgres_at(url: &str) -> Self {
        Self::with(Some(url.to_owned().into()), vec![]).await
    }

    pub async fn with(database_url: Option<SecretString>, extra: Vec<Extra>) -> Self {
        Self::made(serve_sandbox(loopback().await), database_url, None, |settings| add(settings, extra)).await
    }

    /// With networks and other settings.
    pub async fn with_other(extra: Vec<Extra>, change: impl FnOnce(&mut Settings)) -> Self {
        let both = |settings: &mut Settings| {
            add(settings, extra);
            change(settings);
        };
        Self::made(serve_sandbox(loopback().await), None, None, both).await
    }

    /// With the small process that sends what is good for one use.
    pub async fn with_courier(extra: Vec<Extra>) -> Self {
        Self::with_other(extra, |settings| settings.courier = true).await
    }

    /// With other settings.
    pub async fn set(database_url: Option<SecretString>, change: impl FnOnce(&mut Settings)) -> Self {
        Self::made(serve_sandbox(loopback().await), database_url, None, change).await
    }

    /// An instance whose networks a test plays at that address, with other settings.
    pub async fn at(network: String, database_url: Option<SecretString>, change: impl FnOnce(&mut Settings)) -> Self {
        Self::made(network, database_url, None, change).await
    }

    async fn made(
        sandbox: String,
        database_url: Option<SecretString>,
        stage: Option<&Stage>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let door = loopback().await;
        let data = tempfile::tempdir().expect("a temporary folder");
        let address = door.local_addr().expect("it listens");
        let mut settings = settings(address, data.path(), &sandbox, database_url);
        let clock = Clock::default();
        if let Some(stage) = stage {
            let own = AppCredentials {
                client_id: CLIENT.0.to_owned(),
                client_secret: CLIENT.1.to_owned().into(),
                ..AppCredentials::default()
            };
            let network = NetworkId(stage.play.id.to_owned());
            match stage.play.ours {
                Ours::InSettings => drop(settings.apps.insert(network, own)),
                Ours::At(name) => drop(settings.apps.insert(NetworkId(name.to_owned()), own)),
                Ours::ByItself => settings.switched_on.push(network),
                Ours::Document => {
                    settings.base_url = "https://green.example".to_owned();
                    let own = AppCredentials { client_secret: SigningKey::generate(), ..AppCredentials::default() };
                    settings.apps.insert(network, own);
                }
                Ours::AtHome => drop(settings.apps.insert(network, AppCredentials::default())),
            }
        }
        change(&mut settings);
        let app = serve::open(&settings, clock.clone()).await.expect("a new instance opens");
        if let Some(stage) = stage {
            app.client.is_played_at(&stage.origin);
        }
        let server = tokio::spawn(serve::serve(app.clone(), front(), door));
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        let origin = format!("http://{address}");
        let server = Mutex::new(Some(server));
        Self { app, origin, sandbox, clock, data, http, heard: Arc::default(), settings, server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.settings.listen
    }

    /// An instance whose networks are played on the stage.
    pub async fn at_stage(stage: &Stage, database_url: Option<SecretString>) -> Self {
        Self::at_stage_with(stage, database_url, |_| {}).await
    }

    /// And with other settings.
    pub async fn at_stage_with(
        stage: &Stage,
        database_url: Option<SecretString>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let world = Self::made(serve_sandbox(loopback().await), database_url, Some(stage), change).await;
        // A network reads who we are as soon as we are somebody.
        if stage.play.ours == Ours::Document && world.app.networks.app_at(&stage.network()).is_some() {
            stage.reads_who_we_are(&world).await;
        }
        world
    }

    /// A signed-in owner of a workspace of their own.
    pub async fn owner(&self, workspace: &str) -> Person<'_> {
        let owner = NewOwner {
            workspace: workspace.to_owned(),
            name: format!("Owner of {workspace}"),
            email: format!("{}@example.org", workspace.to_lowercase()),
            password: SecretString::from("a long password".to_owned()),
        };
        let (user, card) = accounts::make_owner(&self.app, owner).await.expect("a new owner");
        let link = accounts::make_link(&self.app, Purpose::SignIn(user)).await.expect("a link");
        let person = Person::new(self, card.slug);
        let answer = person.get(&format!("/sign-in/{link}")).await;
        assert_eq!(answer.status, 303);
        person
    }

    /// Somebody who signs in by a password of their own and is a member of that person's workspace.
    pub async fn colleague(&self, name: &str, of: &Person<'_>, role: Role) -> Person<'_> {
        let newcomer = self.owner(name).await;
        let me: Me = newcomer.call("session/me", &[]).await.json();
        let workspace = of.board().await.workspace.id;
        let txn = self.app.store.begin().await.expect("it begins");
        workspaces::add_member(&txn, workspace, me.id, role).await.expect("added");
        txn.commit().await.expect("committed");
        newcomer.at(&of.workspace)
    }

    /// Another process on the same data, as after a crash of this one: it goes on with what was left.
    pub async fn another_process(&self) -> App {
        let app = serve::open(&self.settings, self.clock.clone()).await.expect("it opens again");
        connect::recover_at_start(&app).await.expect("the database answers");
        app
    }

    /// As [`World::another_process`], with other settings.
    pub async fn with_settings(&self, change: impl FnOnce(&mut Settings)) -> App {
        let mut settings = self.settings.clone();
        change(&mut settings);
        serve::open(&settings, self.clock.clone()).await.expect("it opens again")
    }

    /// Asks without a network in between, so that an address arrives as it is written. Answers the status, the head, and
    /// the body.
    pub async fn asks_directly(&self, request: http::Request<Body>) -> (u16, String, String) {
        asks(http_router(self.app.clone(), front()), request).await
    }

    /// The sandbox's ledger.
    pub async fn ledger(&self) -> Value {
        let answer = self.http.get(format!("{}/ledger", self.sandbox)).send().await.expect("the sandbox answers");
        answer.json().await.expect("the ledger is JSON")
    }

    /// How many grants live at the network.
    pub async fn living_grants(&self, network: &str) -> usize {
        let ledger = self.ledger().await;
        let grants = ledger["grants"].as_array().expect("a list");
        grants.iter().filter(|grant| grant["network"] == network && grant["alive"] == true).count()
    }

    /// How often the network's endpoint was asked.
    pub async fn requests(&self, network: &str, endpoint: &str) -> usize {
        let ledger = self.ledger().await;
        let requests = ledger["requests"].as_array().expect("a list");
        requests.iter().filter(|request| request["network"] == network && request["endpoint"] == endpoint).count()
    }

    /// Switches a fault on.
    pub async fn fault(&self, fault: Value) {
        let set = self.http.post(format!("{}/faults", self.sandbox)).json(&fault).send().await;
        assert!(set.expect("the sandbox answers").status().is_success());
    }

    /// Every network behaves again.
    pub async fn faults_off(&self) {
        let off = self.http.delete(format!("{}/faults", self.sandbox)).send().await;
        assert!(off.expect("the sandbox answers").status().is_success());
    }

    /// Somebody changes their password at the network.
    pub async fn password_changes(&self, network: &str, person: &str) {
        let change = self.http.post(format!("{}/people/{person}/password?network={network}", self.sandbox)).send();
        assert!(change.await.expect("the sandbox answers").status().is_success());
    }

    /// Somebody removes our app in the network's own list.
    pub async fn removes_app(&self, network: &str, person: &str) {
        let form = [("network", network), ("person", person), ("client_id", &sandbox::client_id(network))];
        let removed = self.http.post(format!("{}/apps/remove", self.sandbox)).form(&form).send().await;
        let status = removed.expect("the sandbox answers").status();
        assert!(status.is_success() || status.is_redirection(), "{status}");
    }

    /// The keeper visits every grant now.
    pub async fn keeper_comes(&self) {
        pages::visit_all_now(&self.app.store, self.clock.now()).await.expect("the database answers");
        keeper::once(&self.app).await;
    }

    /// The process is asked to stop, and has stopped.
    pub async fn stops(&self) {
        self.app.stopping.cancel();
        let server = self.server.lock().expect("nobody panicked with it").take().expect("it stops once");
        let stopped = tokio::time::timeout(Duration::from_secs(20), server).await.expect("it stops in time");
        stopped.expect("it does not panic").expect("it ends well");
    }

    /// Waits until no task is left.
    pub async fn is_quiet(&self) {
        for _ in 0..200 {
            if self.app.tasks.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("tasks are left");
    }
}

pub fn front() -> Front {
    Front { routes: leptos_axum::generate_route_list(ui::App), shell: ui::shell }
}

pub async fn asks(router: Router, request: http::Request<Body>) -> (u16, String, String) {
    let answer = router.oneshot(request).await.expect("a router always answers");
    let (status, head) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a whole body");
    (status, head, String::from_utf8_lossy(&body).into_owned())
}

/// The router of another process.
pub fn router_of(app: &App) -> Router {
    http_router(app.clone(), front())
}

fn add(settings: &mut Settings, extra: Vec<Extra>) {
    let folder = settings.data.join("networks");
    for Extra { id, text, client: (client_id, client_secret) } in extra {
        std::fs::create_dir_all(&folder).expect("a folder for definitions");
        std::fs::write(folder.join(format!("{id}.toml")), text).expect("it can be written");
        let own = AppCredentials { client_id, client_secret: client_secret.into(), hook_secret: None };
        settings.apps.insert(NetworkId(id.to_owned()), own);
        settings.networks = Some(folder.clone());
    }
}

fn serve_sandbox(door: TcpListener) -> String {
    let origin = format!("http://localhost:{}", door.local_addr().expect("it listens").port());
    let router = sandbox::router(Sandbox::new(origin.clone()));
    tokio::spawn(async move { axum::serve(door, router).await });
    origin
}

pub fn expires_in(network: &str, seconds: u64) -> Value {
    json!({ "network": network, "expires_in": seconds })
}
