//! Our apps at the networks may be put in and taken away while the server runs: their ids stay, their secrets are sealed,
//! other processes see it, and the settings win.

use secrecy::SecretString;

use super::{postgres, world::World};
use crate::{
    domain::{NetworkId, Status},
    server::{
        App,
        networks::{AppsError, NetworkApp, Whence},
        sandbox,
        settings::AppCredentials,
        vault::{INSTANCE, VaultError},
    },
};
use std::sync::Arc;

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
        let id = networks.app_id(&chirper()).await.expect("an id for the redirect address");
        networks.put_credentials(&chirper(), &own()).await.expect("it is put in");
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
        let networks = &world.app.networks;
        networks.put_credentials(&chirper(), &own()).await.expect("it is put in");
        let id = at_chirper(&world.app).expect("it is there").id;
        networks.forget_credentials(&chirper()).await.expect("it is forgotten");
        assert!(at_chirper(&world.app).is_none());
        assert!(at_chirper(&world.another_process().await).is_none(), "not only here");
        let other = AppCredentials { client_id: "another".to_owned(), ..own() };
        networks.put_credentials(&chirper(), &other).await.expect("another is put in");
        let now = at_chirper(&world.app).expect("it is there");
        assert_eq!((now.id, now.client_id.as_str()), (id, "another"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_learns_of_an_app_by_its_id_or_by_looking() {
    on_each(async |world| {
        let other = world.another_process().await;
        world.app.networks.put_credentials(&chirper(), &own()).await.expect("it is put in");
        let id = at_chirper(&world.app).expect("it is there").id;
        assert!(other.networks.app(id).is_none());
        assert!(other.networks.find(id).await.expect("the database answers").is_some());
        let changed = AppCredentials { client_secret: "changed".to_owned().into(), ..own() };
        world.app.networks.put_credentials(&chirper(), &changed).await.expect("it is changed");
        other.networks.reload().await.expect("the database answers");
        let secret = &at_chirper(&other).expect("it is there").client_secret;
        assert_eq!(secrecy::ExposeSecret::expose_secret(secret), "changed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_win_and_keep_the_id() {
    let world = World::set(None, |settings| drop(settings.apps.remove(&chirper()))).await;
    world.app.networks.put_credentials(&chirper(), &own()).await.expect("it is put in");
    let id = at_chirper(&world.app).expect("it is there").id;
    let set = world.with_settings(|settings| drop(settings.apps.insert(chirper(), own()))).await;
    assert_eq!(at_chirper(&set).expect("it is there").id, id);
    assert_eq!(set.networks.whence(&chirper()), Whence::Settings);
    let refused = set.networks.put_credentials(&chirper(), &own()).await;
    assert!(matches!(refused, Err(AppsError::InSettings(_))), "{refused:?}");
    let empty = AppCredentials { client_secret: " ".to_owned().into(), ..own() };
    let refused = world.app.networks.put_credentials(&chirper(), &empty).await;
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
