//! A disk that is really full: a small one of our own, in a mount namespace that ends with the test. Whoever clicks
//! hears why, nothing is lost, and with room it works again.

use std::{path::PathBuf, process::Command, time::Duration};

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    person::{Answer, Say},
    world::World,
};
use crate::{
    domain::{ApiError, PageId, Status, WorkspaceId, words},
    server::keeper::{self, Line, Spool},
};

/// Says to the inner test that the mount namespace is its own.
const OWN: &str = "GREENTICK_TEST_OWN_NAMESPACE";

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let disk = tempfile::tempdir().expect("a temporary folder");
    let inner = Command::new("unshare")
        .args(["--map-root-user", "--mount"])
        .arg(std::env::current_exe().expect("it runs"))
        .args(["--exact", "tests::disk::on_a_small_disk", "--ignored", "--nocapture"])
        .env("TMPDIR", disk.path())
        .env(OWN, "1")
        .output()
        .expect("unshare is part of util-linux");
    let (said, complained) = (String::from_utf8_lossy(&inner.stdout), String::from_utf8_lossy(&inner.stderr));
    assert!(
        inner.status.success() && said.contains("1 passed"),
        "this test needs a mount namespace: run it as root, or allow unprivileged ones\n{said}\n{complained}"
    );
}

/// A disk of sixteen megabytes, and whatever fills it.
struct Disk {
    filler: PathBuf,
}

impl Disk {
    fn mounted() -> Self {
        assert!(std::env::var_os(OWN).is_some(), "it mounts a disk: run a_full_disk_is_told_and_loses_nothing");
        let folder = std::env::temp_dir();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "none"]).arg(&folder).status();
        assert!(mount.expect("mount is there").success());
        Self { filler: folder.join("filler") }
    }

    /// Nothing more fits, not even into the journal.
    async fn fills(&self, world: &World) {
        let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
        world.app.store.read().execute_unprepared(truncate).await.expect("the journal is emptied");
        let mut size = 8 * 1024 * 1024;
        let mut filler = std::fs::File::create(&self.filler).expect("a file");
        while size >= 512 {
            // Smaller and smaller pieces, until none fits.
            if std::io::Write::write_all(&mut filler, &vec![1; size]).is_err() {
                size /= 2;
            }
        }
    }

    fn has_room(&self) {
        std::fs::remove_file(&self.filler).expect("it was full");
    }
}

fn is_told(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains(words::DISK_FULL), "{}", answer.body);
}

