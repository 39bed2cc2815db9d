//! AT-07: each stored field of an attempt altered in the database. Whatever it is, no token is asked for.

use std::collections::BTreeSet;

use sea_orm::{
    ConnectionTrait, Value,
    sea_query::{Asterisk, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    on_both,
    person::{Person, Say, between},
    world::World,
};
use crate::{
    domain::{AttemptId, AttemptState, Lack, Me, Role, SessionCard, Status, Trouble},
    server::vault::hash,
};

async fn alter(world: &World, attempt: AttemptId, column: &'static str, value: Value) {
    let mut update = Query::update();
    update.table("attempts").value(column, value).and_where(Expr::col("id").eq(attempt.0));
    let altered = world.app.store.read().execute(&update).await.expect("the row is there");
    assert_eq!(altered.rows_affected(), 1, "{column}");
}

async fn column(world: &World, attempt: AttemptId, column: &'static str) -> Vec<u8> {
    let mut select = Query::select();
    select.column(column).from("attempts").and_where(Expr::col("id").eq(attempt.0));
    let row = world.app.store.read().query_one(&select).await.expect("the database answers").expect("the row is there");
    row.try_get("", column).expect("it is binary")
}

async fn sealed_verifier(world: &World, attempt: AttemptId) -> Vec<u8> {
    let mut select = Query::select();
    select.column("sealed").from("secrets").and_where(Expr::col("owner_row").eq(attempt.0));
    let row = world.app.store.read().query_one(&select).await.expect("the database answers").expect("it is sealed");
    row.try_get("", "sealed").expect("it is binary")
}

async fn seal_verifier(world: &World, attempt: AttemptId, sealed: Option<Vec<u8>>) {
    let mine = Expr::col("owner_row").eq(attempt.0);
    let db = world.app.store.read();
    let done = match sealed {
        Some(sealed) => db.execute(Query::update().table("secrets").value("sealed", sealed).and_where(mine)).await,
        None => db.execute(Query::delete().from_table("secrets").and_where(mine)).await,
    };
    assert_eq!(done.expect("the database does it").rows_affected(), 1);
}

/// What every column of an attempt may be changed to by somebody who knows this instance well.
async fn alterations(world: &World, owner: &Person<'_>, colleague: &Person<'_>) -> Vec<(&'static str, Value)> {
    let apps = &world.app.networks;
    let app_at = |network: &str| apps.all().find(|app| app.definition.id.0 == network).expect("it is set up");
    let (chirper, hush) = (app_at("chirper"), app_at("hush"));
    let own_place = world.owner("Elsewhere").await;
    let foreign_page = own_place.has("Lair", &["chirper"]).await[0];
    let sibling = owner.has("Manly", &["chirper"]).await[0];
    let them: Me = colleague.call("session/me", &[]).await.json();
    let sessions: Vec<SessionCard> = colleague.call("session/list", &[]).await.json();
    let now = world.clock.now();
    let later = now + std::time::Duration::from_mins(5);
    let long_ago = now - std::time::Duration::from_mins(11);
    vec![
        ("id", Uuid::now_v7().into()),
        ("state_hash", hash("another state").into()),
        ("cookie_hash", hash("another cookie").into()),
        ("workspace", own_place.board().await.workspace.id.into()),
        ("workspace", colleague.board().await.workspace.id.into()),
        ("page", foreign_page.into()),
        ("page", sibling.into()),
        ("user_id", them.id.into()),
        ("session", sessions[0].id.into()),
        ("network_app", hush.id.into()),
        ("issuer", hush.definition.issuer.clone().into()),
        ("issuer", "".into()),
        ("token_endpoint", hush.definition.token.url.clone().into()),
        ("token_endpoint", format!("{}/", chirper.definition.token.url).into()),
        ("redirect_uri", world.app.base_url.callback(hush.id).into()),
        ("redirect_uri", "https://evil.example/oauth/callback".into()),
        ("scopes", "[]".into()),
        ("scopes", r#"["post.read","post.write","offline.access","everything"]"#.into()),
        ("nonce_hash", hash("another nonce").into()),
        ("change_pages", true.into()),
        ("state", r#""stopped""#.into()),
        ("state", r#""approved""#.into()),
        ("state", r#""choosing""#.into()),
        ("created_at", later.into()),
        ("created_at", long_ago.into()),
        ("taken_at", now.into()),
    ]
}

async fn token_requests(world: &World) -> usize {
    world.requests("chirper", "token").await + world.requests("hush", "token").await
}

on_both! {
    async fn a_field_that_was_altered_ends_the_attempt_before_anything_is_sent(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let colleague = world.colleague("Ada", &owner, Role::Owner).await.at("ada");
        let alterations = alterations(world, &owner, &colleague).await;
        for (name, value) in &alterations {
            let name = *name;
            let popup = owner.opens_popup(page).await;
            let callback = popup.callback(Say::Yes("ben")).await;
            alter(world, popup.attempt, name, value.clone()).await;
            let end = owner.get(&callback).await;
            // A state that was altered is what the person is told; it does not become true by that.
            assert!((400..500).contains(&end.status) || name == "state", "{name} {value:?}: {end:?}");
            assert_eq!(token_requests(world).await, 0, "{name} {value:?}");
            let pages = owner.board().await.pages;
            assert!(pages.iter().all(|page| page.link.pinned_to().is_none()), "{name} {value:?}");
        }
        // Every column is in the list, but what an attempt does not have before its callback.
        let mut one = Query::select();
        one.expr(Expr::col(Asterisk)).from("attempts").limit(1);
        let row = world.app.store.read().query_one(&one).await.expect("the database answers").expect("there is one");
        let known: BTreeSet<_> = row.column_names().into_iter().collect();
        let mut tried: BTreeSet<_> = alterations.iter().map(|(name, _)| (*name).to_owned()).collect();
        tried.insert("choice".to_owned());
        assert_eq!(known, tried);
        owner.connects(page, "ben").await;
        assert_eq!(owner.sees(page).await, Status::Connected, "what nobody altered works");
    }

    async fn two_attempts_of_one_browser_cannot_be_exchanged(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        let (one, other) = (owner.opens_popup(pages[0]).await, owner.opens_popup(pages[1]).await);
        let callbacks = [one.callback(Say::Yes("ben")).await, other.callback(Say::Yes("eve")).await];
        let hashes = [column(world, one.attempt, "cookie_hash").await, column(world, other.attempt, "cookie_hash").await];
        alter(world, one.attempt, "cookie_hash", hashes[1].clone().into()).await;
        alter(world, other.attempt, "page", pages[0].into()).await;
        for callback in &callbacks {
            assert_eq!(owner.get(callback).await.status, 400);
        }
        assert_eq!(world.requests("chirper", "token").await, 0);
        assert_eq!(owner.looks(other.attempt).await.state, AttemptState::Failed(Trouble::OtherBrowser));
    }

    async fn a_verifier_that_was_altered_moved_or_taken_sends_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        for how in ["altered", "moved", "taken"] {
            let (popup, other) = (owner.opens_popup(page).await, owner.opens_popup(page).await);
            let callback = popup.callback(Say::Yes("ben")).await;
            let mut sealed = sealed_verifier(world, popup.attempt).await;
            *sealed.last_mut().expect("it is not empty") ^= 1;
            let instead = match how {
                "altered" => Some(sealed),
                "moved" => Some(sealed_verifier(world, other.attempt).await),
                _ => None,
            };
            seal_verifier(world, popup.attempt, instead).await;
            assert!(owner.get(&callback).await.status >= 400, "{how}");
            assert_eq!(world.requests("chirper", "token").await, 0, "{how}");
            assert!(matches!(owner.looks(popup.attempt).await.state, AttemptState::Failed(_)), "{how}");
        }
        owner.connects(page, "ben").await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn an_offered_page_that_the_network_never_gave_is_not_linked(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["pagebook"]).await[0];
        let popup = owner.opens_popup(page).await;
        let picker = popup.answers(Say::Yes("ada")).await;
        let forged = r#"[{"account":{"id":"7004","name":"Not hers"}},{"account":{"id":"7001","name":"Hers"}}]"#;
        alter(world, popup.attempt, "choice", forged.into()).await;
        let end = owner.post(&between(&picker.body, "action=\"", "\""), &[("account", "7004")]).await;
        assert_eq!(end.status, 400, "{end:?}");
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::PageLost));
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Page), "it can be chosen from what there is");
    }
}
