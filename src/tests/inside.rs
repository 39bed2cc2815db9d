//! The whole app without a port: requests go straight to its router, from whatever address a test names.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Mutex,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request},
};
use oauth2::url::form_urlencoded::Serializer;
use tempfile::TempDir;
use tower::ServiceExt;

use super::world::settings;
use crate::{
    server::{
        App,
        accounts::{self, NewOwner, Purpose},
        clock::Clock,
        http::{self, Front},
        serve,
        settings::Settings,
    },
    ui,
};

pub const PASSWORD: &str = "a long password";

pub struct Inside {
    pub app: App,
    pub clock: Clock,
    pub router: Router,
    _data: TempDir,
}

pub struct Heard {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A browser somewhere, with its cookies.
pub struct Browser<'i> {
    pub inside: &'i Inside,
    pub address: IpAddr,
    pub cookies: Mutex<Vec<(String, String)>>,
}

impl Inside {
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut settings = settings(nowhere, data.path(), "http://localhost:9", None);
        change(&mut settings);
        let clock = Clock::still();
        let app = serve::open(&settings, clock.clone()).await.expect("a new instance opens");
        let front = Front { routes: leptos_axum::generate_route_list(ui::App), shell: ui::shell };
        Self { router: http::router(app.clone(), front), app, clock, _data: data }
    }

    /// An owner, and a link that signs them in.
    pub async fn owner(&self, email: &str) -> String {
        let owner = NewOwner {
            workspace: "Harbour".to_owned(),
            name: "Ada".to_owned(),
            email: email.to_owned(),
            password: PASSWORD.to_owned().into(),
        };
        let (user, _) = accounts::make_owner(&self.app, owner).await.expect("a new owner");
        accounts::make_link(&self.app, Purpose::SignIn(user)).await.expect("a link")
    }

    pub fn browser(&self, address: &str) -> Browser<'_> {
        Browser { inside: self, address: address.parse().expect("an address"), cookies: Mutex::default() }
    }

    pub async fn send(&self, request: Request<Body>) -> Heard {
        let response = self.router.clone().oneshot(request).await.expect("it never fails");
        let (head, body) = response.into_parts();
        // A stream has no end.
        let is_stream = head.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Body::empty() } else { body };
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        Heard { status: head.status.as_u16(), headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

impl Browser<'_> {
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Heard {
        self.send(Method::GET, path, headers, String::new()).await
    }

    pub async fn call(&self, function: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Heard {
        self.post(&format!("/api/{function}"), form, headers).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Heard {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let origin = self.inside.app.base_url.origin();
        let own = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &[&own[..], headers].concat(), form).await
    }

    pub async fn signs_in(&self, email: &str, password: &str) -> Heard {
        self.call("session/sign_in", &[("email", email), ("password", password)], &[]).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Heard {
        let peer = SocketAddr::new(self.address, 40_000);
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
        let cookies: Vec<_> = self.cookies.lock().expect("one test").iter().map(|(n, v)| format!("{n}={v}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let heard = self.inside.send(request.body(Body::from(body)).expect("a request")).await;
        self.keep_cookies(&heard.headers);
        heard
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut jar = self.cookies.lock().expect("one test");
        for cookie in headers.get_all("set-cookie") {
            let text = cookie.to_str().expect("a cookie");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            jar.retain(|(known, _)| known != name);
            if !value.is_empty() {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}
