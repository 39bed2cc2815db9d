//! How pages of the sandbox look, and how they reflect nothing unescaped.

use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS},
    },
    response::{Html, IntoResponse as _, Response},
};

use super::networks::Network;

const STYLE: &str = include_str!("sandbox.css");

/// No `form-action`: Chromium applies it to the redirect that answers the form, which leads back to the application.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// For the one page that has a script.
const POSTING_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 3] =
    [(CONTENT_SECURITY_POLICY, POLICY), (X_FRAME_OPTIONS, "DENY"), (CACHE_CONTROL, "no-store")];

/// The hue of pages that belong to no network.
const NEUTRAL_HUE: u16 = 100;

/// Text that is safe between tags and in a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, letter| {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
        safe
    })
}

/// A page. `body` is HTML already; `title` is not.
pub(super) fn page(network: Option<&Network>, title: &str, body: &str) -> Response {
    let (hue, title) = (network.map_or(NEUTRAL_HUE, |network| network.hue), escaped(title));
    let whole = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <style>:root {{ --hue: {hue} }}{STYLE}</style></head><body><main>{body}</main>\
         <footer>A pretend network for trying things out. Nothing here is real.</footer></body></html>"
    );
    (HEADERS, Html(whole)).into_response()
}

/// A page whose form submits itself, or by a button where there is no JavaScript.
pub(super) fn posts_itself(address: &str, fields: &[(&str, String)]) -> Response {
    let hidden = |(name, value): &(&str, String)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    let fields: String = fields.iter().map(hidden).collect();
    let body = format!(
        "<form method=\"post\" action=\"{}\">{fields}<button>Go back</button></form>\
         <script>document.forms[0].submit()</script>",
        escaped(address)
    );
    let mut response = page(None, "Going back", &body);
    let policy = HeaderValue::from_static(POSTING_POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// A page that says what is wrong with a request.
pub(super) fn mistake(network: Option<&Network>, words: &str) -> Response {
    let name = network.map_or("Sandbox", |network| network.name);
    let body = format!("<h1>{name}</h1><p>{}</p>", escaped(words));
    (StatusCode::BAD_REQUEST, page(network, name, &body)).into_response()
}
