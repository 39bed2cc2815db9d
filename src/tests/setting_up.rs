//! The Networks tab: an owner enters an app, and pages connect through it; nobody else finds it, and what was entered is
//! never seen again.

use std::time::Duration;

use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;

use super::{
    on_both,
    person::{Answer, Person},
    postgres,
    world::{Extra, World, asks, router_of},
};
use crate::{
    domain::{
        ApiError, AppState, Demand, Field, Finding, HostWord, NetworkId, NetworkLine, NetworkSetup, Role, Status,
        TokenWord, Way,
    },
    server::{sandbox, settings::Settings},
};

fn chirper() -> NetworkId {
    NetworkId("chirper".to_owned())
}

/// Without an app at Chirper, on both databases; afterwards none of the secrets may lie anywhere.
async fn on_each(body: impl AsyncFn(&World)) {
    for url in [None, Some(SecretString::from(postgres::new_database().await))] {
        let world = World::set(url, |settings: &mut Settings| drop(settings.apps.remove(&chirper()))).await;
        Box::pin(body(&world)).await;
        world.holds_no_secret().await;
        world
            .hides(&[sandbox::client_secret("chirper"), "a-wrong-secret".to_owned(), "s3cret-of-hooks".to_owned()])
            .await;
    }
}

impl Person<'_> {
    async fn asks_for(&self, function: &str, network: &str, more: &[(&str, &str)]) -> Answer {
        let form = [&[("workspace", self.workspace.as_str()), ("network", network)], more].concat();
        self.call(&format!("networks/{function}"), &form).await
    }

    async fn enters(&self, network: &str, secret: &str) -> Answer {
        let own = [("client_id", sandbox::client_id(network)), ("client_secret", secret.to_owned())];
        let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.asks_for("enter", network, &own).await
    }

    async fn setup(&self, network: &str) -> NetworkSetup {
        let answer = self.asks_for("show", network, &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// What a check finds, and the page that says it.
    async fn checks(&self, world: &World, network: &str) -> (Vec<Finding>, String) {
        // The last one is a moment ago.
        world.clock.advance(Duration::from_mins(1));
        let checked = self.asks_for("check", network, &[]).await;
        assert_eq!(checked.status, 200, "{checked:?}");
        let page = self.get(&format!("/w/{}/settings/networks/{network}", self.workspace)).await;
        (self.setup(network).await.checkup.expect("it was checked").findings, page.body)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_owner_enters_connects_pages_at_once_and_after_a_restart() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        let before = owner.setup("chirper").await;
        assert_eq!(before.line.app, AppState::Missing);
        let other = world.another_process().await;
        assert_eq!(owner.enters("chirper", &sandbox::client_secret("chirper")).await.status, 200);
        let after = owner.setup("chirper").await;
        assert_eq!((after.line.app, &after.redirect), (AppState::Entered, &before.redirect));
        assert!(owner.board().await.networks.iter().any(|card| card.id == chirper()), "it is a column");
        assert_eq!(owner.told_last().await, "Owner of Harbour entered the app at Chirper.");
        let popup_page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(popup_page).await;
        let sent_back = popup.url.query_pairs().find(|(name, _)| name == "redirect_uri").expect("an address").1;
        assert_eq!(sent_back, before.redirect, "it was the right one before there was an app");
        owner.connects(popup_page, "ben").await;
        assert_eq!(owner.sees(popup_page).await, Status::Connected);
        assert_eq!(world.living_grants("chirper").await, 1);
        assert_eq!(owner.setup("chirper").await.pages, 1);
        // The process that was there before, and one that starts now.
        other.networks.reload().await.expect("the database answers");
        for process in [&other, &world.another_process().await] {
            let path = format!("/w/{}/settings/networks/chirper", owner.workspace);
            let request = http::Request::get(&path).header("cookie", owner.cookie_header());
            let (status, _, body) =
                asks(router_of(process), request.body(axum::body::Body::empty()).expect("a request")).await;
            assert_eq!(status, 200);
            assert!(body.contains("Entered here") && body.contains(&before.redirect), "{body:.800}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removing_an_app_is_agreed_to_by_the_number_of_its_pages() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        owner.enters("chirper", &sandbox::client_secret("chirper")).await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let refused = owner.asks_for("remove", "chirper", &[("pages", "0")]).await;
        assert_eq!((refused.status, refused.json::<ApiError>()), (409, ApiError::Changed));
        assert_eq!(owner.setup("chirper").await.line.app, AppState::Entered, "nothing has happened");
        assert_eq!(owner.asks_for("remove", "chirper", &[("pages", "1")]).await.status, 200);
        let after = owner.setup("chirper").await;
        assert_eq!((after.line.app, after.pages), (AppState::Missing, 1), "its page is kept");
        assert_eq!(owner.told_last().await, "Owner of Harbour removed the app at Chirper.");
        assert_eq!(world.living_grants("chirper").await, 1, "and so is its permission");
        owner.enters("chirper", &sandbox::client_secret("chirper")).await;
        world.keeper_comes().await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_in_words_what_is_wrong() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        let (found, page) = owner.checks(world, "chirper").await;
        assert!(
            found.contains(&Finding::NoApp) && page.contains("No app is entered, so nobody can connect"),
            "{found:?}"
        );
        assert_eq!(world.requests("chirper", "token").await, 0, "there is nothing to show");
        let right = sandbox::client_secret("chirper");
        let (wrong, knows) =
            ("Chirper refuses the client id or the client secret. Copy both", "Chirper knows the client id");
        let alike = "Chirper answers your client secret and a made-up one the same";
        for (secret, fault, word, sentence) in [
            ("a-wrong-secret", json!({}), TokenWord::Wrong, wrong),
            (&*right, json!({}), TokenWord::Right, knows),
            (&*right, json!({ "down": true }), TokenWord::Down, "Chirper says that it is down"),
            (&*right, json!({ "slow_down": "9" }), TokenWord::TooOften, "was asked too often"),
            (&*right, json!({ "token_error": "invalid_grant" }), TokenWord::Unclear, alike),
        ] {
            owner.enters("chirper", secret).await;
            assert_eq!(owner.setup("chirper").await.checkup, None, "what was found of others is gone");
            let mut fault = fault;
            fault["network"] = "chirper".into();
            world.fault(fault).await;
            let (found, page) = owner.checks(world, "chirper").await;
            world.faults_off().await;
            assert_eq!(found.last(), Some(&Finding::Credentials(word)), "{found:?}");
            assert!(page.contains(sentence), "{sentence} is not in {page:.4000}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_where_all_is_right_says_so_and_changes_nothing() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        owner.enters("chirper", &sandbox::client_secret("chirper")).await;
        let (found, _) = owner.checks(world, "chirper").await;
        let host = world.sandbox.trim_start_matches("http://").to_owned();
        let fine = [
            Finding::Whole,
            Finding::App(AppState::Entered),
            Finding::RedirectFits,
            Finding::Host(host, HostWord::Answers),
            Finding::Credentials(TokenWord::Right),
        ];
        assert_eq!(found, fine);
        assert_eq!(world.living_grants("chirper").await, 0, "nothing was changed there");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_was_just_made_is_not_made_again() {
    on_each(async |world| {
        let owner = world.owner("Harbour").await;
        owner.enters("chirper", "a-wrong-secret").await;
        for _ in 0..3 {
            owner.asks_for("check", "chirper", &[]).await;
        }
        assert_eq!(world.requests("chirper", "token").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_the_settings_switch_on_the_tab_cannot_switch_off() {
    let mastodon = NetworkId("mastodon".to_owned());
    let world = World::set(None, |settings| settings.switched_on.push(mastodon.clone())).await;
    let owner = world.owner("Harbour").await;
    assert_eq!(owner.setup("mastodon").await.way, Way::Settings);
    for on in ["false", "true"] {
        assert_eq!(owner.asks_for("switch", "mastodon", &[("on", on)]).await.status, 403);
    }
    assert!(owner.board().await.networks.iter().any(|card| card.id == mastodon));
}

on_both! {
    async fn the_settings_win_and_the_tab_says_so(world) {
        let owner = world.owner("Harbour").await;
        let setup = owner.setup("chirper").await;
        assert_eq!(setup.line.app, AppState::Settings);
        let refused = owner.enters("chirper", "a-wrong-secret").await;
        assert_eq!((refused.status, refused.json::<ApiError>()), (403, ApiError::NotAllowed));
        assert_eq!(owner.asks_for("remove", "chirper", &[("pages", "0")]).await.status, 403);
        assert_eq!(owner.board().await.seq, 0, "what was refused is no event");
        assert_eq!(owner.asks_for("show", "nothing", &[]).await.status, 404);
        assert_eq!(owner.asks_for("check", "nothing", &[]).await.status, 404);
        assert_eq!(owner.asks_for("enter", "nothing", &[("client_id", "a"), ("client_secret", "b")]).await.status, 404);
        let page = owner.get(&format!("/w/{}/settings/networks/chirper", owner.workspace)).await;
        assert!(page.body.contains("GREENTICK_APPS__CHIRPER__") && page.body.contains("disabled"), "{:.4000}", page.body);
        let secret = sandbox::client_secret("chirper");
        assert!(!page.body.contains(&secret));
        world.hides(&[secret, "a-wrong-secret".to_owned()]).await;
    }

    async fn only_owners_find_the_tab(world) {
        let owner = world.owner("Harbour").await;
        let tab = format!("/w/{}/settings/networks", owner.workspace);
        let link = format!("href=\"{tab}\"");
        assert!(owner.get(&format!("/w/{}/settings/pages", owner.workspace)).await.body.contains(&link));
        let list: Vec<NetworkLine> = owner.call("networks/list", &[("workspace", &owner.workspace)]).await.json();
        assert!(list.len() > 20 && list.iter().any(|line| line.id == chirper()));
        assert_eq!(owner.get(&tab).await.status, 200);
        for (name, role) in [("Mia", Role::Member), ("Vic", Role::Viewer)] {
            let other = world.colleague(name, &owner, role).await;
            for path in [tab.clone(), format!("{tab}/chirper")] {
                let answer = other.get(&path).await;
                assert_eq!(answer.status, 404, "{name} at {path}: {:.400}", answer.body);
            }
            let pages = other.get(&format!("/w/{}/settings/pages", owner.workspace)).await;
            assert_eq!(pages.status, 200);
            assert!(!pages.body.contains(&link), "{name} does not see the tab");
            assert_eq!(other.call("networks/list", &[("workspace", &owner.workspace)]).await.status, 404);
            for function in ["show", "check"] {
                assert_eq!(other.asks_for(function, "chirper", &[]).await.status, 404, "{name}: {function}");
            }
            assert_eq!(other.enters("slack", "a-secret").await.status, 404, "{name}");
            assert_eq!(other.asks_for("remove", "slack", &[("pages", "0")]).await.status, 404, "{name}");
        }
        assert_eq!(owner.setup("slack").await.line.app, AppState::Missing, "nobody entered anything");
    }

    async fn a_network_where_apps_register_themselves_is_switched_on_and_off(world) {
        let owner = world.owner("Harbour").await;
        let mastodon = NetworkId("mastodon".to_owned());
        let is_a_column = async || owner.board().await.networks.iter().any(|card| card.id == mastodon);
        let setup = owner.setup("mastodon").await;
        assert_eq!((setup.line.app, setup.way), (AppState::Missing, Way::Switch));
        assert!(!is_a_column().await);
        assert_eq!(owner.asks_for("switch", "mastodon", &[("on", "true")]).await.status, 200);
        assert_eq!(owner.setup("mastodon").await.line.app, AppState::Itself);
        assert!(is_a_column().await);
        assert_eq!(owner.told_last().await, "Owner of Harbour switched Mastodon on.");
        let (found, page) = owner.checks(world, "mastodon").await;
        assert!(found.contains(&Finding::HostsLater) && page.contains("Registers itself"), "{found:?}");
        assert_eq!(owner.asks_for("switch", "mastodon", &[("on", "false")]).await.status, 200);
        assert!(!is_a_column().await);
        assert_eq!(owner.told_last().await, "Owner of Harbour switched Mastodon off.");
        assert_eq!(owner.asks_for("switch", "slack", &[("on", "true")]).await.status, 403);
        assert_eq!(owner.asks_for("switch", "nothing", &[("on", "true")]).await.status, 404);
        let mia = world.colleague("Mia", &owner, Role::Member).await;
        assert_eq!(mia.asks_for("switch", "mastodon", &[("on", "true")]).await.status, 404);
    }

    async fn what_cannot_be_a_credential_is_told_by_its_field(world) {
        let owner = world.owner("Harbour").await;
        let long = "x".repeat(5_000);
        for (id, secret, hook, field) in [
            ("", "b", "", Field::ClientId),
            ("a b", "b", "", Field::ClientId),
            ("a", " ", "", Field::ClientSecret),
            ("a", &long, "", Field::ClientSecret),
            ("a", "b", "with space", Field::HookSecret),
        ] {
            let own = [("client_id", id), ("client_secret", secret), ("hook_secret", hook)];
            let answer = owner.asks_for("enter", "slack", &own).await;
            assert_eq!((answer.status, answer.json::<ApiError>()), (422, ApiError::BadInput(field)), "{id:?}");
        }
        assert_eq!(owner.setup("slack").await.line.app, AppState::Missing);
        let own = [("client_id", " a "), ("client_secret", "b\n"), ("hook_secret", "c")];
        assert_eq!(owner.asks_for("enter", "slack", &own).await.status, 200);
        let app = world.app.networks.app_at(&NetworkId("slack".into())).expect("it is entered");
        let read = |secret: &SecretString| secrecy::ExposeSecret::expose_secret(secret).to_owned();
        let hook = app.hook_secret.as_ref().map(read);
        assert_eq!((app.client_id.as_str(), read(&app.client_secret).as_str(), hook.as_deref()), ("a", "b", Some("c")));
    }

    async fn forms_work_without_a_script_and_come_back_to_their_page(world) {
        let owner = world.owner("Harbour").await;
        let page = format!("/w/{}/settings/networks/slack", owner.workspace);
        let (origin, referer) = (world.origin.clone(), format!("{}{page}", world.origin));
        let headers = [("origin", origin.as_str()), ("accept", "text/html"), ("referer", referer.as_str())];
        let form = |secret| [("workspace", owner.workspace.as_str()), ("network", "slack"), ("client_id", "a"), ("client_secret", secret)];
        let sent = owner.send(Method::POST, "/api/networks/enter", Some(&form("")), &headers).await;
        assert_eq!(sent.status, 302, "{sent:?}");
        let told = owner.get(sent.header("location")).await;
        assert!(told.body.contains("Copy the client secret from the app"), "{:.4000}", told.body);
        let sent = owner.send(Method::POST, "/api/networks/enter", Some(&form("b1-secret")), &headers).await;
        assert_eq!((sent.status, sent.header("location")), (302, page.as_str()), "{sent:?}");
        let told = owner.get(&page).await;
        assert!(told.body.contains("Entered here") && !told.body.contains("b1-secret"), "{:.4000}", told.body);
    }

    async fn a_network_that_takes_https_only_says_so_before_anybody_tries(world) {
        let owner = world.owner("Harbour").await;
        let (found, page) = owner.checks(world, "tiktok").await;
        assert!(found.contains(&Finding::RedirectUnfit(Demand::Https)), "{found:?}");
        assert!(page.contains("TikTok takes redirect addresses with https only"), "{page:.4000}");
    }
}

on_both! {
    with vec![Extra {
        id: "nowhere",
        text: std::fs::read_to_string("networks/chirper.toml").expect("it is there")
            .replace("{sandbox}/chirper", "https://nowhere.invalid").replace("chirper", "nowhere"),
        client: ("a".to_owned(), "b".to_owned()),
    }];
    async fn a_host_that_does_not_exist_is_told_by_its_name(world) {
        let owner = world.owner("Harbour").await;
        let (found, page) = owner.checks(world, "nowhere").await;
        assert!(found.contains(&Finding::Host("nowhere.invalid".into(), HostWord::Unknown)), "{found:?}");
        assert!(page.contains("The name nowhere.invalid leads nowhere."), "{page:.4000}");
        assert!(found.contains(&Finding::Credentials(TokenWord::Silent)), "{found:?}");
    }
}
