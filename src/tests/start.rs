//! What stops a start, and the sentence it is stopped with.

use std::{net::SocketAddr, time::Duration};

use sea_orm::ConnectionTrait;

use super::world::{loopback, settings};
use crate::server::{
    clock::Clock,
    serve::{self, StartError},
    settings::Settings,
};

fn here(folder: &tempfile::TempDir) -> Settings {
    settings(SocketAddr::from(([127, 0, 0, 1], 1)), folder.path(), "http://localhost:2", None)
}

async fn refusal(settings: &Settings) -> String {
    match serve::open(settings, Clock::default()).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = loopback().await.local_addr().expect("it listens");
    let holder = tokio::net::TcpListener::bind(taken).await.expect("the port was free a moment ago");
    let error = serve::listen(taken).await.err().map(|error: StartError| error.to_string()).expect("it is taken");
    assert!(error.contains(&taken.to_string()) && error.contains("listen"), "{error}");
    drop(holder);
}

#[tokio::test]
async fn a_port_that_a_killed_process_has_for_a_moment_is_waited_for() {
    let taken = loopback().await.local_addr().expect("it listens");
    let holder = tokio::net::TcpListener::bind(taken).await.expect("the port was free a moment ago");
    let (listener, ()) = tokio::join!(serve::listen(taken), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(holder);
    });
    assert_eq!(listener.expect("it is free").local_addr().expect("it listens"), taken);
}

#[tokio::test]
async fn a_key_that_is_gone_or_wrong_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = here(&folder);
    serve::open(&settings, Clock::default()).await.expect("a new instance opens");
    let file = folder.path().join("vault.key");
    let right = std::fs::read_to_string(&file).expect("the key file");
    let id = right.split(':').next().expect("an id").to_owned();

    std::fs::remove_file(&file).expect("it can be removed");
    let error = refusal(&settings).await;
    assert!(error.contains("vault.key") && error.contains("put back the file"), "{error}");
    assert!(!file.exists(), "no new key for a database that was sealed by another");

    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    std::fs::write(&file, format!("{id}:{other}\n")).expect("it can be written");
    let error = refusal(&settings).await;
    let named = |error: &str| error.contains(&format!("{id:?}")) && error.contains(&file.display().to_string());
    assert!(named(&error) && error.contains("not the one") && !error.contains("AAAA"), "{error}");
    std::fs::write(&file, format!("other:{other}\n")).expect("it can be written");
    let error = refusal(&settings).await;
    assert!(named(&error) && error.contains("not among") && error.contains("add its line"), "{error}");
    std::fs::write(&file, "\n").expect("it can be written");
    let error = refusal(&settings).await;
    assert!(error.contains(&file.display().to_string()) && error.contains("holds no key"), "{error}");
    let in_settings = Settings { vault_keys: Some(format!("other:{other}").into()), ..here(&folder) };
    let error = refusal(&in_settings).await;
    assert!(error.contains(&format!("{id:?}")) && error.contains("the setting vault_keys"), "{error}");

    std::fs::write(&file, right).expect("it can be written");
    serve::open(&settings, Clock::default()).await.expect("the right key opens it again");
}

#[tokio::test]
async fn a_database_of_a_newer_greentick_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = here(&folder);
    let app = serve::open(&settings, Clock::default()).await.expect("a new instance opens");
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)";
    app.store.read().execute_unprepared(newer).await.expect("a step of the future");
    let error = refusal(&settings).await;
    assert!(error.contains("newer") && error.contains("m29990101_000001_later"), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").expect("it can be written");
    let settings = Settings { data: file.join("data"), ..here(&folder) };
    let error = refusal(&settings).await;
    assert!(error.contains("a-file/data") && error.contains("or set data to another"), "{error}");
    // A folder that is there and takes no file, not even root's.
    let error = refusal(&Settings { data: "/proc/self".into(), ..here(&folder) }).await;
    assert!(error.contains("the data folder /proc/self cannot be used"), "{error}");
}

#[tokio::test]
async fn settings_that_cannot_be_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = refusal(&Settings { base_url: "http://green.example".to_owned(), ..here(&folder) }).await;
    assert!(error.contains("http://green.example") && error.contains("https"), "{error}");
    let error = refusal(&Settings { sandbox: None, ..here(&folder) }).await;
    assert!(error.contains("apps.") && error.contains("no network definition"), "{error}");
    let networks = folder.path().join("networks");
    std::fs::create_dir(&networks).expect("a folder");
    std::fs::write(networks.join("odd.toml"), "id = \"odd\"\nnaem = \"Odd\"\n").expect("it can be written");
    let error = refusal(&Settings { networks: Some(networks), ..here(&folder) }).await;
    assert!(
        error.contains("odd.toml") && error.contains("line 2") && error.contains("did you mean `name`?"),
        "{error}"
    );
}
