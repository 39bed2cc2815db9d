//! A proxy between the app and a server's token endpoint. It passes everything on, and can lose an answer: the server has
//! done what it was asked, and the app hears of a timeout.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};

use crate::tests::world::loopback;

#[derive(Clone)]
pub struct Between {
    pub address: String,
    server: String,
    http: reqwest::Client,
    loses: Arc<AtomicUsize>,
}

impl Between {
    /// In front of the server's token endpoint.
    pub async fn starts(server: String) -> Self {
        let door = loopback().await;
        let address = format!("http://localhost:{}/token", door.local_addr().expect("it listens").port());
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let between = Self { address, server, http, loses: Arc::default() };
        let router = Router::new().route("/token", post(pass)).with_state(between.clone());
        tokio::spawn(async move { axum::serve(door, router).await });
        between
    }

    /// The next answer is lost.
    pub fn loses_one(&self) {
        self.loses.store(1, Ordering::Relaxed);
    }
}

async fn pass(State(between): State<Between>, headers: HeaderMap, body: Bytes) -> Response {
    let mut request = between.http.post(&between.server).body(body);
    for name in ["authorization", "content-type", "accept"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.expect("it answers");
    let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
    let body = answer.bytes().await.expect("a body");
    let is_lost = between.loses.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    if is_lost {
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    let mut response = (status, body).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert("content-type", kind);
    }
    response
}
