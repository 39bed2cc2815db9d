//! What an instance in a test is set up with.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::{
    domain::NetworkId,
    server::{
        sandbox,
        settings::{AppCredentials, Settings},
    },
};

/// Long enough that no check comes by itself.
const NEVER: u64 = 1_000_000;
/// Below the ports that connections get by themselves: a server that was killed finds its own free when it comes back.
const PORTS: std::ops::Range<u32> = 10_000..30_000;

/// A door on a free port.
pub async fn loopback() -> TcpListener {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    loop {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        assert!(tried < 1_000_000, "no port is free");
        let port = PORTS.start + first.wrapping_add(tried) % (PORTS.end - PORTS.start);
        let port = u16::try_from(port).expect("a port");
        if let Ok(door) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            return door;
        }
    }
}

pub fn settings(address: SocketAddr, data: &Path, sandbox: &str, database_url: Option<SecretString>) -> Settings {
    let app = |network: &str| AppCredentials {
        client_id: sandbox::client_id(network),
        client_secret: sandbox::client_secret(network).into(),
        hook_secret: None,
    };
    Settings {
        base_url: format!("http://{address}"),
        listen: address,
        data: data.to_owned(),
        // Processes that share a database share its key; a file in a folder of its own would differ.
        vault_keys: database_url.is_some().then(|| format!("t:{}", BASE64_STANDARD.encode([7; 32])).into()),
        database_url,
        sandbox: Some(sandbox.to_owned()),
        check_interval: Some(NEVER),
        // A process of its own; `kills` has it.
        courier: false,
        apps: sandbox::NETWORK_IDS.iter().map(|id| (NetworkId((*id).to_owned()), app(id))).collect(),
        ..Settings::default()
    }
}
