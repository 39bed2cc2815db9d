//! The browser's side, embedded: WebAssembly, JavaScript, styles and pictures, compressed when they were built.
//!
//! The binary runs from any folder. Addresses carry a hash of the content (`/pkg-<hash>/…`), so that a browser keeps
//! what it has until there is a new one; leptos' own hash file would have to lie beside the binary.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::Page;
use crate::domain::words;

/// What cargo-leptos builds before the server. A debug build reads the folder as it is.
#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// The first part of the addresses under which the built files lie: `pkg-` and a hash over all of them.
pub static PKG: LazyLock<String> = LazyLock::new(|| {
    let mut all = Sha256::new();
    let mut names: Vec<_> = Site::iter().filter(|name| name.starts_with("pkg/")).collect();
    names.sort_unstable();
    for file in names.iter().filter_map(|name| Site::get(name)) {
        all.update(file.metadata.sha256_hash());
    }
    let hash = all.finalize();
    let short: [u8; 8] = hash[..8].try_into().expect("SHA-256 has 32 bytes");
    format!("pkg-{:016x}", u64::from_be_bytes(short))
});

/// `GET /{pkg}/{*file}`: a built file, for ever where the address has the right hash.
pub async fn built(Path((pkg, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let cache = if pkg == *PKG { "public, max-age=31536000, immutable" } else { "no-cache" };
    if !pkg.starts_with("pkg") {
        return Page::plain(StatusCode::NOT_FOUND, words::NOT_FOUND_MEANS).into_response();
    }
    send(&format!("pkg/{file}"), &headers, cache)
}

/// A file of `public`, like the icon.
pub fn public(file: &str, headers: &HeaderMap) -> Response {
    send(file, headers, "public, max-age=86400")
}

/// Whether a file lies at `path`: nothing is computed for it, so nobody is asked to wait.
pub fn is_file(path: &str) -> bool {
    static PUBLIC: LazyLock<Vec<String>> = LazyLock::new(public_files);
    let Some(path) = path.strip_prefix('/') else { return false };
    let is_built = |(folder, file): (&str, &str)| folder.starts_with("pkg") && !file.is_empty();
    path.split_once('/').is_some_and(is_built) || PUBLIC.iter().any(|file| file == path)
}

/// The names of the files of `public`.
pub fn public_files() -> Vec<String> {
    Site::iter()
        .filter(|name| !name.contains('/') && !name.ends_with(".br") && !name.ends_with(".gz"))
        .map(|name| name.to_string())
        .collect()
}

fn send(name: &str, headers: &HeaderMap, cache: &'static str) -> Response {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let found = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts.contains(encoding))
        .find_map(|(encoding, ending)| Some((Some(encoding), Site::get(&format!("{name}{ending}"))?)))
        .or_else(|| Some((None, Site::get(name)?)));
    let Some((encoding, file)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = file.data.clone().into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn kind(name: &str) -> HeaderValue {
    let guess = mime_guess::from_path(name).first_or_octet_stream();
    HeaderValue::from_str(guess.as_ref()).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}
