//! Tokens are renewed in time, once, and none is lost.

use std::time::Duration;

use sea_orm::ConnectionTrait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    on_both,
    world::{World, expires_in},
};
use crate::{
    domain::{Ability, Lack, Moment, PageId, Reason, Status},
    server::{
        App,
        keeper::{self, NoToken},
        pages::{self, Grant, Mark},
    },
};

impl World {
    pub async fn grant_of(&self, page: PageId) -> Grant {
        let db = self.app.store.read();
        let id = pages::grant_of(db, page).await.expect("it answers").expect("it is connected");
        pages::grant(db, id).await.expect("it answers").expect("it is there")
    }

    /// Another process takes the mark on the grant, as it was read.
    pub async fn is_marked(&self, grant: &Grant, now: Moment) -> Mark {
        let mark = Mark::on(grant, uuid::Uuid::now_v7());
        let taken = pages::mark_again(self.app.store.read(), grant, mark, now).await.expect("it answers");
        taken.expect("nobody has it")
    }

    /// The refresh token that is stored for the page.
    pub async fn stored_refresh(&self, page: PageId) -> String {
        let grant = self.grant_of(page).await;
        let token = self.app.vault.get(self.app.store.read(), grant.refresh()).await.expect("it opens");
        token.expose_secret().to_owned()
    }

    /// The tokens of that kind that the network takes now.
    pub async fn current(&self, network: &str, kind: &str) -> Vec<String> {
        let ledger = self.ledger().await;
        let tokens = ledger["tokens"].as_array().expect("a list").iter();
        let current = |token: &&Value| token["network"] == network && token["kind"] == kind && token["current"] == true;
        tokens.filter(current).map(|token| token["value"].as_str().expect("text").to_owned()).collect()
    }

    /// The keeper refreshes what is due, once.
    pub async fn refreshes(&self) {
        keeper::once(&self.app).await;
    }

    /// Everything is due, and the keeper comes.
    pub async fn refreshes_all(&self) {
        pages::refresh_all_now(&self.app.store, self.clock.now()).await.expect("the database answers");
        keeper::once(&self.app).await;
    }
}

async fn reads(app: &App, grant: &Grant) -> Result<String, NoToken> {
    keeper::fresh_token(app, grant.id).await.map(|token| token.expose_secret().to_owned())
}

