//! One layer before everything: whoever changes something, or follows the events, must come from our own pages.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`); older ones at least the `Origin`. A caller that says
//! neither is refused, since everything here is paid for with a cookie. What a link or the network's redirect may do
//! is a GET, and no GET changes anything but the callback's own attempt. One POST comes from elsewhere: the answer of a
//! network that declares `form_post`, at its own app's callback; it looks at no cookie and finds its attempt by the state.
//! Another comes from no browser: what a network tells us, which is signed (`hooks`).

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Page, connect::posts};
use crate::server::App;

/// Refuses cross-site callers.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let is_message = method == Method::POST && path.starts_with("/hooks/");
    if is_message
        || is_posted_answer(&app, method, path)
        || is_allowed(method, path, request.headers(), &app.base_url.origin())
    {
        return next.run(request).await;
    }
    Page::plain(StatusCode::FORBIDDEN, "This request did not come from Greentick's own pages.").into_response()
}

fn is_posted_answer(app: &App, method: &Method, path: &str) -> bool {
    let network_app = path.strip_prefix("/oauth/callback/").and_then(|id| id.parse().ok());
    method == Method::POST && network_app.is_some_and(|network_app| posts(app, network_app))
}

fn is_allowed(method: &Method, path: &str, headers: &HeaderMap, origin: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        // EventSource sends no Origin, and a person may open the address by hand (`none`).
        let is_stream = path.starts_with("/w/") && path.ends_with("/events");
        return !is_stream || matches!(site, None | Some(b"same-origin" | b"none"));
    }
    match (site, headers.get(header::ORIGIN)) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(from)) => from.as_bytes() == origin.as_bytes(),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://green.example";

    fn allowed(method: &Method, path: &str, site: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().expect("a header"));
            }
        }
        is_allowed(method, path, &headers, OURS)
    }

    #[test]
    fn changes_come_from_our_own_pages_only() {
        for (site, origin, expected) in [
            (Some("same-origin"), Some(OURS), true),
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("null"), true),
            (Some("same-site"), Some("https://other.green.example"), false),
            (Some("cross-site"), Some(OURS), false),
            (Some("none"), None, false),
            (None, Some(OURS), true),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                assert_eq!(allowed(&method, "/api/x", site, origin), expected, "{method} {site:?} {origin:?}");
            }
        }
    }

    #[test]
    fn the_stream_is_for_our_own_pages_only() {
        for (site, expected) in [
            (None, true),
            (Some("same-origin"), true),
            (Some("none"), true),
            (Some("cross-site"), false),
            (Some("same-site"), false),
        ] {
            assert_eq!(allowed(&Method::GET, "/w/x/events", site, None), expected, "{site:?}");
        }
        assert!(allowed(&Method::GET, "/oauth/callback/x", Some("cross-site"), None));
    }
}
