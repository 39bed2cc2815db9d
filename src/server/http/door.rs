//! The door itself: connections are taken, their heads are read within limits, and each request knows where it came
//! from. axum's own `serve` has no such limits, and waits for a head for ever.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// A head has come by then, or the connection ends; that is also how long an idle one is kept. Longer than nginx keeps
/// its own to us (60 s), so that it is nginx who ends them, and never while it sends a request.
pub const HEAD_LIMIT: Duration = Duration::from_secs(65);
/// What `sizes::head` answers with a sentence lies below these; beyond them hyper answers 431 by itself.
const BUFFER_LIMIT: usize = 64 * 1024;
const HEADERS_LIMIT: usize = 256;
/// When the system has no more connections to give.
const REST: Duration = Duration::from_secs(1);
/// A port that is taken is tried so often again, after such a pause.
const PORT_TRIES: u32 = 30;
const PORT_PAUSE: Duration = Duration::from_millis(100);

/// Takes the port. The process before this one may have it still though it was killed: a courier that it was about to start
/// holds what it held until it is a program of its own.
///
/// # Errors
/// When it stays taken, or is not to be had.
pub async fn take_port(address: SocketAddr) -> std::io::Result<TcpListener> {
    for _ in 0..PORT_TRIES {
        match TcpListener::bind(address).await {
            Err(cause) if cause.kind() == std::io::ErrorKind::AddrInUse => tokio::time::sleep(PORT_PAUSE).await,
            taken => return taken,
        }
    }
    TcpListener::bind(address).await
}

/// Takes connections until `stopping`; the answer waits for those that are still open.
pub async fn keep_open(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    head_limit: Duration,
) -> GracefulShutdown {
    let open = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_limit);
    http.max_buf_size(BUFFER_LIMIT).max_headers(HEADERS_LIMIT);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return open,
        };
        match accepted {
            Ok(arrived) => serve(&http, &open, router.clone(), arrived),
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                warn!(%error, "no connection can be taken just now");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn serve(http: &http1::Builder, open: &GracefulShutdown, router: Router, (stream, peer): (TcpStream, SocketAddr)) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
    // An error here is the other side's: it hung up, sent no HTTP, or nothing in time.
    tokio::spawn(async move { drop(connection.await) });
}

fn is_about_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
