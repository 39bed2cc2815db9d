//! One line in the log for each request: what was asked, how it was answered, how long it took. Of the address only the
//! route's pattern: what stands in its braces and after its question mark may be a code, a state or a link that signs
//! somebody in.

use std::{collections::HashSet, sync::LazyLock};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use leptos::server_fn;
use tracing::{Instrument, debug, info, info_span};
use uuid::Uuid;

use crate::server::App;

/// The answer's own, so that a proxy's log can be laid beside ours. A caller's is not taken over: it may be anything.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The route of all server functions.
const FUNCTIONS: &str = "/api/{*name}";
/// What is asked by machines all day, or comes along with every page.
const SMALL_TALK: [&str; 3] = ["/healthz", "/readyz", "/{pkg}/{*file}"];

/// Writes the line. Whatever is logged while the request is answered carries its id.
pub async fn line(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let (method, route) = (request.method().clone(), route(&request));
    let began = app.clock.running();
    let span = info_span!("request", %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let ms = u64::try_from(app.clock.running().saturating_sub(began).as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if SMALL_TALK.contains(&route.as_str()) {
            debug!(%method, route, status, ms, "answered");
        } else {
            info!(%method, route, status, ms, "answered");
        }
    });
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn route(request: &Request) -> String {
    static KNOWN: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| server_fn::axum::server_fn_paths().map(|(path, _)| path).collect());
    let pattern = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let path = request.uri().path();
    // A function is named, as long as it is one of ours.
    if pattern == FUNCTIONS && KNOWN.contains(path) { path.to_owned() } else { pattern.to_owned() }
}
