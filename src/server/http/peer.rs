//! Who is at the other end: the connection's address, or the one that a proxy of ours names.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::server::settings::Proxies;

/// nginx, Caddy, Apache, `HAProxy` and the clouds' balancers all write this one; the standard's `Forwarded` few of them
/// do, and a header that the proxy does not write is one that anybody may send.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that counts. The header is a list to which each proxy appends who asked it, so it is read from its end,
/// and only as far as the proxies are ours (RFC 9700, section 4.13): what stands before that, anybody may have written.
pub fn client(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default());
    let hops: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
    for hop in hops.into_iter().rev() {
        if !proxies.trust(client) {
            break;
        }
        let Some(address) = read(hop.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// Some proxies add the port.
fn read(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Whether somebody names an address whom nobody trusts to.
pub fn is_ignored(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> bool {
    headers.contains_key(FORWARDED_FOR) && !proxies.trust(peer.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_say_counts() {
        let trusted = r#"["10.0.0.1", "10.1.0.0/16", "fd00::/8"]"#;
        let proxies: Proxies = serde_json::from_str(trusted).expect("addresses and networks");
        for (peer, lines, expected) in [
            ("192.0.2.7", &[][..], "192.0.2.7"),
            ("192.0.2.7", &["198.51.100.1"], "192.0.2.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["10.1.2.3, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9,198.51.100.1,10.1.2.3, 10.0.0.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("fd00::1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", &["unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, _hidden"], "10.0.0.1"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().expect("a header"));
            }
            // Whatever else somebody sends.
            headers.insert("forwarded", "for=203.0.113.66".parse().expect("a header"));
            headers.insert("x-real-ip", "203.0.113.66".parse().expect("a header"));
            let found = client(peer.parse().expect("an address"), &headers, &proxies);
            assert_eq!(found, expected.parse::<IpAddr>().expect("an address"), "{peer} {lines:?}");
        }
    }
}
