//! The courier goes through the same door as the server: to a host that nobody here chose it carries nothing inside.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::world::loopback;
use crate::{
    domain::WorkspaceId,
    server::courier::{Courier, CourierError, Ended, Errand, Whose},
};

fn errand(url: &str, outside: Option<Vec<String>>) -> Errand {
    let request = http::Request::post(url).body(b"refresh_token=secret".to_vec()).expect("a request");
    let (attempt, workspace) = (uuid::Uuid::now_v7().to_string(), WorkspaceId(uuid::Uuid::now_v7()));
    let whose = Whose { attempt, number: 0, workspace };
    let mut errand = Errand::new(whose, &request, [7; 32], "sealed".to_owned()).expect("an errand");
    errand.outside = outside;
    errand
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_courier_carries_nothing_inside_for_a_host_that_nobody_chose() {
    let door = loopback().await;
    let port = door.local_addr().expect("it listens").port();
    let came = Arc::new(AtomicUsize::new(0));
    let counts = came.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = door.accept().await {
            counts.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        }
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let courier = Courier::of(folder.path().to_owned());
    for inside in [format!("http://127.0.0.1:{port}/token"), format!("https://localhost:{port}/token")] {
        let told = courier.send(errand(&inside, Some(vec![]))).await.expect("it runs");
        assert!(matches!(told.ended, Ended::Unreachable), "{inside}");
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
    let let_in = Some(vec![format!("127.0.0.1:{port}")]);
    for outside in [let_in, None] {
        let told = courier.send(errand(&format!("http://127.0.0.1:{port}/token"), outside)).await.expect("it runs");
        assert!(matches!(told.ended, Ended::Answered(_)));
    }
    assert_eq!(came.load(Ordering::SeqCst), 2, "what the operator chose, or let in, is asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_courier_that_took_an_errand_and_is_gone_may_have_sent_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("spool");
    let nowhere = Courier::of(place.clone()).send(errand("http://127.0.0.1:9/token", None)).await;
    assert!(matches!(nowhere, Err(CourierError::NotThere(_))), "it cannot be started where there is no folder");
    std::fs::create_dir(&place).expect("a folder");
    let door = tokio::net::UnixListener::bind(place.join("courier-1.sock")).expect("a door");
    let gone = place.clone();
    let dies = tokio::spawn(async move {
        let (mut caller, _) = door.accept().await.expect("somebody comes");
        assert!(caller.read(&mut [0; 4_096]).await.expect("it is said") > 0);
        // And with it the folder, so that no other can be started.
        std::fs::remove_dir_all(gone).expect("it goes");
    });
    let told = Courier::of(place).send(errand("http://127.0.0.1:9/token", None)).await;
    dies.await.expect("it took the errand");
    assert!(matches!(told, Err(CourierError::Broken(_))), "nobody knows whether it has left");
}
