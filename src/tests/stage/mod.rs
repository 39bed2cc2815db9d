//! The real networks, played from what their documentation and other people's code say of them, and not from our
//! definitions: a definition that is wrong does not get through the whole life.
//!
//! One stage is one network with one person. It listens on one address and plays all hosts of that network; the app's
//! client is told to go there instead, and nothing else is different.

mod bluesky;
mod bound;
mod entered;
mod google;
mod life;
mod meta;
mod others;
mod proofs;
mod scene;
mod second;
mod short;
mod slack;
mod typed;
mod work;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use oauth2::url::{Url, form_urlencoded};
use serde_json::Value;

use self::scene::{Reply, Scene};
use super::world::{World, loopback};
use crate::domain::{NetworkId, Reason, Returned};

/// Our app at every network.
pub const CLIENT: (&str, &str) = ("greentick-app", "s3cret/of+the&app%");

/// What a network is known to do.
pub struct Play {
    /// The definition's name.
    pub id: &'static str,
    /// What the person types, where the network has many addresses.
    pub typed: &'static str,
    /// How our app comes to be there.
    pub ours: Ours,
    /// Where a person is asked: host and path.
    pub authorize: &'static str,
    /// What it calls the app's id.
    pub client_id: &'static str,
    /// The scopes that it knows; whoever asks for another is shown an error.
    pub scopes: &'static [&'static str],
    /// What stands between scopes in the request.
    pub separator: char,
    pub pkce: Pkce,
    /// What must be in the request beside that.
    pub needs: &'static [(&'static str, &'static str)],
    /// What the callback carries beside code and state.
    pub brings: &'static [(&'static str, &'static str)],
    /// What else it does to the callback.
    pub back: fn(&mut Url),
    /// What it hangs on to the callback's address, behind everything.
    pub junk: Option<&'static str>,
    /// Everything else that it answers.
    pub answers: fn(&mut Scene, &Ask) -> Reply,
    /// What is asked from the code to the green tick.
    pub connecting: &'static [&'static str],
    /// What is asked in a visit of the keeper.
    pub checking: &'static [&'static str],
    /// What is asked for new tokens, and how many seconds after the last ones it must have been done.
    pub renewing: Option<(&'static [&'static str], u64)>,
    /// The account that the page is pinned to.
    pub account: (&'static str, &'static str),
    /// What the page says when the person has removed the app at the network.
    pub removed: Reason,
    /// What is asked to give the permission back, and how that ends.
    pub returning: (&'static [&'static str], Returned),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    /// It stands in the settings, under the network's name.
    InSettings,
    /// There too, under this name.
    At(&'static str),
    /// It registers itself.
    ByItself,
    /// It is known by a document at an address of ours, and signs by a key.
    Document,
    /// It is on the person's own machine, where nobody can ask it who it is.
    AtHome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pkce {
    Needed,
    Taken,
    /// It breaks on it, or nobody knows: it must not be sent.
    Off,
}

/// A request, as the network gets it.
#[derive(Clone)]
pub struct Ask {
    pub method: String,
    /// Host and path.
    pub place: String,
    pub query: BTreeMap<String, String>,
    /// The fields of the body, a form or JSON.
    pub form: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
}

impl Ask {
    pub fn what(&self) -> String {
        format!("{} {}", self.method, self.place)
    }

    pub fn form(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    pub fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// What follows the scheme in `Authorization`.
    pub fn shows(&self, scheme: &str) -> &str {
        self.header("authorization").strip_prefix(scheme).map_or("", str::trim)
    }

    pub fn has_basic(&self) -> bool {
        // RFC 6749, section 2.3.1: form-encoded first.
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(CLIENT.0), encoded(CLIENT.1));
        self.shows("Basic ") == BASE64_STANDARD.encode(pair)
    }

    pub fn has_body_proof(&self, id: &str) -> bool {
        self.header("authorization").is_empty() && (self.form(id), self.form("client_secret")) == CLIENT
    }

    fn of(parts: &http::request::Parts, body: &Bytes) -> Self {
        let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect::<BTreeMap<_, _>>();
        let json: Option<BTreeMap<String, Value>> = serde_json::from_slice(body).ok();
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let headers = parts.headers.iter();
        Self {
            method: parts.method.to_string(),
            place: parts.uri.path().trim_start_matches('/').to_owned(),
            query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
            form: match json {
                Some(fields) => fields.into_iter().map(|(name, value)| (name, text(value))).collect(),
                None => pairs(body),
            },
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
        }
    }
}

/// A network that is played.
#[derive(Clone)]
pub struct Stage {
    pub play: &'static Play,
    pub origin: String,
    scene: Arc<Mutex<Scene>>,
}

impl Stage {
    pub async fn of(play: &'static Play) -> Self {
        let door = loopback().await;
        let origin = format!("http://{}", door.local_addr().expect("it listens"));
        let stage = Self { play, origin, scene: Arc::new(Mutex::new(Scene::new(play.pkce))) };
        let router = Router::new().fallback(answer).with_state(stage.clone());
        tokio::spawn(async move { axum::serve(door, router).await });
        stage
    }

    pub fn network(&self) -> NetworkId {
        NetworkId(self.play.id.to_owned())
    }

    pub fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().expect("nobody panicked with it")
    }

    /// The person is asked at `url`, ticks all but `declined`, and approves: where the browser is sent.
    pub fn approves(&self, url: &Url, declined: &[&str]) -> String {
        let play = self.play;
        assert_eq!(format!("{}{}", url.host_str().unwrap_or_default(), url.path()), play.authorize, "the consent page");
        let params: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let pushes = matches!(play.ours, Ours::Document | Ours::AtHome);
        let params = if pushes { self.pushed(&params) } else { Some(params) };
        let Some(params) = params else {
            return format!("https://{}?error=invalid_request", play.authorize);
        };
        let param = |name: &str| params.get(name).map_or("", String::as_str);
        assert_eq!(param("response_type"), "code", "{url}");
        assert!(pushes || param(play.client_id) == CLIENT.0, "{url}");
        for (name, value) in play.needs {
            assert_eq!(param(name), *value, "{name} at {}", play.id);
        }
        let challenge = params.get("code_challenge").cloned();
        match play.pkce {
            Pkce::Needed => assert!(challenge.is_some() && param("code_challenge_method") == "S256", "{url}"),
            Pkce::Off => assert!(challenge.is_none(), "{} takes no PKCE", play.id),
            Pkce::Taken => {}
        }
        let scopes: Vec<_> = param("scope").split(play.separator).filter(|scope| !scope.is_empty()).collect();
        let unknown = scopes.iter().find(|scope| !play.scopes.contains(scope));
        assert!(unknown.is_none(), "{} knows no scope {unknown:?}", play.id);
        let scopes = scopes.into_iter().filter(|scope| !declined.contains(scope)).map(str::to_owned).collect();
        self.scene().nonce = params.get("nonce").cloned();
        self.scene().told.insert("user_scope".to_owned(), param("user_scope").to_owned());
        let code = self.scene().approve(scopes, challenge, param("redirect_uri"));
        let mut back = Url::parse(param("redirect_uri")).expect("an address");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", param("state"))
            .extend_pairs(play.brings);
        (play.back)(&mut back);
        back.set_fragment(play.junk);
        back.to_string()
    }

    /// What was pushed before, under the number that the person brings along with the app's name and nothing else.
    fn pushed(&self, params: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
        let (number, client_id) = (params.get("request_uri")?, params.get("client_id")?);
        self.scene().book.pushed(number, client_id).filter(|_| params.len() == 2)
    }

    /// A network that knows us by a document of ours reads it, and the keys that it names.
    pub async fn reads_who_we_are(&self, world: &World) {
        let ours = world.app.networks.app_at(&self.network()).expect("it is set up");
        let read = async |address: &str| -> Value {
            let path = address.strip_prefix(&world.app.base_url.origin()).expect("an address of ours");
            let answer = world.http.get(format!("{}{path}", world.origin)).send().await.expect("the app answers");
            assert_eq!(answer.headers()["content-type"], "application/json");
            answer.json().await.expect("JSON")
        };
        let document = read(&ours.client_id).await;
        let keys = read(document["jwks_uri"].as_str().expect("an address")).await;
        self.scene().book.client = Some((document, keys));
    }

    /// What was asked since somebody last looked.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.scene().asked)
    }

    pub fn waits(&self, for_this: Duration) {
        self.scene().now += for_this.as_secs();
    }
}

async fn answer(State(stage): State<Stage>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let ask = Ask::of(&parts, &body);
    let mut scene = stage.scene();
    scene.asked.push(ask.what());
    scene.heard.push(ask.clone());
    let Reply { status, headers, body, kind } = (stage.play.answers)(&mut scene, &ask);
    let mut response = (http::StatusCode::from_u16(status).expect("a status"), body).into_response();
    response.headers_mut().insert("content-type", kind.parse().expect("a type"));
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().expect("a header"));
    }
    response
}
