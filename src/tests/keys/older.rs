//! A database of before, when a workspace had one data key for ever.

use migrations::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use super::{Shop, opens, seeded::workspace};
use crate::server::{settings::Settings, store::Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_database_keeps_its_data_keys_and_can_rotate_them() {
    let shop = Shop::on(None).await;
    let places = [workspace(&shop.world.app, 2).await, workspace(&shop.world.app, 2).await].concat();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let older = Store::open_folder(folder.path()).await.expect("it opens");
    let names: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let ours = names.iter().position(|name| name == "m20261124_200050_data_keys").expect("a step");
    let before = u32::try_from(ours).expect("some");
    Migrator::up(older.read(), Some(before)).await.expect("the steps of before");
    let newer = shop.world.data.path().join("greentick.sqlite");
    let rows = format!(
        "ATTACH '{}' AS newer; \
         INSERT INTO data_keys (id, workspace, kek_id, wrapped) SELECT id, workspace, kek_id, wrapped FROM newer.data_keys; \
         INSERT INTO canaries (kek_id, sealed) SELECT kek_id, sealed FROM newer.canaries; \
         INSERT INTO secrets SELECT * FROM newer.secrets; DETACH newer",
        newer.display()
    );
    older.read().execute_unprepared(&rows).await.expect("its rows");

    let own = Settings { data: folder.path().to_owned(), ..shop.settings() };
    let app = opens(&own).await.expect("it is migrated, and opens");
    let open = async || {
        for place in &places {
            app.vault.get(app.store.read(), *place).await.expect("it opens");
        }
    };
    open().await;
    let (renewed, moved) = app.vault.renew_data_keys(&app.store, app.clock.now()).await.expect("renewed");
    assert_eq!((renewed, moved.rows, moved.stuck), (2, 4, 0));
    open().await;
}
