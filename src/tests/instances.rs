//! Networks with many addresses: whoever types one is led there and nowhere else.

use std::{collections::BTreeMap, sync::Arc};

use oauth2::url::Url;
use secrecy::SecretString;
use serde_json::json;

use super::{
    person::{Answer, Person, between},
    postgres,
    towns::{Plays, TOWNS},
    world::World,
};
use crate::{
    domain::{AppState, AttemptState, NetworkId, NetworkSetup, PageDetails, PageId, Returned, Status, Trouble},
    server::networks::NetworkApp,
};

async fn on_each(body: impl AsyncFn(&World, &Plays)) {
    for url in [None, Some(SecretString::from(postgres::new_database().await))] {
        let plays = Plays::begin().await;
        let world = World::set(url, |settings| settings.switched_on.push(mastodon())).await;
        world.app.client.is_played_at(&plays.origin);
        Box::pin(body(&world, &plays)).await;
        let secrets = plays.towns().secrets.clone();
        world.hides(&secrets).await;
    }
}

fn mastodon() -> NetworkId {
    NetworkId("mastodon".to_owned())
}

async fn posts(owner: &Person<'_>, page: PageId, address: &str) -> Answer {
    owner.post(&format!("/connect/{page}"), &[("address", address)]).await
}

async fn connects(owner: &Person<'_>, plays: &Plays, page: PageId, typed: &str) {
    let popup = owner.opens_popup_at(page, typed).await;
    owner.get(&plays.approves(&popup.url)).await;
    assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Approved);
}