/// Waits until the network was asked that.
async fn asked(world: &World, endpoint: &str, times: usize) {
    for _ in 0..500 {
        if world.requests("chirper", endpoint).await >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the network was never asked for {endpoint}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a_full_disk_is_told_and_loses_nothing runs it, in a mount namespace"]
async fn on_a_small_disk() {
    let disk = Disk::mounted();
    let world = World::on_sqlite().await;
    let owner = world.owner("Harbour").await;
    let pages = owner.has("Bondi", &["chirper", "linkwork", "pagebook"]).await;
    owner.connects(pages[1], "ben").await;

    // A click while it is full; looking goes on, also when being seen would be written down.
    disk.fills(&world).await;
    is_told(&owner.post(&format!("/connect/{}", pages[0]), &[]).await);
    world.clock.advance(Duration::from_mins(2));
    assert_eq!((owner.sees(pages[0]).await, owner.sees(pages[1]).await), (Status::NotConnected, Status::Connected));
    assert_eq!(owner.disconnects(pages[1]).await.json::<ApiError>(), ApiError::Unavailable);
    no_backup_is_begun(&world).await;
    crate::server::keeper::once(&world.app).await;
    assert_eq!(owner.sees(pages[1]).await, Status::Connected);
    disk.has_room();

    // The answer arrives and cannot be kept: the permission does not stay behind at the network.
    let popup = owner.opens_popup(pages[0]).await;
    let callback = popup.callback(Say::Yes("ada")).await;
    world.fault(json!({ "network": "chirper", "delay_ms": 4_000 })).await;
    let (end, ()) = tokio::join!(owner.get(&callback), async {
        asked(&world, "token", 1).await;
        world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
        disk.fills(&world).await;
    });
    is_told(&end);
    assert_eq!(world.living_grants("chirper").await, 0, "given back, since nobody holds it");
    assert_eq!(owner.sees(pages[0]).await, Status::NotConnected);
    disk.has_room();

    // The answer is kept, and the page cannot be linked: it goes on by itself, and is not asked for again.
    let popup = owner.opens_popup(pages[0]).await;
    let callback = popup.callback(Say::Yes("ada")).await;
    let me = world.requests("chirper", "me").await;
    world.fault(json!({ "network": "chirper", "delay_ms": 4_000 })).await;
    let (end, ()) = tokio::join!(owner.get(&callback), async {
        asked(&world, "me", me + 1).await;
        disk.fills(&world).await;
        world.fault(json!({ "network": "chirper", "delay_ms": 0 })).await;
    });
    is_told(&end);
    assert_eq!(owner.sees(pages[0]).await, Status::NotConnected);
    disk.has_room();
    for _ in 0..200 {
        if owner.sees(pages[0]).await == Status::Connected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(owner.sees(pages[0]).await, Status::Connected);
    assert_eq!((world.requests("chirper", "token").await, world.living_grants("chirper").await), (2, 1));

    a_refresh_is_kept(&world, &disk, pages[0]).await;
    as_many_answers_as_may_come_have_room(&world, &disk).await;
    assert_eq!(owner.sees(pages[0]).await, Status::Connected);

    // And everything works as before, without a restart.
    assert_eq!(owner.disconnects(pages[0]).await.status, 200);
    owner.connects(pages[0], "ada").await;
    assert_eq!(owner.sees(pages[0]).await, Status::Connected);
    world.holds_no_secret().await;
}

/// It would not fit, and that is known before.
async fn no_backup_is_begun(world: &World) {
    let file = std::env::temp_dir().join("backup.sqlite");
    let error = world.app.store.copy_to(&file).await.err().expect("there is no room").to_string();
    assert!(error.contains("MB left") && error.contains("make room"), "{error}");
    assert!(!file.exists() && !file.with_added_extension("part").exists());
}

/// It is answered when nothing fits any more: its room was taken before, and it is saved when there is some.
async fn a_refresh_is_kept(world: &World, disk: &Disk, page: PageId) {
    crate::server::pages::refresh_all_now(&world.app.store, world.clock.now()).await.expect("it answers");
    world.fault(json!({ "network": "chirper", "delay_ms": 1_500 })).await;
    let app = world.app.clone();
    let work = tokio::spawn(async move { crate::server::keeper::once(&app).await });
    asked(world, "token", 3).await;
    disk.fills(world).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let spooled = std::fs::read_dir(world.data.path().join("spool")).expect("a folder").flatten();
    let spooled: Vec<_> = spooled.map(|file| std::fs::read(file.path()).expect("a file")).collect();
    assert!(spooled.iter().any(|file| file.starts_with(b"\n{\"attempt\"")), "the answer is on the full disk");
    assert_ne!(
        world.current("chirper", "refresh").await,
        [world.stored_refresh(page).await],
        "and not in the database"
    );
    disk.has_room();
    work.await.expect("it does not panic");
    world.faults_off().await;
    assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await]);
}

/// However many refreshes are under way when it is full: none of their answers waits for room.
async fn as_many_answers_as_may_come_have_room(world: &World, disk: &Disk) {
    let folder = std::env::temp_dir().join("spool-of-another");
    let (spool, _) = Spool::open(&folder).expect("there is room");
    disk.fills(world).await;
    for _ in 0..keeper::FLIGHTS {
        let line = Line::new(uuid::Uuid::now_v7(), WorkspaceId(uuid::Uuid::now_v7()), &[7; 7_500]);
        spool.keep(&line).await.expect("its room was taken before");
    }
    disk.has_room();
    drop(spool);
    std::fs::remove_dir_all(folder).expect("nobody needs it");
}
