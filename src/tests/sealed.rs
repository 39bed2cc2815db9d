//! Sealed values that were altered or moved in the database: none opens, the others go on, and people hear a sentence.
//! AT-34 and AT-35 of the security requirements.

use std::net::SocketAddr;

use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{
    on_both,
    person::Say,
    world::{World, settings},
};
use crate::{
    domain::{ApiError, Returned, Status, WorkspaceId},
    server::{App, clock::Clock, serve, vault::Place},
};

/// A row of `secrets`.
#[derive(Clone, Debug)]
struct Sealed {
    place: Place,
    value: Vec<u8>,
}

async fn all(app: &App) -> Vec<Sealed> {
    let select = Query::select()
        .columns(["owner_table", "owner_column", "owner_row", "workspace", "sealed"])
        .from("secrets")
        .order_by("owner_row", sea_orm::Order::Asc)
        .order_by("owner_column", sea_orm::Order::Asc)
        .to_owned();
    let rows = app.store.read().query_all(&select).await.expect("the table is there");
    let text = |row: &sea_orm::QueryResult, name| -> &'static str {
        let text: String = row.try_get("", name).expect("text");
        text.leak()
    };
    let of = |row: sea_orm::QueryResult| Sealed {
        place: Place {
            workspace: row.try_get::<WorkspaceId>("", "workspace").expect("an id"),
            table: text(&row, "owner_table"),
            column: text(&row, "owner_column"),
            row: row.try_get::<Uuid>("", "owner_row").expect("an id"),
        },
        value: row.try_get("", "sealed").expect("bytes"),
    };
    rows.into_iter().map(of).collect()
}

/// Writes `value` where `place` is sealed, as somebody with the database in hand could.
async fn plant(app: &App, place: &Place, value: &[u8]) {
    let update = Query::update()
        .table("secrets")
        .value("sealed", value.to_vec())
        .and_where(Expr::col("owner_table").eq(Expr::val(place.table)))
        .and_where(Expr::col("owner_column").eq(Expr::val(place.column)))
        .and_where(Expr::col("owner_row").eq(place.row))
        .to_owned();
    let done = app.store.read().execute(&update).await.expect("it is written");
    assert_eq!(done.rows_affected(), 1);
}

async fn opens(app: &App, place: Place) -> bool {
    match app.vault.get(app.store.read(), place).await {
        Ok(_) => true,
        Err(error) => {
            let text = error.to_string();
            let names_place =
                text.contains(place.table) && text.contains(place.column) && text.contains(&place.row.to_string());
            assert!(names_place && text.contains("restore it from a backup"), "{text}");
            false
        }
    }
}

fn flipped(value: &[u8], bit: usize) -> Vec<u8> {
    let mut value = value.to_vec();
    value[bit / 8 % 256] ^= 1 << (bit % 8);
    value
}

