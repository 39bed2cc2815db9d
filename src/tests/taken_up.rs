//! An answer that only a process which was killed had: it is kept until it is saved, whatever hinders the next start.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use super::{
    apps::puts,
    kills::Scene,
    victim::{Does, Saviour, Victim, kill, signal},
    world::World,
};
use crate::{
    domain::{NetworkId, PageId},
    server::{App, keeper, networks::AppsError, sandbox, settings::AppCredentials, store::Backend},
};

/// The database takes no new tokens.
async fn refuses_tokens(world: &World) {
    let trigger = match world.app.store.backend() {
        Backend::Sqlite => {
            "CREATE TRIGGER no BEFORE UPDATE OF version ON grants BEGIN SELECT RAISE(ABORT, 'not now'); END"
        }
        Backend::Postgres => {
            "CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END'; \
             CREATE TRIGGER no BEFORE UPDATE OF version ON grants FOR EACH ROW EXECUTE FUNCTION no()"
        }
    };
    world.app.store.read().execute_unprepared(trigger).await.expect("it is made");
}

async fn takes_tokens(world: &World) {
    let on = if world.app.store.backend() == Backend::Postgres { " ON grants" } else { "" };
    world.app.store.read().execute_unprepared(&format!("DROP TRIGGER no{on}")).await.expect("it goes");
}

/// The victim dies with new tokens in its spool and nowhere else.
async fn dies_with_tokens(victim: &Victim<'_>) {
    let server = victim.starts(Does::Nothing);
    victim.is_up().await;
    refuses_tokens(victim.world).await;
    let spool = victim.world.data.path().join("spool");
    signal("USR1", &server);
    for _ in 0..400 {
        let files = std::fs::read_dir(&spool).expect("a folder").flatten();
        if files.filter_map(|file| std::fs::read(file.path()).ok()).any(|file| file.starts_with(b"\n{\"attempt\"")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill(server);
    takes_tokens(victim.world).await;
}

async fn starts(app: &App) {
    keeper::recover(app).await.expect("it answers");
    // The start waits for it for a moment only.
    tokio::time::sleep(Duration::from_millis(500)).await;
}

fn chirper() -> NetworkId {
    NetworkId("chirper".to_owned())
}

async fn put_in_again(app: &App) -> Result<(), AppsError> {
    let own = AppCredentials {
        client_id: sandbox::client_id("chirper"),
        client_secret: sandbox::client_secret("chirper").into(),
        hook_secret: None,
    };
    puts(app, &own).await
}

async fn is_saved(world: &World, page: PageId) -> bool {
    world.current("chirper", "refresh").await == [world.stored_refresh(page).await]
}

async fn without_its_app(is_postgres: bool) {
    Box::pin(Scene::set(is_postgres, Saviour::Nobody, &[("A", "ada")], async |victim, _, scene| {
        let (world, page) = (&scene.world, scene.kept[0]);
        let without = async || world.with_settings(|settings| drop(settings.apps.remove(&chirper()))).await;
        // It comes back with a start, or while the server runs.
        dies_with_tokens(victim).await;
        let asked = world.requests("chirper", "token").await;
        for _ in 0..2 {
            starts(&without().await).await;
            assert!(!is_saved(world, page).await, "nobody knows the app");
        }
        starts(&world.another_process().await).await;
        assert!(is_saved(world, page).await, "it was in the file still");
        assert_eq!(world.requests("chirper", "token").await, asked, "nothing was asked for again");

        dies_with_tokens(victim).await;
        let asked = world.requests("chirper", "token").await;
        let app = without().await;
        starts(&app).await;
        put_in_again(&app).await.expect("it is put in");
        world.clock.advance(Duration::from_mins(11));
        keeper::once(&app).await;
        assert!(is_saved(world, page).await, "it had it in hand");
        assert_eq!(world.requests("chirper", "token").await, asked, "nothing was asked for again");
        assert_eq!(world.living_grants("chirper").await, 1);
        world.holds_no_secret().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_tokens_of_a_killed_process_outlive_a_start_without_their_app_on_sqlite() {
    without_its_app(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_tokens_of_a_killed_process_outlive_a_start_without_their_app_on_postgres() {
    without_its_app(true).await;
}
