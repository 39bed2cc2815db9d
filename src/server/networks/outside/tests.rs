//! Whatever hostile address somebody types, no connection is opened: a socket counts. Every name leads to that socket.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::server::networks::client::{NetworkClient, Patience};

/// `PORT` is the socket's.
const HOSTILE: &str = include_str!("hostile.txt");

/// Addresses that a hostile name may lead to.
const INSIDE_IPS: [&str; 46] = [
    "0.0.0.0",
    "0.0.0.1",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "127.0.0.1",
    "127.0.0.53",
    "127.1.2.3",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.20.10.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

/// A socket that counts who comes.
async fn socket() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    let came = Arc::new(AtomicUsize::new(0));
    let counts = came.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counts.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]).await;
            let elsewhere = "HTTP/1.1 302 x\r\nlocation: http://169.254.169.254/latest/\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(elsewhere.as_bytes()).await;
        }
    });
    (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), came)
}

/// All names lead there.
fn leads_to(addresses: Vec<SocketAddr>) -> Lookup {
    Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    })
}

fn client(allowed: &[String], lookup: Lookup) -> NetworkClient {
    NetworkClient::resolving(Patience::default(), allowed, lookup).expect("a client")
}

async fn asks(client: &NetworkClient, door: Door, url: &str) -> Option<u16> {
    let request = http::Request::get(url).header("authorization", "Bearer secret").body(vec![]).ok()?;
    client.answer(door, request).await.ok().map(|answer| answer.status)
}

#[tokio::test]
async fn no_hostile_address_opens_a_connection() {
    let (there, came) = socket().await;
    let client = client(&[], leads_to(vec![there]));
    let port = there.port().to_string();
    let hostile: Vec<_> = HOSTILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(hostile.len() >= 150, "{}", hostile.len());
    for line in hostile {
        let url = line.replace("PORT", &port);
        assert_eq!(asks(&client, Door::Outside, &url).await, None, "{url}");
        assert_eq!(came.load(Ordering::SeqCst), 0, "{url} opened a connection");
    }
    // The socket is there, and counts.
    assert_eq!(asks(&client, Door::Known, &format!("http://127.0.0.1:{port}/")).await, Some(302));
    assert_eq!(came.load(Ordering::SeqCst), 1, "and the redirect was not followed");
}

#[tokio::test]
async fn a_name_that_leads_inside_leads_nowhere() {
    let (there, came) = socket().await;
    for ip in INSIDE_IPS {
        let ip: IpAddr = ip.parse().expect("an address");
        let address = SocketAddr::new(ip, there.port());
        let resolved = Open(leads_to(vec![address])).resolve("shop.example".parse().expect("a name")).await;
        assert!(resolved.is_err(), "{ip}");
        assert_eq!(asks(&client(&[], leads_to(vec![address])), Door::Outside, "https://shop.example/").await, None);
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

/// With a time to live of nothing: each look finds something else.
#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_looked_at_is_what_is_connected_to() {
    let (there, came) = socket().await;
    let open: SocketAddr = "93.184.215.14:443".parse().expect("an address");
    let looks = Arc::new(Mutex::new(vec![]));
    let answers = Arc::new(Mutex::new(vec![vec![there], vec![open], vec![there, open], vec![there]]));
    let (noted, given) = (looks.clone(), answers.clone());
    let lookup: Lookup = Arc::new(move |name| {
        noted.lock().expect("nobody panicked").push(name);
        let next = given.lock().expect("nobody panicked").pop().unwrap_or_default();
        Box::pin(async move { Ok(next) })
    });
    let name = || "rebinding.example".parse().expect("a name");
    let resolver = Open(lookup.clone());
    assert!(resolver.resolve(name()).await.is_err(), "inside");
    let mixed: Vec<_> = resolver.resolve(name()).await.expect("one is open").collect();
    assert_eq!(mixed, [open], "of several only what is open");
    let safe: Vec<_> = resolver.resolve(name()).await.expect("it is open").collect();
    assert_eq!(safe, [open]);
    // The fourth look is inside again; there is no look before it that could have been believed.
    assert_eq!(asks(&client(&[], lookup), Door::Outside, "https://rebinding.example/").await, None);
    assert_eq!(looks.lock().expect("nobody panicked").len(), 4);
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_let_in_by_name_is_that_name_and_port_and_no_other() {
    let (there, came) = socket().await;
    let client = client(&[format!("localhost:{}", there.port())], leads_to(vec![there]));
    let port = there.port();
    assert_eq!(asks(&client, Door::Outside, &format!("http://localhost:{port}/")).await, Some(302));
    for other in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://ada@localhost:{port}/"),
        format!("http://localhost.example:{port}/"),
        "http://localhost/".to_owned(),
    ] {
        assert_eq!(asks(&client, Door::Outside, &other).await, None, "{other}");
    }
    assert_eq!(came.load(Ordering::SeqCst), 1);
}

#[test]
fn ordinary_addresses_are_looked_for() {
    for url in [
        "https://mastodon.social/x",
        "https://xn--bcher-kva.example/",
        "https://a-b.c_d.example.com",
        "https://x.example:443/",
    ] {
        assert_eq!(look_at(&Url::parse(url).expect("an address"), &[]), Ok(()), "{url}");
    }
}
