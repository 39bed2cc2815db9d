//! Backups: made while the server serves, restored in another folder with the key, and what becomes of tokens that are
//! older than the network's. AT-38 of the security requirements.

use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret;

use super::{Shop, opens, sees};
use crate::{
    domain::{PageId, Reason, Status, words},
    server::{App, keeper, pages, settings::Settings},
    tests::{postgres, world::expires_in},
};

/// A new folder with the backup in it, and the settings of a server there.
fn restored(shop: &Shop, copy: &Path) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(copy, folder.path().join("greentick.sqlite")).expect("it can be copied");
    let key = folder.path().join("vault.key");
    let own = Settings { data: folder.path().to_owned(), vault_key_file: Some(key), ..shop.settings() };
    (folder, own)
}

async fn stored_refresh(app: &App, page: PageId) -> String {
    let db = app.store.read();
    let id = pages::grant_of(db, page).await.expect("it answers").expect("it is connected");
    let grant = pages::grant(db, id).await.expect("it answers").expect("it is there");
    app.vault.get(db, grant.refresh()).await.expect("it opens").expose_secret().to_owned()
}

async fn refreshes_all(app: &App) {
    pages::refresh_all_now(&app.store, app.clock.now()).await.expect("it is written");
    keeper::once(app).await;
}

