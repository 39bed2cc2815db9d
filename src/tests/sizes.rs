//! How large and how slow a request may be.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use super::{
    inside::Inside,
    on_both,
    person::Person,
    strangers,
    world::{World, loopback},
};
use crate::{domain::words, server::http::keep_open};

/// Says `text` to the server, and hears what it says until it hangs up.
async fn says(address: &str, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(text.as_bytes()).await.expect("it is taken");
    let mut heard = Vec::new();
    // It may hang up before it has read all.
    let _ = stream.read_to_end(&mut heard).await;
    String::from_utf8_lossy(&heard).into_owned()
}

on_both! {
    async fn no_form_is_longer_than_any_of_ours(world) {
        let paths: Vec<_> = strangers::tries(&strangers::Foreign::default())
            .into_iter()
            .filter(|attempt| attempt.method == Method::POST)
            .map(|attempt| attempt.path)
            .collect();
        assert!(paths.len() > 15, "{paths:?}");
        let long = "x".repeat(64 * 1024);
        let nobody = Person::new(world, String::new());
        for path in paths {
            let answer = nobody.post(&path, &[("name", &long)]).await;
            assert_eq!(answer.status, 413, "{path}: {:.300}", answer.body);
            assert!(answer.body.contains(words::FORM_TOO_LARGE), "{path}: {}", answer.body);
        }
        // Nor is one that does not say how long it is.
        let (origin, address) = (&world.origin, world.origin.trim_start_matches("http://"));
        let head = "content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\nconnection: close";
        let chunks = format!("400\r\n{}\r\n", "x".repeat(1_024)).repeat(70);
        let form = format!("POST /api/session/sign_in HTTP/1.1\r\nhost: x\r\norigin: {origin}\r\n{head}\r\n\r\n{chunks}0\r\n\r\n");
        let answer = says(address, &form).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer:.200}");
    }

    async fn long_addresses_and_heads_are_refused_with_a_sentence(world) {
        let nobody = Person::new(world, String::new());
        let long = "x".repeat(20 * 1024);
        let answer = nobody.get(&format!("/sign-in?{long}")).await;
        assert_eq!(answer.status, 414);
        assert!(answer.body.contains(words::ADDRESS_TOO_LONG), "{}", answer.body);
        let answer = nobody.send(Method::GET, "/sign-in", None, &[("x-one", &long), ("x-two", &long)]).await;
        assert_eq!(answer.status, 431);
        assert!(answer.body.contains(words::HEAD_TOO_LARGE), "{}", answer.body);
        assert_eq!(nobody.get("/sign-in").await.status, 200);
        // Beyond every bound nobody reads on.
        let address = world.origin.trim_start_matches("http://");
        let endless = says(address, &format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}", "x".repeat(1024 * 1024))).await;
        assert!(endless.starts_with("HTTP/1.1 431") || endless.is_empty(), "{endless:.200}");
        let many = "x-many: x\r\n".repeat(1_000);
        let many = says(address, &format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n")).await;
        assert!(many.starts_with("HTTP/1.1 431"), "{many:.200}");
    }
}

#[tokio::test]
async fn a_head_that_drips_holds_no_connection() {
    let inside = Inside::with(|_| {}).await;
    let listener = loopback().await;
    let address = listener.local_addr().expect("it listens").to_string();
    let stopping = CancellationToken::new();
    let limit = Duration::from_millis(400);
    let door = tokio::spawn(keep_open(listener, inside.router.clone(), stopping.clone(), limit));
    let began = Arc::new(tokio::time::Instant::now());
    let drips = (0..20).map(|_| {
        let (address, began) = (address.clone(), began.clone());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            for byte in b"GET / HTTP/1.1\r\nhost: a-very-long-name".iter().cycle() {
                if stream.write_all(&[*byte]).await.is_err() {
                    break;
                }
                let mut answer = [0; 1];
                let heard = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut answer)).await;
                if heard.is_ok() {
                    break;
                }
            }
            began.elapsed()
        })
    });
    for drip in futures_util::future::join_all(drips).await {
        let held = drip.expect("it does not panic");
        assert!((limit..limit * 5).contains(&held), "held for {held:?}");
    }
    // Others are served meanwhile, and an idle connection does not keep the door from closing.
    let whole = says(&address, "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(whole.starts_with("HTTP/1.1 200"), "{whole}");
    stopping.cancel();
    let open = door.await.expect("it does not panic");
    tokio::time::timeout(Duration::from_secs(5), open.shutdown()).await.expect("all are closed");
}
