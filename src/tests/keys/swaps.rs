//! No sealed value opens anywhere but where it was sealed: every pair over rows, columns, workspaces and what lies outside
//! of the database, in the middle of a rotation. P10 and AT-35 of the security requirements.

use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{Shop, opens, seeded::workspace};
use crate::{
    domain::WorkspaceId,
    server::{
        App,
        vault::{INSTANCE, Place, VaultError},
    },
};

/// Every value in the database, and one of the spool and one of the courier for each workspace.
async fn sealed_values(app: &App, places: &[Place]) -> Vec<(Place, Vec<u8>)> {
    let mut values = vec![];
    for place in places {
        let select = Query::select()
            .column("sealed")
            .from("secrets")
            .and_where(Expr::col("owner_table").eq(Expr::val(place.table)))
            .and_where(Expr::col("owner_column").eq(Expr::val(place.column)))
            .and_where(Expr::col("owner_row").eq(place.row))
            .to_owned();
        let row = app.store.read().query_one(&select).await.expect("it answers").expect("it is there");
        values.push((*place, row.try_get("", "sealed").expect("bytes")));
    }
    let mut workspaces: Vec<_> = places.iter().map(|place| place.workspace).collect();
    workspaces.dedup();
    for workspace in workspaces {
        let sealer = app.vault.sealer(app.store.read(), workspace).await.expect("a sealer");
        for (table, column) in [("spool", "answer"), ("courier", "key")] {
            let place = Place { workspace, table, column, row: Uuid::now_v7() };
            values.push((place, sealer.seal(&place, b"an answer")));
        }
    }
    values
}

async fn overwrite(app: &App, table: &'static str, id: (&'static str, Expr), column: &'static str, value: &[u8]) {
    let update =
        Query::update().table(table).value(column, value.to_vec()).and_where(Expr::col(id.0).eq(id.1)).to_owned();
    assert_eq!(app.store.read().execute(&update).await.expect("it is written").rows_affected(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_swaps_none_opens() {
    let shop = Shop::on(None).await;
    let app = shop.process().await;
    let mut places = vec![];
    for _ in 0..4 {
        places.extend(workspace(&app, 20).await);
    }
    // What belongs to the instance and to no workspace.
    app.vault.need_own_key(app.store.read()).await.expect("a data key");
    for column in ["client_id", "client_secret", "hook_secret"] {
        let place = Place { workspace: INSTANCE, table: "network_apps", column, row: places[0].row };
        app.vault.put(app.store.read(), place, &"a secret".to_owned().into()).await.expect("sealed");
        places.push(place);
    }
    app.vault.renew_data_keys(&app.store, shop.world.clock.now()).await.expect("renewed");
    // Values of both generations of keys.
    let mut values = sealed_values(&app, &places).await;
    app.vault.renew_data_keys(&app.store, shop.world.clock.now()).await.expect("renewed");
    let later = sealed_values(&app, &places).await;
    values.truncate(60);
    values.extend(later);
    let mut swaps = 0;
    for (place, own) in &values {
        app.vault.unseal(app.store.read(), *place, own).await.expect("at home it opens");
        for (elsewhere, other) in &values {
            let is_same = (place.workspace, place.table, place.column, place.row)
                == (elsewhere.workspace, elsewhere.table, elsewhere.column, elsewhere.row);
            if !is_same {
                let opened = app.vault.unseal(app.store.read(), *place, other).await;
                assert!(matches!(opened, Err(VaultError::DoesNotOpen(..))), "{elsewhere:?} opens at {place:?}");
                swaps += 1;
            }
        }
    }
    assert!(swaps > 10_000, "{swaps}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_data_key_and_no_canary_opens_in_another_row_or_with_a_flipped_bit() {
    let shop = Shop::on(None).await;
    let app = shop.process().await;
    let mut places = vec![];
    for _ in 0..3 {
        places.extend(workspace(&app, 1).await);
    }
    let new = shop.adds_a_key().await;
    assert!(shop.says(&["keys", "rotate", &new]).await.is_content);
    let select = Query::select().columns(["id", "workspace", "wrapped"]).from("data_keys").to_owned();
    let mut rows = vec![];
    for row in app.store.read().query_all(&select).await.expect("it answers") {
        let (id, workspace): (Uuid, WorkspaceId) =
            (row.try_get("", "id").expect("an id"), row.try_get("", "workspace").expect("an id"));
        let place = *places.iter().find(|place| place.workspace == workspace).expect("its value");
        rows.push((id, place, row.try_get::<Vec<u8>>("", "wrapped").expect("bytes")));
    }
    let put =
        async |id: Uuid, value: &[u8]| overwrite(&app, "data_keys", ("id", Expr::val(id)), "wrapped", value).await;
    let stays_shut = async |place: Place| {
        let fresh = opens(&shop.settings()).await.expect("it starts");
        let opened = fresh.vault.get(fresh.store.read(), place).await;
        assert!(matches!(opened, Err(VaultError::DoesNotOpen(..))), "{place:?}");
    };
    for (id, place, own) in &rows {
        for (_, _, other) in rows.iter().filter(|(other, ..)| other != id) {
            put(*id, other).await;
            stays_shut(*place).await;
        }
        put(*id, own).await;
    }
    let (id, place, own) = &rows[0];
    for bit in (0..own.len() * 8).step_by(29) {
        let mut flipped = own.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        put(*id, &flipped).await;
        stays_shut(*place).await;
    }
    put(*id, own).await;

    let select = Query::select().columns(["kek_id", "sealed"]).from("canaries").to_owned();
    let mut canaries: Vec<(String, Vec<u8>)> = vec![];
    for row in app.store.read().query_all(&select).await.expect("it answers") {
        canaries.push((row.try_get("", "kek_id").expect("text"), row.try_get("", "sealed").expect("bytes")));
    }
    let [one, other] = &canaries[..] else { panic!("two keys: {canaries:?}") };
    let mut flipped = one.1.clone();
    flipped[50] ^= 1;
    for wrong in [&other.1, &flipped] {
        overwrite(&app, "canaries", ("kek_id", Expr::val(one.0.as_str())), "sealed", wrong).await;
        let error = opens(&shop.settings()).await.err().expect("it must not start");
        assert!(error.contains(&format!("{:?}", one.0)) && error.contains("is not the one"), "{error}");
    }
    overwrite(&app, "canaries", ("kek_id", Expr::val(one.0.as_str())), "sealed", &one.1).await;
    let fresh = opens(&shop.settings()).await.expect("it starts");
    for place in places {
        fresh.vault.get(fresh.store.read(), place).await.expect("it opens");
    }
}
