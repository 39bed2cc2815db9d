//! One layer that counts: who asks too often is told to wait, in the shape that was asked for.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Once,
};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::warn;

use super::{Page, peer, site};
use crate::server::{
    App, Refusal,
    limits::{Address, Kind},
};

/// Notes where the request comes from, for whoever asks later, and refuses those who ask too often.
pub async fn limit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let address = address_of(&app, &request);
    request.extensions_mut().insert(address);
    let Some(kind) = kind(request.method(), request.uri().path()) else { return next.run(request).await };
    let session = app.cookies.read_session(request.headers());
    match app.limits.request(kind, address, session.as_deref()) {
        Ok(()) => next.run(request).await,
        Err(wait) => refused(Refusal::TooMany(wait), kind, request.headers()),
    }
}

fn address_of(app: &App, request: &Request) -> Address {
    let peer: Option<&ConnectInfo<SocketAddr>> = request.extensions().get();
    let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip());
    if peer::is_ignored(peer, request.headers(), &app.proxies) {
        static ONCE: Once = Once::new();
        ONCE.call_once(
            || warn!(%peer, "X-Forwarded-For is not heeded; if this is your proxy, name it in trusted_proxies"),
        );
    }
    Address(peer::client(peer, request.headers(), &app.proxies))
}

/// `None` for what costs nothing: the built files, and the question whether the process lives.
fn kind(method: &Method, path: &str) -> Option<Kind> {
    let mut parts = path.split('/').skip(1);
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("healthz", None) => None,
        _ if site::is_file(path) => None,
        ("sign-in" | "setup", Some(_)) => Some(Kind::Link),
        ("api", _) if path == "/api/session/set_up" => Some(Kind::Link),
        ("api", _) => Some(Kind::Call),
        ("connect", _) if *method == Method::POST => Some(Kind::Connect),
        ("oauth", _) => Some(Kind::Callback),
        _ => Some(Kind::Page),
    }
}

/// A form that a browser sent by itself is answered by a page, a call by its word.
fn refused(refusal: Refusal, kind: Kind, headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
    let wants_page = accepts.windows(9).any(|word| word == b"text/html");
    if kind != Kind::Call || wants_page {
        return Page::from(refusal).into_response();
    }
    let (status, told) = refusal.as_told();
    let mut response = (status, Json(told)).into_response();
    if let Some(seconds) = refusal.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
