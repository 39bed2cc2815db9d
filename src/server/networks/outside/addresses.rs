//! Which addresses lie in the open. What is not plainly reachable from everywhere is inside.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use ipnet::{Ipv4Net, Ipv6Net};

/// Of IPv4 everything but these (IANA's special-purpose registry, RFC 6890, and one of a cloud's own).
const CLOSED_4: [&str; 18] = [
    "0.0.0.0/8",        // this host
    "10.0.0.0/8",       // private
    "100.64.0.0/10",    // a carrier's own; the metadata of a cloud, 100.100.100.200
    "127.0.0.0/8",      // loopback
    "168.63.129.16/32", // a cloud's own services, at an address that looks public
    "169.254.0.0/16",   // link-local; the metadata of most clouds, 169.254.169.254
    "172.16.0.0/12",    // private
    "192.0.0.0/24",     // protocol assignments; the metadata of a cloud, 192.0.0.192
    "192.0.2.0/24",     // documentation
    "192.31.196.0/24",  // AS112
    "192.52.193.0/24",  // AMT
    "192.88.99.0/24",   // 6to4 relays
    "192.168.0.0/16",   // private
    "192.175.48.0/24",  // AS112
    "198.18.0.0/15",    // measurements
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",   // documentation
    "224.0.0.0/3",      // multicast, reserved, broadcast
];

/// Of IPv6 what is global unicast, but not these: they hold other addresses, or lead nowhere.
const OPEN_6: &str = "2000::/3";
const CLOSED_6: [&str; 5] = [
    "2001::/23",         // Teredo, ORCHID, other protocols' own
    "2001:db8::/32",     // documentation
    "2002::/16",         // 6to4: an IPv4 address inside
    "2620:4f:8000::/48", // AS112
    "3fff::/20",         // documentation
];

static CLOSED_NETS_4: LazyLock<Vec<Ipv4Net>> = LazyLock::new(|| read(&CLOSED_4));
static CLOSED_NETS_6: LazyLock<Vec<Ipv6Net>> = LazyLock::new(|| read(&CLOSED_6));
static OPEN_NETS_6: LazyLock<Vec<Ipv6Net>> = LazyLock::new(|| read(&[OPEN_6]));

fn read<N: std::str::FromStr<Err: std::fmt::Debug>>(nets: &[&str]) -> Vec<N> {
    nets.iter().map(|net| net.parse().expect("the lists above are networks")).collect()
}

/// Whether everybody on the internet could reach it too.
#[must_use]
pub fn is_open(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_open_4(ip),
        // What is mapped, translated (NAT64) or local lies outside of 2000::/3.
        IpAddr::V6(ip) => is_open_6(ip),
    }
}

fn is_open_4(ip: Ipv4Addr) -> bool {
    !CLOSED_NETS_4.iter().any(|net| net.contains(&ip))
}

fn is_open_6(ip: Ipv6Addr) -> bool {
    OPEN_NETS_6.iter().any(|net| net.contains(&ip)) && !CLOSED_NETS_6.iter().any(|net| net.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn only_what_everybody_can_reach_is_open() {
        for open in [
            "1.1.1.1",
            "93.184.215.14",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "198.17.0.1",
            "198.20.0.1",
            "192.0.1.1",
            "168.63.129.15",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "2003::1",
            "2001:200::1",
        ] {
            assert!(is_open(open.parse().expect("an address")), "{open}");
        }
        for closed in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.88.99.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:1:2::",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "3fff::1",
        ] {
            assert!(!is_open(closed.parse().expect("an address")), "{closed}");
        }
    }
}
