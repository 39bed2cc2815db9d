use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

const SHORT: Patience = Patience { connect: Duration::from_millis(300), answer: Duration::from_millis(300) };
/// A minute's patience, so that what ends early ends for another reason.
const LONG: Patience = Patience { connect: Duration::from_secs(5), answer: Duration::from_mins(1) };
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// A network that does with each connection whatever a test wants.
async fn network<F: Future<Output = ()> + Send>(answers: impl Fn(TcpStream) -> F + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it listens");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            answers(stream).await;
        }
    });
    format!("http://{address}/me")
}

async fn asked(patience: Patience, url: &str) -> Result<Answer, NoAnswer> {
    let client = NetworkClient::new(patience, &[]).expect("a client");
    let request = http::Request::get(url).header("authorization", "Bearer sbxcanary").body(vec![]);
    client.answer(Door::Known, request.expect("a request")).await
}

#[tokio::test]
async fn a_network_that_is_down_is_told_from_one_that_is_slow() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("it listened");
    assert_eq!(asked(SHORT, &format!("http://{closed}/me")).await.err(), Some(NoAnswer::Unreachable));
    let nowhere = asked(LONG, "http://nowhere.greentick.invalid/me").await.err();
    assert_eq!(nowhere, Some(NoAnswer::Unreachable), "a name that nobody knows");
    let silent = network(|stream| async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        drop(stream);
    });
    #[expect(clippy::disallowed_methods, reason = "a real network's time")]
    let began = Instant::now();
    assert_eq!(asked(SHORT, &silent.await).await.err(), Some(NoAnswer::Lost));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_network_that_drips_is_not_waited_for() {
    let drips = network(|mut stream| async move {
        let _ = stream.write_all(format!("{HEAD}content-length: 1000\r\n\r\n").as_bytes()).await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(asked(SHORT, &drips.await).await.err(), Some(NoAnswer::Lost));
}

#[tokio::test]
async fn a_megabyte_is_not_read_to_its_end() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counts = sent.clone();
    let floods = network(move |mut stream| {
        let sent = counts.clone();
        async move {
            let _ = stream.write_all(format!("{HEAD}content-length: 100000000\r\n\r\n").as_bytes()).await;
            while sent.load(Ordering::Relaxed) < 100_000_000 && stream.write_all(&[b' '; 16_384]).await.is_ok() {
                sent.fetch_add(16_384, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(asked(LONG, &floods.await).await.err(), Some(NoAnswer::TooLarge));
    tokio::time::sleep(Duration::from_millis(200)).await;
    // What lies in the system's buffers counts too; it is far from all of it.
    assert!(sent.load(Ordering::Relaxed) < 50_000_000, "{sent:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_an_order() {
    let redirects = network(|mut stream| async move {
        let elsewhere = "HTTP/1.1 307 x\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(elsewhere.as_bytes()).await;
    });
    assert_eq!(asked(LONG, &redirects.await).await.map(|answer| answer.status).ok(), Some(307));
}

#[tokio::test]
async fn an_error_says_nothing_that_the_request_held() {
    let error = asked(SHORT, "http://127.0.0.1:1/me?token=sbxcanary").await.expect_err("nobody is there");
    assert!(!format!("{error} {error:?}").contains("sbxcanary"));
}