async fn backs_up(shop: &Shop, to: &Path) {
    let said = shop.says(&["backup", to.to_str().expect("a path")]).await;
    assert!(said.is_content, "{said:?}");
    assert!(said.text.contains(&to.display().to_string()) && said.text.contains("key is not in it"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_is_restored_elsewhere_and_every_token_works() {
    let shop = Shop::on(None).await;
    let owner = shop.world.owner("Harbour").await;
    let mut pages = vec![];
    for (place, person) in ["A", "B", "C"].iter().zip(["ada", "ben", "cleo"]) {
        let page = owner.has(place, &["chirper"]).await[0];
        owner.connects(page, person).await;
        pages.push(page);
    }
    let busy = owner.has("D", &["linkwork"]).await[0];
    let workspace = owner.board().await.workspace.id;
    let (folder, app) = (tempfile::tempdir().expect("a folder"), shop.process().await);
    let load = async {
        for _ in 0..10 {
            owner.connects(busy, "dan").await;
            refreshes_all(&app).await;
            owner.disconnects(busy).await;
        }
    };
    let first = folder.path().join("first.sqlite");
    tokio::join!(load, backs_up(&shop, &first));
    assert_eq!(std::fs::metadata(&first).expect("it is there").permissions().mode() & 0o777, 0o600);

    // Now nothing more is renewed: what the copy has is what the networks take.
    let copy = folder.path().join("last of all's.sqlite");
    backs_up(&shop, &copy).await;
    shop.world.stops().await;
    let bytes = std::fs::read(&copy).expect("it can be read");
    let line = std::fs::read_to_string(shop.file()).expect("the key file");
    let key = line.trim().split_once(':').expect("a line").1;
    let raw = BASE64_STANDARD.decode(key).expect("a key");
    assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()) && !bytes.windows(32).any(|part| part == raw));

    let (elsewhere, own) = restored(&shop, &copy);
    let error = opens(&own).await.err().expect("without the key it must not start");
    assert!(error.contains("vault.key") && error.contains("put back the file"), "{error}");
    assert!(!elsewhere.path().join("vault.key").exists(), "and it makes no new one");
    std::fs::copy(shop.file(), elsewhere.path().join("vault.key")).expect("it can be copied");
    let app = opens(&own).await.expect("it starts");
    crate::server::serve::begin_work(&app).await.expect("it begins");
    let asked = shop.world.requests("chirper", "token").await;
    refreshes_all(&app).await;
    assert_eq!(shop.world.requests("chirper", "token").await, asked + 3);
    let current = shop.world.current("chirper", "refresh").await;
    for page in pages {
        assert_eq!(sees(&app, workspace, page).await, Status::Connected);
        assert!(current.contains(&stored_refresh(&app, page).await), "the restored one has the network's newest");
    }
    assert_eq!(pages::copied(app.store.read()).await.expect("it answers"), None, "they are as new as any");
    app.stopping.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_backup_is_told_as_what_it_is() {
    let shop = Shop::on(None).await;
    let owner = shop.world.owner("Harbour").await;
    let workspace = owner.board().await.workspace.id;
    // At the one tokens are good for one use, at the other the same refresh token stays.
    let pages = owner.has("Bondi", &["chirper", "hush"]).await;
    for (page, network) in pages.iter().zip(["chirper", "hush"]) {
        shop.world.fault(expires_in(network, 3_600)).await;
        owner.connects(*page, "ben").await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("old.sqlite");
    backs_up(&shop, &copy).await;
    refreshes_all(&shop.world.app).await;
    refreshes_all(&shop.world.app).await;
    shop.world.stops().await;

    let (elsewhere, own) = restored(&shop, &copy);
    std::fs::copy(shop.file(), elsewhere.path().join("vault.key")).expect("it can be copied");
    let app = opens(&own).await.expect("it starts");
    let (grants, at) = pages::copied(app.store.read()).await.expect("it answers").expect("it is a copy");
    assert_eq!(grants, 2);
    refreshes_all(&app).await;
    assert_eq!(sees(&app, workspace, pages[0]).await, Status::Connected, "one refusal is confirmed first");
    app.clock.advance(Duration::from_mins(2));
    refreshes_all(&app).await;
    assert_eq!(sees(&app, workspace, pages[0]).await, Status::Broken(Reason::Outdated { at }));
    assert_eq!(sees(&app, workspace, pages[1]).await, Status::Connected);
    let said = words::reason_in_full(Reason::Outdated { at }, "Chirper", "Ben");
    assert!(said.contains("restored from a backup") && said.contains("reconnect"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let shop = Shop::on(None).await;
    let folder = tempfile::tempdir().expect("a folder");
    let count = || std::fs::read_dir(folder.path()).expect("the folder").count();
    let said = shop.says(&["backup", folder.path().to_str().expect("a path")]).await;
    assert!(said.is_content && count() == 1, "into a folder it goes under a name of its own: {said:?}");
    let there = folder.path().join("there.sqlite");
    std::fs::write(&there, "mine").expect("it can be written");
    let path = there.to_str().expect("a path").to_owned();
    let said = shop.says(&["backup", &path]).await;
    assert!(!said.is_content && said.text.contains("is there already"), "{said:?}");
    assert_eq!(std::fs::read_to_string(&there).expect("it is there"), "mine");
    let nowhere = folder.path().join("no/such/folder.sqlite");
    let said = shop.says(&["backup", nowhere.to_str().expect("a path")]).await;
    assert!(!said.is_content && said.text.contains("cannot be written"), "{said:?}");
    // One that was killed.
    let begun = folder.path().join("begun.sqlite");
    std::fs::write(folder.path().join("begun.sqlite.part"), "half").expect("it can be written");
    let said = shop.says(&["backup", begun.to_str().expect("a path")]).await;
    assert!(!said.is_content && said.text.contains("remove it if none is"), "{said:?}");
    assert_eq!(count(), 3);
    // A database that is damaged is not copied as if it were well.
    std::fs::remove_file(folder.path().join("begun.sqlite.part")).expect("it can be removed");
    damage(&shop).await;
    let said = shop.says(&["backup", begun.to_str().expect("a path")]).await;
    assert!(!said.is_content, "{said:?}");
    assert_eq!(count(), 2, "{said:?}");
}

/// An index that does not say what its table says.
async fn damage(shop: &Shop) {
    use sea_orm::ConnectionTrait;
    let db = shop.world.app.store.read();
    let sql = "PRAGMA writable_schema = ON; \
               UPDATE sqlite_schema SET sql = 'CREATE INDEX pages_by_grant ON pages (network)' WHERE name = 'pages_by_grant'; \
               PRAGMA writable_schema = RESET;";
    let owner = shop.world.owner("Harbour").await;
    owner.has("Bondi", &["chirper", "hush"]).await;
    db.execute_unprepared(sql).await.expect("it is written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_its_own_tool_is_named_and_what_it_makes_starts() {
    let url = postgres::new_database().await;
    let shop = Shop::on(Some(url.clone())).await;
    let owner = shop.world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    let workspace = owner.board().await.workspace.id;
    let folder = tempfile::tempdir().expect("a folder");
    let said = shop.says(&["backup", folder.path().to_str().expect("a path")]).await;
    assert!(!said.is_content && said.text.contains("pg_dump --format=custom"), "{said:?}");
    let dump = folder.path().join("dump");
    let run = async |program: &str, words: &[&str]| {
        let done =
            tokio::process::Command::new(program).args(words).output().await.expect("PostgreSQL's programs are there");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let file = format!("--file={}", dump.display());
    run("pg_dump", &["--format=custom", &file, &url]).await;
    shop.world.stops().await;
    let new = postgres::empty_database().await;
    run("pg_restore", &["--no-owner", &format!("--dbname={new}"), dump.to_str().expect("a path")]).await;
    let own = Settings { database_url: Some(new.into()), ..shop.settings() };
    let wrong = format!("t:{}", BASE64_STANDARD.encode([8; 32]));
    let without =
        Settings { vault_keys: Some(wrong.into()), database_url: own.database_url.clone(), ..shop.settings() };
    let error = opens(&without).await.err().expect("another key");
    assert!(error.contains("is not the one that sealed this database"), "{error}");
    let app = opens(&own).await.expect("it starts");
    refreshes_all(&app).await;
    assert_eq!(sees(&app, workspace, page).await, Status::Connected);
    assert_eq!(shop.world.current("chirper", "refresh").await, [stored_refresh(&app, page).await]);
}