on_both! {
    async fn a_token_is_renewed_before_it_ends_and_the_page_stays_green(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        for network in ["chirper", "hush"] {
            world.fault(expires_in(network, 3_600)).await;
        }
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[1], "ben").await;
        world.refreshes().await;
        assert_eq!((world.requests("chirper", "token").await, world.requests("hush", "token").await), (1, 1), "too early");
        for round in 1..4 {
            world.clock.advance(Duration::from_mins(59));
            world.refreshes().await;
            assert_eq!(world.requests("chirper", "token").await, 1 + round);
            assert_eq!(world.requests("hush", "token").await, 1 + round);
            assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(pages[0]).await]);
            // Its answer names no refresh token: the old one stays.
            assert_eq!(world.current("hush", "refresh").await, [world.stored_refresh(pages[1]).await]);
        }
        for page in pages {
            assert_eq!(owner.sees(page).await, Status::Connected);
        }
    }

    async fn a_thousand_readers_of_an_ended_token_cause_one_request(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 3_600)).await;
        owner.connects(page, "ben").await;
        let grant = world.grant_of(page).await;
        let before = reads(&world.app, &grant).await.expect("it works still");
        world.clock.advance(Duration::from_hours(2));
        world.fault(json!({ "network": "chirper", "delay_ms": 300 })).await;
        let apps = match world.app.store.backend() {
            crate::server::store::Backend::Sqlite => vec![world.app.clone()],
            crate::server::store::Backend::Postgres => {
                vec![world.app.clone(), world.another_process().await, world.another_process().await]
            }
        };
        let mut readers = tokio::task::JoinSet::new();
        for reader in 0..1_000 {
            let (app, grant) = (apps[reader % apps.len()].clone(), grant.clone());
            readers.spawn(async move { reads(&app, &grant).await });
        }
        let tokens: Vec<_> = readers.join_all().await.into_iter().map(|read| read.expect("a token")).collect();
        assert_eq!(world.requests("chirper", "token").await, 2, "the code, and one refresh");
        assert!(tokens[0] != before && tokens.iter().all(|token| *token == tokens[0]));
        assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await]);
    }

    async fn a_thousand_readers_that_hang_up_end_no_refresh(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 600)).await;
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "delay_ms": 20 })).await;
        for round in 1..=50_u64 {
            world.clock.advance(Duration::from_mins(11));
            let grant = world.grant_of(page).await;
            let mut readers = tokio::task::JoinSet::new();
            for reader in 0..20 {
                let (app, grant, patience) = (world.app.clone(), grant.clone(), Duration::from_millis((round + reader) % 30));
                readers.spawn(async move { tokio::time::timeout(patience, reads(&app, &grant)).await });
            }
            readers.join_all().await;
            world.is_quiet().await;
            assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await], "round {round}");
        }
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn an_answer_that_is_lost_on_the_wire_is_told_as_what_it_is(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[1], "ben").await;
        for (network, fault) in [("chirper", "hang_up"), ("hush", "cut")] {
            world.fault(json!({ "network": network, fault: true })).await;
        }
        tokio::join!(world.refreshes_all(), async {
            while world.requests("chirper", "token").await < 2 || world.requests("hush", "token").await < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            world.faults_off().await;
        });
        let Status::Broken(Reason::AnswerLost { at }) = owner.sees(pages[0]).await else {
            panic!("{:?}", owner.sees(pages[0]).await)
        };
        assert!(world.clock.now().since(at) < Duration::from_mins(1));
        assert_eq!(world.requests("chirper", "token").await, 3, "the code, the refresh, and one repetition");
        assert_eq!(owner.sees(pages[1]).await, Status::Connected, "its tokens are for more than one use");
        owner.connects(pages[0], "ben").await;
        assert_eq!(owner.sees(pages[0]).await, Status::Connected);
    }

    async fn within_a_grace_window_a_lost_answer_is_no_loss(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        for fault in ["hang_up", "cut"] {
            let asked = world.requests("chirper", "token").await;
            world.fault(json!({ "network": "chirper", "rotate": "grace", fault: true })).await;
            tokio::join!(world.refreshes_all(), async {
                while world.requests("chirper", "token").await == asked {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                world.fault(json!({ "network": "chirper", fault: null })).await;
            });
                assert_eq!(owner.sees(page).await, Status::Connected, "{fault}");
            assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await], "{fault}");
        }
    }

    async fn only_a_refusal_that_is_confirmed_breaks_a_page(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let words = |status: u16, kind: &str, body: &str| json!({ "status": status, "content_type": kind, "body": body });
        let html = "<!doctype html><title>Just a moment</title>";
        let json_of = |error: &str| format!("{{\"error\":\"{error}\"}}");
        for fault in [
            json!({ "down": true }),
            json!({ "token_error": "server_error" }),
            json!({ "token_error": "temporarily_unavailable" }),
            json!({ "token_error": "invalid_client" }),
            json!({ "token_error": "unauthorized_client" }),
            json!({ "token_error": "invalid_scope" }),
            json!({ "token_error": "unsupported_grant_type" }),
            json!({ "slow_down": "" }),
            json!({ "slow_down": "7" }),
            json!({ "slow_down": "Wed, 21 Oct 2099 07:28:00 GMT" }),
            json!({ "token_answer": words(200, "text/html", html) }),
            json!({ "token_answer": words(403, "text/html", html) }),
            json!({ "token_answer": words(503, "application/json", &json_of("invalid_grant")) }),
            json!({ "token_answer": words(500, "application/json", &json_of("invalid_grant")) }),
            json!({ "token_answer": words(200, "application/json", "{\"access_tok") }),
            json!({ "token_answer": words(400, "application/json", &json_of("something_else")) }),
            json!({ "token_answer": { "status": 200, "content_type": "application/json", "body": "{}", "padding": 3_000_000 } }),
        ] {
            let mut all = fault.clone();
            all["network"] = "chirper".into();
            world.fault(all).await;
            for _ in 0..3 {
                world.clock.advance(Duration::from_hours(1));
                let _ = tokio::time::timeout(Duration::from_millis(300), world.refreshes_all()).await;
            }
            world.faults_off().await;
            while !world.app.tasks.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(!matches!(owner.sees(page).await, Status::Broken(_)), "{fault}");
            world.clock.advance(Duration::from_hours(2));
            world.refreshes_all().await;
            assert_eq!(owner.sees(page).await, Status::Connected, "after {fault}");
            assert_eq!(world.current("chirper", "refresh").await, [world.stored_refresh(page).await], "{fault}");
        }
        // And a definite one: once is not enough, twice is.
        world.fault(json!({ "network": "chirper", "token_error": "invalid_grant" })).await;
        world.refreshes_all().await;
        assert_eq!(owner.sees(page).await, Status::Connected, "it may be mistaken");
        world.clock.advance(Duration::from_secs(61));
        world.refreshes().await;
        assert_eq!(owner.sees(page).await, Status::Broken(Reason::Refused));
        assert_eq!(reads(&world.app, &world.grant_of(page).await).await, Err(NoToken::Gone));
    }

    async fn a_refresh_that_comes_too_late_brings_no_page_back_and_its_tokens_go_back(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        for round in 0..3 {
            owner.connects(page, "ben").await;
            world.fault(json!({ "network": "chirper", "delay_ms": 400 })).await;
            let asked = world.requests("chirper", "token").await;
            tokio::join!(world.refreshes_all(), async {
                while world.requests("chirper", "token").await == asked {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                owner.disconnects(page).await;
            });
                world.is_quiet().await;
            assert_eq!(owner.sees(page).await, Status::NotConnected, "round {round}");
            assert_eq!(world.living_grants("chirper").await, 0, "round {round}");
            world.faults_off().await;
        }
    }

    async fn an_access_token_that_ended_while_no_other_was_to_be_had_breaks_no_page(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 1)).await;
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "token_error": "temporarily_unavailable", "expires_in": 3_600 })).await;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        world.clock.advance(Duration::from_mins(10));
        for _ in 0..3 {
            world.keeper_comes().await;
            assert!(!matches!(owner.sees(page).await, Status::Broken(_)), "{:?}", owner.sees(page).await);
        }
        world.fault(json!({ "network": "chirper", "token_error": null })).await;
        world.clock.advance(Duration::from_mins(10));
        world.keeper_comes().await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn a_page_that_renews_itself_again_is_not_expiring_any_more(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let day = world.clock.now() + Duration::from_hours(50);
        let failing = format!("UPDATE grants SET must_act_at = {}, refused_at = NULL", day.0);
        world.app.store.read().execute_unprepared(&failing).await.expect("it is written");
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Expiring { days: 3 });
        world.refreshes_all().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn fewer_scopes_in_the_answer_are_fewer_abilities(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        world.fault(json!({ "network": "chirper", "answer": { "scope": "post.read offline.access" } })).await;
        world.refreshes_all().await;
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Abilities(vec![Ability::Publish])));
        world.faults_off().await;
        world.refreshes_all().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn a_network_that_is_down_is_asked_by_one_at_a_time_and_no_page_turns_red(world) {
        let owner = world.owner("Harbour").await;
        let mut pages = vec![];
        for (place, person) in ["A", "B", "C", "D", "E", "F"].iter().zip(["ada", "ben", "cleo", "dan", "eve", "finn"]) {
            let page = owner.has(place, &["chirper"]).await[0];
            owner.connects(page, person).await;
            pages.push(page);
        }
        world.fault(json!({ "network": "chirper", "down": true })).await;
        let before = world.requests("chirper", "token").await;
        for _ in 0..30 {
            world.clock.advance(Duration::from_mins(12));
            pages::refresh_all_now(&world.app.store, world.clock.now()).await.expect("it answers");
            world.refreshes().await;
        }
        // Six hours: the first ones, then one after each pause.
        let asked = world.requests("chirper", "token").await - before;
        assert!((30..=45).contains(&asked), "{asked}");
        for page in &pages {
            assert_eq!(owner.sees(*page).await, Status::NotAnswering);
        }
        world.faults_off().await;
        world.clock.advance(Duration::from_mins(12));
        for _ in 0..3 {
            world.refreshes_all().await;
        }
        for page in pages {
            assert_eq!(owner.sees(page).await, Status::Connected);
        }
    }
}
