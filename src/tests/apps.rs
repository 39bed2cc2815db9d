//! Our apps at the networks may be put in and taken away while the server runs: their ids stay, their secrets are sealed,
//! other processes see it, and the settings win.

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Order, Query},
};
use secrecy::SecretString;
use uuid::Uuid;

use super::{postgres, world::World};
use crate::{
    domain::{NetworkId, Returned, Status},
    server::{
        App, connect,
        networks::{AppsError, At, NetworkApp, Whence},
        sandbox,
        settings::AppCredentials,
        store::Store,
        vault::{INSTANCE, VaultError},
    },
};
use std::{sync::Arc, time::Duration};

fn chirper() -> NetworkId {
    NetworkId("chirper".to_owned())
}

fn own() -> AppCredentials {
    AppCredentials {
        client_id: sandbox::client_id("chirper"),
        client_secret: sandbox::client_secret("chirper").into(),
        hook_secret: None,
    }
}

fn at_chirper(app: &App) -> Option<Arc<NetworkApp>> {
    app.networks.app_at(&chirper())
}

/// Puts the app of Chirper in, as whoever enters it does.
pub async fn puts(app: &App, own: &AppCredentials) -> Result<(), AppsError> {
    let network = chirper();
    let at = At::own(&network);
    let id = app.networks.changeable(at).await?;
    let txn = app.store.begin().await?;
    app.networks.seal(&txn, (at, id), own).await?;
    txn.commit().await.map_err(AppsError::from)?;
    app.networks.reload().await
}

async fn forgets(app: &App) -> Result<(), AppsError> {
    let network = chirper();
    let at = At::own(&network);
    let id = app.networks.changeable(at).await?;
    app.networks.forget(app.store.read(), (at, id)).await?;
    app.networks.reload().await
}