on_both! {
    async fn no_two_sealed_values_can_change_places(world) {
        for workspace in ["Harbour", "Lighthouse"] {
            let owner = world.owner(workspace).await;
            let pages = owner.has("Bondi", &["chirper", "linkwork", "hush"]).await;
            owner.connects(pages[0], "ben").await;
            owner.connects(pages[1], "ada").await;
            owner.opens_popup(pages[2]).await;
        }
        let sealed = all(&world.app).await;
        assert!(sealed.len() >= 6, "grants' tokens and attempts' verifiers: {}", sealed.len());
        for (index, one) in sealed.iter().enumerate() {
            for other in &sealed[index + 1..] {
                plant(&world.app, &one.place, &other.value).await;
                plant(&world.app, &other.place, &one.value).await;
                assert!(!opens(&world.app, one.place).await && !opens(&world.app, other.place).await, "{one:?} {other:?}");
                plant(&world.app, &one.place, &one.value).await;
                plant(&world.app, &other.place, &other.value).await;
            }
        }
        for one in &sealed {
            assert!(opens(&world.app, one.place).await, "{one:?}");
        }
    }

    async fn a_token_that_does_not_open_stops_neither_the_keeper_nor_its_person(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "linkwork", "hush"]).await;
        for (page, person) in pages.iter().zip(["ben", "ada", "cleo"]) {
            owner.connects(*page, person).await;
        }
        let access: Vec<_> = all(&world.app).await.into_iter().filter(|one| one.place.column == "access").collect();
        let [one, other, third] = &access[..] else { panic!("three grants: {access:?}") };
        plant(&world.app, &one.place, &other.value).await;
        plant(&world.app, &other.place, &flipped(&other.value, 400)).await;
        let mut asked = 0;
        for network in ["chirper", "linkwork", "hush"] {
            asked += world.requests(network, "me").await;
        }
        world.keeper_comes().await;
        let mut asked_now = 0;
        for network in ["chirper", "linkwork", "hush"] {
            asked_now += world.requests(network, "me").await;
        }
        assert_eq!(asked_now, asked + 1, "the third was visited, and no wrong token was sent");
        for page in &pages {
            assert_eq!(owner.sees(*page).await, Status::Connected, "what we cannot read is no death at the network");
        }
        let mut told = Vec::new();
        for page in &pages {
            let answer = owner.disconnects(*page).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            told.push(answer.json::<Returned>());
            assert_eq!(owner.sees(*page).await, Status::NotConnected);
        }
        told.sort_by_key(|told| *told != Returned::Failed);
        assert_eq!(told[..2], [Returned::Failed, Returned::Failed], "two must be removed by hand, and it is said");
        assert_ne!(told[2], Returned::Failed);
        assert!(all(&world.app).await.iter().all(|left| left.place.row != third.place.row), "nothing is left behind");
        owner.connects(pages[0], "ben").await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected, "and it can be connected again");
    }

    async fn no_flipped_bit_makes_a_panic_or_a_lie(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        // In the verifier, while the person is at the network: nothing is sent, and the next click works.
        for bit in [0, 9, 20, 150, 200, 340, 500] {
            let popup = owner.opens_popup(page).await;
            let callback = popup.callback(Say::Yes("ben")).await;
            let verifier = all(&world.app).await.into_iter().find(|one| one.place.row == popup.attempt.0).expect("a verifier");
            plant(&world.app, &verifier.place, &flipped(&verifier.value, bit)).await;
            let end = owner.get(&callback).await;
            assert_eq!(end.status, 503, "bit {bit}: {}", end.body);
            assert!(end.body.contains(crate::domain::words::error(ApiError::Unavailable)), "{}", end.body);
            assert_eq!(owner.sees(page).await, Status::NotConnected);
        }
        assert_eq!(world.requests("chirper", "token").await, 0);
        owner.connects(page, "ben").await;
        // In the token: it is no answer of the network's.
        let sealed = all(&world.app).await;
        let token = sealed.iter().find(|one| one.place.column == "access").expect("a token");
        for bit in 0..token.value.len().min(64) * 8 {
            plant(&world.app, &token.place, &flipped(&token.value, bit)).await;
            assert!(!opens(&world.app, token.place).await, "bit {bit}");
        }
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        plant(&world.app, &token.place, &token.value).await;
        assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
        assert_eq!(world.living_grants("chirper").await, 0);
    }
}

#[tokio::test]
async fn a_data_key_that_was_altered_opens_nothing() {
    let world = World::on_sqlite().await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    let altered = "UPDATE data_keys SET wrapped = substr(wrapped, 1, 60) || x'00' || substr(wrapped, 62)";
    world.app.store.read().execute_unprepared(altered).await.expect("it is written");
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let next = settings(nowhere, world.data.path(), &world.sandbox, None);
    let app = serve::open(&next, Clock::default()).await.expect("the instance starts: others have keys of their own");
    for one in all(&app).await {
        let error = app.vault.get(app.store.read(), one.place).await.expect_err("it does not open").to_string();
        assert!(error.contains("data_keys") && error.contains("restore it from a backup"), "{error}");
    }
}