fn app_at(world: &World, host: &str) -> Arc<NetworkApp> {
    world.app.networks.instance(&mastodon(), host).expect("it is known")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_are_two_apps_and_their_people_are_two_though_their_ids_are_one() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["mastodon"]).await[0], owner.has("Manly", &["mastodon"]).await[0]];
        for (page, host) in pages.into_iter().zip(TOWNS) {
            connects(&owner, plays, page, host).await;
            let account = owner.link(page).await.pinned_to().expect("it is pinned").clone();
            assert_eq!((account.id, account.name), (format!("1@{host}"), format!("ada-of-{host}")));
        }
        let (a, b) = (app_at(world, TOWNS[0]), app_at(world, TOWNS[1]));
        assert!(a.id != b.id && a.client_id != b.client_id, "and two redirect addresses");
        plays.asked();
        world.keeper_comes().await;
        assert_eq!(plays.asked().len(), 2);
        for page in pages {
            assert_eq!(owner.sees(page).await, Status::Connected, "each is asked about at its own address");
        }
        let details: PageDetails = owner.call("pages/details", &[("page", &pages[1].to_string())]).await.json();
        assert_eq!(details.instance.as_deref(), Some("b.example"));
        assert_eq!(details.manage_url.as_deref(), Some("https://b.example/oauth/authorized_applications"));
        plays.asked();
        assert_eq!(owner.disconnects(pages[1]).await.json::<Returned>(), Returned::Returned);
        assert_eq!(plays.asked(), ["POST b.example/oauth/revoke"]);
        assert_eq!((owner.sees(pages[0]).await, plays.towns().tokens.len()), (Status::Connected, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_one_instance_is_not_taken_for_anothers() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["mastodon"]).await[0], owner.has("Manly", &["mastodon"]).await[0]];
        connects(&owner, plays, pages[1], "b.example").await;
        let popup = owner.opens_popup_at(pages[0], "a.example").await;
        // The first town sends the person on to the second, as our app there, with the state that it was given.
        let mut lured = popup.url.clone();
        lured.set_host(Some("b.example")).expect("a host");
        let honest = app_at(world, "b.example");
        let back = world.app.base_url.callback(honest.callback);
        let ours = [("client_id", honest.client_id.as_str()), ("redirect_uri", back.as_str())];
        let pairs: Vec<_> = lured.query_pairs().into_owned().collect();
        let pairs = pairs.iter().filter(|(name, _)| name != "client_id" && name != "redirect_uri");
        let pairs: Vec<_> = pairs.map(|(name, value)| (name.clone(), value.clone())).collect();
        lured.query_pairs_mut().clear().extend_pairs(&pairs).extend_pairs(ours);
        let callback = plays.approves(&lured);
        plays.asked();
        let end = owner.get(&callback).await;
        assert_eq!(end.status, 400, "{end:?}");
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::WrongIssuer));
        assert!(plays.asked().is_empty(), "the code went to nobody");
        assert_eq!(owner.sees(pages[0]).await, Status::NotConnected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_goes_back_to_where_it_is_and_another_is_proposed_that_address() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["mastodon"]).await[0], owner.has("Manly", &["mastodon"]).await[0]];
        let first = owner.post(&format!("/connect/{}", pages[0]), &[]).await;
        assert!(first.body.contains("Your Mastodon server") && first.body.contains("value=\"\""), "{first:?}");
        connects(&owner, plays, pages[0], "a.example").await;
        let again = owner.opens_popup(pages[0]).await;
        assert_eq!(again.url.host_str(), Some("a.example"), "nobody is asked where it is");
        let elsewhere = posts(&owner, pages[0], "b.example").await;
        assert!(elsewhere.body.contains("a.example/oauth/authorize"), "it stays where it is: {elsewhere:?}");
        let other = owner.post(&format!("/connect/{}", pages[1]), &[]).await;
        assert!(other.body.contains("value=\"a.example\""), "{other:?}");
        connects(&owner, plays, pages[1], "b.example").await;
        owner.disconnects(pages[1]).await;
        let own = owner.post(&format!("/connect/{}", pages[1]), &[]).await;
        assert!(own.body.contains("value=\"b.example\""), "its own address goes before its neighbours': {own:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_waits_while_a_person_types() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["mastodon"]).await[0];
        let attempt = uuid::Uuid::now_v7().to_string();
        owner.post(&format!("/connect/{page}"), &[("attempt", &attempt)]).await;
        let id = attempt.parse().expect("an id");
        assert_eq!(owner.looks(id).await.state, AttemptState::Open);
        owner.post(&format!("/connect/{page}"), &[("attempt", &attempt), ("address", "nobody.example")]).await;
        assert_eq!(owner.looks(id).await.state, AttemptState::Open);
        let start = owner.post(&format!("/connect/{page}"), &[("attempt", &attempt), ("address", "a.example")]).await;
        let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).expect("an address");
        owner.get(&plays.approves(&Url::parse(&url).expect("an address"))).await;
        assert_eq!(owner.looks(id).await.state, AttemptState::Approved);
        let taken = owner.post(&format!("/connect/{page}"), &[("attempt", &attempt), ("address", "a.example")]).await;
        assert_eq!(taken.status, 409, "an attempt that was opened is nobody else's: {taken:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_told_with_the_field_still_there() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["mastodon"]).await[0];
        for (typed, sentence) in [
            ("not an address", "This cannot be an address of Mastodon."),
            ("127.0.0.1", "This cannot be an address of Mastodon."),
            ("https://localhost:8411", "This cannot be an address of Mastodon."),
            ("<b>x</b>", "This cannot be an address of Mastodon."),
        ] {
            let told = posts(&owner, page, typed).await;
            assert!(told.status == 400 && told.body.contains(sentence), "{typed}: {told:?}");
            assert!(told.body.contains("name=\"address\"") && !told.body.contains("<b>"), "{typed}: {told:?}");
        }
        assert!(plays.asked().is_empty(), "nobody was asked for anything");
        for (name, value) in [
            ("issuer", json!("https://a.example/x")),
            ("issuer", json!("https://b.example/")),
            ("issuer", json!(7)),
            ("token_endpoint", json!("https://169.254.169.254/token")),
            ("token_endpoint", json!("https://localhost/token")),
            ("token_endpoint", json!("http://a.example/token")),
            ("authorization_endpoint", json!("https://10.0.0.1/")),
            ("revocation_endpoint", json!("https://a.example:8443/")),
            ("registration_endpoint", json!("https://[::1]/")),
            ("userinfo_endpoint", json!("https://ada@a.example/{client_secret}")),
        ] {
            plays.towns().says = BTreeMap::from([(name.to_owned(), value.clone())]);
            let told = posts(&owner, page, "a.example").await;
            let sentence = "What answers at a.example does not say that it is Mastodon.";
            assert!(told.status == 400 && told.body.contains(sentence), "{name} {value}: {told:?}");
            assert_eq!(plays.asked(), ["GET a.example/.well-known/oauth-authorization-server"], "{name} {value}");
        }
        assert!(world.app.networks.instance(&mastodon(), "a.example").is_none());
        assert!(owner.board().await.pages.iter().all(|view| view.link.connection().is_none()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_description_that_leads_elsewhere_is_not_followed() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["mastodon"]).await[0];
        plays.towns().redirects = true;
        let _ = posts(&owner, page, "a.example").await;
        let asked = plays.asked();
        assert_eq!(asked[0], "GET a.example/.well-known/oauth-authorization-server");
        assert!(asked.iter().all(|asked| asked.contains(" a.example/")), "{asked:?}");
        assert_eq!(world.app.networks.all().filter(|app| app.definition.issuer.contains("169.254")).count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_has_forgotten_the_app_is_told_of_it_again() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["mastodon"]).await[0];
        connects(&owner, plays, page, "a.example").await;
        let before = app_at(world, "a.example");
        owner.disconnects(page).await;
        plays.asked();
        connects(&owner, plays, page, "a.example").await;
        assert!(!plays.asked().contains(&"POST a.example/api/v1/apps".to_owned()), "it is known there");
        owner.disconnects(page).await;
        plays.towns().apps.clear();
        connects(&owner, plays, page, "a.example").await;
        let after = app_at(world, "a.example");
        assert!(before.id == after.id && before.client_id != after.client_id);
        assert_eq!(owner.sees(page).await, Status::Connected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_entered_takes_the_place_of_the_one_that_registered_itself() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["mastodon"]).await[0];
        connects(&owner, plays, page, "a.example").await;
        let before = app_at(world, "a.example");
        let asks = async |function: &str, more: &[(&str, &str)]| {
            let form = [&[("workspace", owner.workspace.as_str()), ("network", "mastodon")], more].concat();
            let answer = owner.call(&format!("networks/{function}"), &form).await;
            assert_eq!(answer.status, 200, "{function}: {answer:?}");
            answer
        };
        asks("place", &[("address", "a.example")]).await;
        let secret = "s3cret-that-was-entered";
        asks("enter", &[("at", "a.example"), ("client_id", "by-hand"), ("client_secret", secret)]).await;
        let shown: NetworkSetup = asks("show", &[("at", "a.example")]).await.json();
        let after = app_at(world, "a.example");
        assert_eq!((shown.line.app, after.id, after.client_id.as_str()), (AppState::Entered, before.id, "by-hand"));
        plays.asked();
        let other = owner.has("Manly", &["mastodon"]).await[0];
        let popup = owner.opens_popup_at(other, "a.example").await;
        assert!(popup.url.query().is_some_and(|query| query.contains("client_id=by-hand")), "{}", popup.url);
        assert!(!plays.asked().contains(&"POST a.example/api/v1/apps".to_owned()), "it does not register itself again");
        world.hides(&[secret.to_owned()]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_found_is_there_after_a_restart_and_changes_when_the_server_does() {
    on_each(async |world, plays| {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["mastodon"]).await[0];
        connects(&owner, plays, page, "a.example").await;
        let (here, there) = (app_at(world, "a.example"), world.another_process().await);
        let again = there.networks.app(here.id).expect("it is stored");
        assert_eq!(again.definition.token.url, "https://a.example/oauth/token");
        assert_eq!((again.client_id.clone(), again.definition.authorize.pkce), (here.client_id.clone(), true));
        let moved = json!("https://a.example/v2/authorize");
        plays.towns().says = BTreeMap::from([("authorization_endpoint".to_owned(), moved)]);
        plays.towns().says.insert("code_challenge_methods_supported".to_owned(), json!(["plain"]));
        let popup = owner.opens_popup(page).await;
        assert_eq!(popup.url.path(), "/oauth/authorize", "the file knows where Mastodon asks");
        assert!(!popup.url.query().unwrap_or_default().contains("code_challenge"), "what it says now counts");
        there.networks.reload().await.expect("the database answers");
        assert!(!there.networks.app(here.id).expect("it is stored").definition.authorize.pkce);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_types_one_address_after_another_waits() {
    let plays = Plays::begin().await;
    let world = World::set(None, |settings| settings.switched_on.push(mastodon())).await;
    world.app.client.is_played_at(&plays.origin);
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["mastodon"]).await[0];
    for number in 0..30 {
        assert_eq!(posts(&owner, page, &format!("n{number}.example")).await.status, 400);
    }
    let asked = plays.asked().len();
    assert_eq!(posts(&owner, page, "a.example").await.status, 429);
    assert_eq!((asked, plays.asked().len()), (60, 0), "its description, and whether it takes an app");
}