async fn on_each(body: impl AsyncFn(&World)) {
    for url in [None, Some(SecretString::from(postgres::new_database().await))] {
        let world = World::set(url, |settings| drop(settings.apps.remove(&chirper()))).await;
        body(&world).await;
        world.holds_no_secret().await;
        world.hides(&[sandbox::client_secret("chirper")]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_put_in_connects_pages_at_once_and_after_a_restart() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        let networks = &world.app.networks;
        assert!(owner.board().await.networks.iter().all(|card| card.id != chirper()));
        assert_eq!(networks.whence(&chirper()), Whence::Nowhere);
        let id = networks.app_id(At::own(&chirper())).await.expect("an id for the redirect address");
        puts(&world.app, &own()).await.expect("it is put in");
        assert_eq!(networks.whence(&chirper()), Whence::Database);
        assert_eq!(at_chirper(&world.app).expect("it is there").id, id, "the address was given to the network before");
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        let restarted = world.another_process().await;
        let again = at_chirper(&restarted).expect("it is kept");
        assert_eq!((again.id, again.client_id.clone()), (id, sandbox::client_id("chirper")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_forgotten_leaves_its_id_and_no_secret() {
    on_each(async |world| {
        puts(&world.app, &own()).await.expect("it is put in");
        let id = at_chirper(&world.app).expect("it is there").id;
        forgets(&world.app).await.expect("it is forgotten");
        assert!(at_chirper(&world.app).is_none());
        assert!(at_chirper(&world.another_process().await).is_none(), "not only here");
        let other = AppCredentials { client_id: "another".to_owned(), ..own() };
        puts(&world.app, &other).await.expect("another is put in");
        let now = at_chirper(&world.app).expect("it is there");
        assert_eq!((now.id, now.client_id.as_str()), (id, "another"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_owed_to_a_network_waits_a_day_for_our_app_there() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        puts(&world.app, &own()).await.expect("it is put in");
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[1], "ada").await;
        forgets(&world.app).await.expect("it is forgotten");
        assert_eq!(owner.disconnects(pages[0]).await.json::<Returned>(), Returned::UnderWay);
        puts(&world.app, &own()).await.expect("it is put in again");
        world.clock.advance(Duration::from_secs(100));
        world.keeper_comes().await;
        assert_eq!(world.living_grants("chirper").await, 1, "Ada's");
        forgets(&world.app).await.expect("it is forgotten");
        owner.disconnects(pages[1]).await;
        world.clock.advance(Duration::from_hours(26));
        world.keeper_comes().await;
        let owed = connect::count_owed(world.app.store.read()).await.expect("the database answers");
        assert!(owed.is_empty(), "and no longer");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_learns_of_an_app_by_its_id_or_by_looking() {
    on_each(async |world| {
        let other = world.another_process().await;
        puts(&world.app, &own()).await.expect("it is put in");
        let id = at_chirper(&world.app).expect("it is there").id;
        assert!(other.networks.app(id).is_none());
        assert!(other.networks.find(id).await.expect("the database answers").is_some());
        let changed = AppCredentials { client_secret: "changed".to_owned().into(), ..own() };
        puts(&world.app, &changed).await.expect("it is changed");
        other.networks.reload().await.expect("the database answers");
        let secret = &at_chirper(&other).expect("it is there").client_secret;
        assert_eq!(secrecy::ExposeSecret::expose_secret(secret), "changed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_win_and_keep_the_id() {
    let world = World::set(None, |settings| drop(settings.apps.remove(&chirper()))).await;
    puts(&world.app, &own()).await.expect("it is put in");
    let id = at_chirper(&world.app).expect("it is there").id;
    let set = world.with_settings(|settings| drop(settings.apps.insert(chirper(), own()))).await;
    assert_eq!(at_chirper(&set).expect("it is there").id, id);
    assert_eq!(set.networks.whence(&chirper()), Whence::Settings);
    let refused = puts(&set, &own()).await;
    assert!(matches!(refused, Err(AppsError::InSettings(_))), "{refused:?}");
    let empty = AppCredentials { client_secret: " ".to_owned().into(), ..own() };
    let refused = puts(&world.app, &empty).await;
    assert!(matches!(refused, Err(AppsError::Incomplete)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_instances_key_is_one_row_however_many_make_it() {
    let world = World::on_sqlite().await;
    let (db, vault) = (world.app.store.read(), &world.app.vault);
    for _ in 0..2 {
        vault.need_own_key(db).await.expect("it is made once");
    }
    assert!(matches!(vault.make_key(db, INSTANCE).await, Err(VaultError::Database(_))), "there is one");
}

async fn ids_of(db: &impl ConnectionTrait, client: &str) -> Vec<Uuid> {
    let mut select = Query::select();
    select.column("id").from("network_apps").and_where(Expr::col("client_id").eq(client)).order_by("id", Order::Asc);
    let rows = db.query_all(&select).await.expect("it answers");
    rows.into_iter().map(|row| row.try_get("", "id").expect("an id")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_have_one_app() {
    on_each(async |world| {
        for round in 0..5 {
            let client = format!("client-{round}");
            let starts = (0..6).map(|_| {
                let client = client.clone();
                world.with_settings(move |settings| {
                    drop(settings.apps.insert(chirper(), AppCredentials { client_id: client, ..own() }));
                })
            });
            let apps = futures_util::future::join_all(starts).await;
            let ids = ids_of(world.app.store.read(), &client).await;
            assert_eq!(ids.len(), 1, "round {round}");
            assert!(apps.iter().all(|app| at_chirper(app).expect("it is set").id.0 == ids[0]), "and all use it");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_on_an_app_that_was_made_twice_moves_to_the_oldest() {
    for url in [None, Some(postgres::empty_database().await)] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let older = match &url {
            None => Store::open_folder(folder.path()).await,
            Some(url) => Store::open_url(url).await,
        };
        let older = older.expect("it opens");
        let names: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let ours = names.iter().position(|name| name == "m20261125_100020_one_app").expect("a step");
        Migrator::up(older.read(), u32::try_from(ours).ok()).await.expect("the steps of before");
        let db = older.read();
        let [first, second, put_in, other] = [(); 4].map(|()| Uuid::now_v7());
        for (id, client, is_on) in
            [(first, "ours", false), (second, "ours", false), (put_in, "run", true), (other, "run", false)]
        {
            let mut row = Query::insert();
            row.into_table("network_apps").columns(["id", "network", "client_id", "misses", "is_on"]);
            row.values_panic([id.into(), "chirper".into(), client.into(), 0_i64.into(), is_on.into()]);
            db.execute(&row).await.expect("a row");
        }
        let workspace = Uuid::now_v7();
        let grants = [(second, "ada", first), (second, "ben", second), (first, "ben", first), (put_in, "cleo", put_in)];
        let ids = grants.map(|_| Uuid::now_v7());
        for (id, (app, person, _)) in ids.iter().zip(grants) {
            let mut row = Query::insert();
            let columns = [
                "id",
                "workspace",
                "network_app",
                "person_id",
                "person_name",
                "version",
                "warned",
                "scopes",
                "checked_at",
            ];
            row.into_table("grants").columns(columns);
            let (none, no) = (0_i64.into(), false.into());
            row.values_panic([
                (*id).into(),
                workspace.into(),
                app.into(),
                person.into(),
                person.into(),
                1_i64.into(),
                no,
                "[]".into(),
                none,
            ]);
            db.execute(&row).await.expect("a row");
        }
        older.migrate().await.expect("it goes on");
        for (id, (_, person, stands_at)) in ids.iter().zip(grants) {
            let mut select = Query::select();
            select.column("network_app").from("grants").and_where(Expr::col("id").eq(*id));
            let row = db.query_one(&select).await.expect("it answers").expect("it is there");
            // Ben has approved at both, and each stays where it is.
            assert_eq!(row.try_get::<Uuid>("", "network_app").expect("an id"), stands_at, "{person}");
        }
    }
}
