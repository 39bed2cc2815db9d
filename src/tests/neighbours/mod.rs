//! Servers that nobody here wrote, as processes on loopback ports: npm `oidc-provider` and `PyPI` `django-oauth-toolkit`, each
//! as strict as it comes. A page lives its whole life there, by a definition that is a file of the test, and what stands
//! at the server is asked of the server.

mod between;
mod life;
mod person;

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use oauth2::url::Url;
use serde_json::{Value, json};

use super::{
    person::Person,
    world::{Extra, World},
};
use crate::domain::{AttemptState, PageId};

/// Our app there: what a form-encoded Basic must carry.
const CLIENT: (&str, &str) = ("greentick", "a secret: with & odd % characters");

/// A server, and how it is asked about itself.
pub struct Kind {
    /// The program and its arguments, below this package's folder.
    command: fn() -> Vec<PathBuf>,
    /// What it is started with.
    more: &'static [&'static str],
    /// What of its definition is something else.
    change: (&'static str, &'static str),
    /// What must have been installed.
    needs: &'static str,
    definition: &'static str,
    token: &'static str,
    introspect: &'static str,
    /// What is asked from the code to the green tick, in a visit, and to give the permission back.
    connecting: &'static [&'static str],
    checking: &'static [&'static str],
    returning: &'static [&'static str],
}

fn of_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub const OIDC_PROVIDER: Kind = Kind {
    more: &[],
    change: ("", ""),
    command: || vec!["node".into(), of_package("end2end/neighbours/oidc_provider.mjs")],
    needs: "end2end/node_modules",
    definition: include_str!("oidc_provider.toml"),
    token: "/token",
    introspect: "/token/introspection",
    connecting: &["POST /token", "GET /me", "GET /jwks"],
    checking: &["GET /me"],
    returning: &["POST /token/revocation"],
};

/// It takes pushed requests only (RFC 9126).
pub const OIDC_PROVIDER_PUSHED: Kind = Kind {
    more: &["par"],
    change: ("[authorize]", "[authorize]\npar = \"required\"\npar_url = \"{origin}/request\""),
    connecting: &["POST /request", "POST /token", "GET /me", "GET /jwks"],
    ..OIDC_PROVIDER
};

/// It answers a token that was used once more, for two minutes.
pub const DJANGO_WITH_GRACE: Kind = Kind { more: &["grace"], ..DJANGO };

pub const DJANGO: Kind = Kind {
    more: &[],
    change: ("", ""),
    command: || vec![of_package(".tools/python/bin/python"), of_package("end2end/neighbours/django_oauth.py")],
    needs: ".tools/python",
    definition: include_str!("django_oauth.toml"),
    token: "/o/token/",
    introspect: "/o/introspect/",
    connecting: &["POST /o/token/", "GET /o/userinfo/", "GET /o/.well-known/jwks.json"],
    checking: &["GET /o/userinfo/"],
    returning: &["POST /o/revoke_token/"],
};

/// One that runs. It ends with its input, however this process ends.
pub struct Neighbour {
    kind: &'static Kind,
    origin: String,
    http: reqwest::Client,
    child: Child,
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Neighbour {
    /// Starts it, and says what is missing if something is.
    async fn starts(kind: &'static Kind) -> Self {
        tokio::task::spawn_blocking(move || {
            let needs = of_package(kind.needs);
            assert!(needs.exists(), "{} is missing: run `scripts/setup test`", needs.display());
            let command = (kind.command)();
            let mut command_line = Command::new(&command[0]);
            command_line.args(&command[1..]).args(kind.more).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command_line.stderr(Stdio::null()).spawn().expect("it starts");
            let mut origin = String::new();
            let said = child.stdout.take().expect("it was piped");
            BufReader::new(said).read_line(&mut origin).expect("it says where it listens");
            assert!(origin.starts_with("http"), "{} does not start", command[1].display());
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            Self { kind, origin: origin.trim().to_owned(), http, child }
        })
        .await
        .expect("it starts")
    }

    /// An instance that knows it by its definition, as `change` leaves it, and that it knows.
    async fn world(&self, database: Option<String>, change: impl Fn(String) -> String) -> World {
        let (from, to) = self.kind.change;
        let text = self.kind.definition.replacen(from, to, usize::from(!from.is_empty()));
        let text = change(text.replace("{origin}", &self.origin));
        let client = (CLIENT.0.to_owned(), CLIENT.1.to_owned());
        let extra = vec![Extra { id: "neighbour", text, client }];
        let world = World::with(database.map(Into::into), extra).await;
        let ours = world.app.networks.all().find(|app| app.definition.id.0 == "neighbour").expect("it is set up");
        let redirect_uri = world.app.base_url.callback(ours.id);
        let client = json!({ "client_id": CLIENT.0, "client_secret": CLIENT.1, "redirect_uri": redirect_uri });
        self.door("client", &client).await;
        world
    }

    async fn door(&self, name: &str, body: &Value) -> Value {
        let answer = self.http.post(format!("{}/test/{name}", self.origin)).json(body).send().await;
        answer.expect("it answers").json().await.expect("JSON")
    }

    /// What it was asked since somebody last looked, people's own pages left out.
    async fn asked(&self) -> Vec<String> {
        let asked: Vec<String> = serde_json::from_value(self.door("asked", &json!({})).await).expect("a list");
        let of_people = |asked: &String| {
            ["/auth", "/interaction", "/accounts", "/o/authorize"].iter().any(|path| asked.contains(path))
        };
        asked.into_iter().filter(|asked| !of_people(asked)).collect()
    }

    /// The person takes the permission away.
    async fn removes(&self) {
        self.door("remove", &json!({})).await;
    }

    /// What it says of a token itself (RFC 7662).
    async fn introspects(&self, token: &str) -> Value {
        let answer = self.posts(self.kind.introspect, &[("token", token)]).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        answer.1
    }

    async fn takes(&self, token: &str) -> bool {
        self.introspects(token).await["active"] == true
    }

    /// Somebody who has our app's secret asks for new tokens.
    async fn refreshes(&self, refresh_token: &str) -> (u16, Value) {
        self.posts(self.kind.token, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    async fn posts(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let encoded = |text: &str| oauth2::url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self.http.post(format!("{}{path}", self.origin)).form(form);
        let answer = request.basic_auth(encoded(CLIENT.0), Some(encoded(CLIENT.1))).send().await.expect("it answers");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// The person approves all but `declined`; how the attempt ended.
    async fn connects(&self, owner: &Person<'_>, page: PageId, declined: &str) -> AttemptState {
        let popup = owner.opens_popup(page).await;
        let callback = self.approves(&popup.url, declined).await;
        owner.get(&callback).await;
        owner.looks(popup.attempt).await.state
    }

    /// Where the person's browser is sent.
    async fn approves(&self, url: &Url, declined: &str) -> String {
        person::Browser::new().walks(url, &self.origin, declined).await
    }
}
