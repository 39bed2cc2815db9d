//! What every answer carries, and the stricter sets for the app's pages and the popup's.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::server::App;

/// Nothing of it is used.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

/// For a year, once it was seen on https.
const HTTPS_ONLY: &str = "max-age=31536000";

/// Adds what is not there yet.
pub async fn common(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", PERMISSIONS),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("cache-control", "no-store"),
    ] {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    // Over http it must not be sent (RFC 6797, section 7.2), and browsers would not heed it.
    if app.base_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
    response
}

/// The app's pages: scripts only with this answer's nonce, and what they load.
#[must_use]
pub fn app_policy(nonce: &str) -> HeaderValue {
    policy(&format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    ))
}

/// The popup's pages: one inline script, one style sheet, nothing else.
pub fn popup_policy(headers: &mut HeaderMap, nonce: &str) {
    let text = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(&text));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

fn policy(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a nonce is base64, and the rest is written here")
}
