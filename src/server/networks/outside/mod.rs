//! The one door to hosts whose names came from outside: an address that a person typed, or one that such a host gave us.
//!
//! Whoever may name a host could name one inside our walls, and have this server ask it. So only what is in the open is
//! asked: `https` on its usual port, a name and no number, without a user in it; and of the addresses that the name has
//! only those that the whole internet can reach. The name is resolved by [`Open`] in the act of connecting, so that what
//! was looked at is what is connected to, however fast a name changes. Redirects are not followed anywhere.

mod addresses;

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use oauth2::url::{Host, Url};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

pub use self::addresses::is_open;
use super::client::NoAnswer;

/// A host that nobody here chose gets no longer than this, in all.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Names that mean something inside a network and nothing outside.
const INSIDE: [&str; 8] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion", "alt"];

/// Who chose the host of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A definition file: the operator.
    Known,
    /// A person who typed it, or a server that such a host led us to.
    Outside,
}

/// Whether a name may be asked for at all: what can be seen before it is resolved. `allowed` are hosts that the operator
/// lets in by name, as `host` or `host:port`; that is for tests only.
///
/// # Errors
/// [`NoAnswer::BadAddress`]; nothing was sent, and nothing resolved.
pub fn look_at(url: &Url, allowed: &[String]) -> Result<(), NoAnswer> {
    let is_bare = url.username().is_empty() && url.password().is_none();
    let is_open = match url.host() {
        Some(Host::Domain(name)) => url.scheme() == "https" && url.port().is_none() && is_open_name(name),
        _ => false,
    };
    if is_bare && (is_open || is_allowed(url, allowed)) { Ok(()) } else { Err(NoAnswer::BadAddress) }
}

/// Whether the operator lets this host in by name.
#[must_use]
pub fn is_allowed(url: &Url, allowed: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    allowed.iter().any(|name| name == host || Some(name) == with_port.as_ref())
}

/// A name of several parts, as IDNA leaves it, under no ending that is somebody's own.
fn is_open_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(is_letter)
    };
    let is_inside =
        INSIDE.iter().any(|end| name == *end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')));
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label) && !is_inside
}

/// The system's way of finding the addresses of a name, or a test's.
pub type Lookup = Arc<dyn Fn(String) -> Looked + Send + Sync>;
/// What it finds.
pub type Looked = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// The system's.
#[must_use]
pub fn system() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// A resolver that knows only addresses in the open.
#[derive(Clone)]
pub struct Open(pub Lookup);

impl Resolve for Open {
    fn resolve(&self, name: Name) -> Resolving {
        let looked = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let found = looked.await?;
            let open: Vec<_> = found.into_iter().filter(|address| is_open(address.ip())).collect();
            if open.is_empty() {
                return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, "no address in the open").into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// The client for the door: it knows no other resolver.
///
/// # Errors
/// When the system's TLS cannot be set up.
pub fn client(builder: reqwest::ClientBuilder, lookup: Lookup) -> Result<reqwest::Client, reqwest::Error> {
    builder.dns_resolver(Arc::new(Open(lookup))).https_only(true).timeout(PATIENCE).build()
}

#[cfg(test)]
mod tests;
