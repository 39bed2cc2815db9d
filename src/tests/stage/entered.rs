//! Apps that are more than an id and a secret of one network, entered in the Networks tab: one for a server that people type,
//! and a key. What comes of them lives the same life as an app of the settings.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

use super::{CLIENT, Stage, bluesky::BLUESKY, life::whole_life, typed::GITLAB_ELSEWHERE};
use crate::{
    domain::{ApiError, AppState, Field, Finding, HostWord, NetworkLine, NetworkSetup, Role, TokenWord, Way},
    server::networks::SigningKey,
    tests::{
        person::{Answer, Person},
        postgres,
        world::World,
    },
};

const HOST: &str = "git.example";

async fn asks(person: &Person<'_>, function: &str, network: &str, more: &[(&str, &str)]) -> Answer {
    let form = [&[("workspace", person.workspace.as_str()), ("network", network)], more].concat();
    person.call(&format!("networks/{function}"), &form).await
}

async fn setup(owner: &Person<'_>, network: &str, at: &str) -> NetworkSetup {
    let answer = asks(owner, "show", network, &[("at", at)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn state_in_list(owner: &Person<'_>, network: &str) -> AppState {
    let lines: Vec<NetworkLine> = owner.call("networks/list", &[("workspace", &owner.workspace)]).await.json();
    lines.into_iter().find(|line| line.id.0 == network).expect("it has a definition").app
}

/// Without the app of the settings.
async fn world_of(stage: &Stage, on_postgres: bool) -> World {
    let url = if on_postgres { Some(SecretString::from(postgres::new_database().await)) } else { None };
    World::at_stage_with(stage, url, |settings| settings.apps.clear()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_people_type_gets_an_app_in_the_tab() {
    for on_postgres in [false, true] {
        let stage = Stage::of(&GITLAB_ELSEWHERE).await;
        let world = world_of(&stage, on_postgres).await;
        let owner = world.owner("Quay").await;
        let added = asks(&owner, "place", "gitlab", &[("address", " https://Git.Example/users/sign_in ")]).await;
        assert_eq!(added.status, 200, "{added:?}");
        let own = setup(&owner, "gitlab", "").await;
        let places = own.places.expect("its servers");
        assert_eq!((places.known, own.line.app), (vec![(HOST.to_owned(), AppState::Missing)], AppState::Missing));
        let before = setup(&owner, "gitlab", HOST).await;
        assert_eq!(
            (before.line.app, before.way, before.at.as_deref()),
            (AppState::Missing, Way::Credentials, Some(HOST))
        );
        assert_ne!(before.redirect, own.redirect, "an answer of one server is never taken for another's");

        let credentials = [("at", HOST), ("client_id", CLIENT.0), ("client_secret", CLIENT.1)];
        let entered = asks(&owner, "enter", "gitlab", &credentials).await;
        assert_eq!(entered.status, 200, "{entered:?}");
        let after = setup(&owner, "gitlab", HOST).await;
        assert_eq!((after.line.app, &after.redirect), (AppState::Entered, &before.redirect));
        assert_eq!(setup(&owner, "gitlab", "").await.line.app, AppState::Missing, "gitlab.com has none");
        assert_eq!(state_in_list(&owner, "gitlab").await, AppState::Entered);

        let page = owner.get(&format!("/w/{}/settings/networks/gitlab?at={HOST}", owner.workspace)).await;
        for part in
            ["GitLab at git.example", before.redirect.as_str(), "Entered here", "name=\"at\" value=\"git.example\""]
        {
            assert!(page.body.contains(part), "{part}: {:.4000}", page.body);
        }
        whole_life(&world, &stage).await;
        let app = world.app.networks.instance(&stage.network(), HOST).expect("it is known by now");
        assert_eq!(world.app.base_url.callback(app.callback), before.redirect, "the address that was registered there");
        assert_eq!(owner.told_last().await, "Owner of Quay entered the app at GitLab at git.example.");
        world.hides(&[CLIENT.1.to_owned()]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_at_a_server_is_removed_by_the_number_of_its_pages_and_nobody_elses() {
    let stage = Stage::of(&GITLAB_ELSEWHERE).await;
    let world = world_of(&stage, false).await;
    let owner = world.owner("Quay").await;
    let is_a_column = async || owner.board().await.networks.iter().any(|card| card.id.0 == "gitlab");
    asks(&owner, "place", "gitlab", &[("address", HOST)]).await;
    assert!(!is_a_column().await, "nobody can connect there yet");
    let credentials = [("at", HOST), ("client_id", CLIENT.0), ("client_secret", CLIENT.1)];
    asks(&owner, "enter", "gitlab", &credentials).await;
    assert!(is_a_column().await);
    let redirect = setup(&owner, "gitlab", HOST).await.redirect;
    let page = owner.has("Bondi", &["gitlab"]).await[0];
    let popup = owner.opens_popup_at(page, HOST).await;
    owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!((setup(&owner, "gitlab", HOST).await.pages, setup(&owner, "gitlab", "").await.pages), (1, 0));
    let refused = asks(&owner, "remove", "gitlab", &[("at", HOST), ("pages", "0")]).await;
    assert_eq!((refused.status, refused.json::<ApiError>()), (409, ApiError::Changed));
    assert_eq!(asks(&owner, "remove", "gitlab", &[("at", HOST), ("pages", "1")]).await.status, 200);
    assert!(setup(&owner, "gitlab", "").await.places.expect("its servers").known.is_empty());
    assert_eq!(asks(&owner, "show", "gitlab", &[("at", HOST)]).await.status, 404);
    assert!(!is_a_column().await);
    assert_eq!(owner.told_last().await, "Owner of Quay removed the app at GitLab at git.example.");
    let events = owner.board().await.seq;
    asks(&owner, "place", "gitlab", &[("address", HOST)]).await;
    let again = setup(&owner, "gitlab", HOST).await;
    assert_eq!((again.redirect, again.pages), (redirect, 1), "the address that stands at the server is good for ever");
    assert_eq!(asks(&owner, "remove", "gitlab", &[("at", HOST), ("pages", "1")]).await.status, 200);
    assert_eq!(owner.board().await.seq, events, "there was no app, so nothing has happened");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_have_an_app_of_its_own_is_told_beside_the_field() {
    let stage = Stage::of(&GITLAB_ELSEWHERE).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Quay").await;
    for typed in ["", "not an address", "127.0.0.1", "localhost", "gitlab.com", "https://gitlab.com/x"] {
        let told = asks(&owner, "place", "gitlab", &[("address", typed)]).await;
        assert_eq!((told.status, told.json::<ApiError>()), (422, ApiError::BadInput(Field::Address)), "{typed}");
    }
    for (network, typed) in [("slack", HOST), ("shopify", "harbour"), ("bluesky", "bsky.social"), ("nothing", HOST)] {
        assert_eq!(asks(&owner, "place", network, &[("address", typed)]).await.status, 404, "{network}");
    }
    for function in ["show", "check", "enter", "remove"] {
        let more = [("at", "nobody.example"), ("client_id", "a"), ("client_secret", "b"), ("pages", "0")];
        assert_eq!(asks(&owner, function, "gitlab", &more).await.status, 404, "{function} makes no server known");
    }
    // What the settings have is seen, and not changed.
    assert_eq!(setup(&owner, "gitlab", HOST).await.line.app, AppState::Settings);
    let credentials = [("at", HOST), ("client_id", "a"), ("client_secret", "b")];
    assert_eq!(asks(&owner, "enter", "gitlab", &credentials).await.status, 403);
    assert_eq!(asks(&owner, "remove", "gitlab", &[("at", HOST), ("pages", "0")]).await.status, 403);
    assert_eq!(state_in_list(&owner, "gitlab").await, AppState::Settings);
    let page = owner.get(&format!("/w/{}/settings/networks/gitlab?at={HOST}", owner.workspace)).await;
    assert!(page.body.contains("[apps.\"gitlab@git.example\"]"), "{:.4000}", page.body);
    let mia = world.colleague("Mia", &owner, Role::Member).await;
    for function in ["place", "enter", "remove", "show", "check"] {
        let more = [&[("address", "x.example"), ("pages", "0")][..], &credentials].concat();
        assert_eq!(asks(&mia, function, "gitlab", &more).await.status, 404, "{function}");
    }
    let (origin, page) = (world.origin.clone(), format!("/w/{}/settings/networks/gitlab", owner.workspace));
    let referer = format!("{origin}{page}");
    let headers = [("origin", origin.as_str()), ("accept", "text/html"), ("referer", referer.as_str())];
    let form = |address| [("workspace", owner.workspace.as_str()), ("network", "gitlab"), ("address", address)];
    let sent = owner.send(Method::POST, "/api/networks/place", Some(&form("b.example")), &headers).await;
    assert_eq!((sent.status, sent.header("location")), (302, format!("{page}?at=b.example").as_str()));
    let sent = owner.send(Method::POST, "/api/networks/place", Some(&form("x x")), &headers).await;
    let told = owner.get(sent.header("location")).await;
    assert!(told.body.contains("Enter the address of one of its other servers"), "{:.4000}", told.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_of_a_server_asks_it_through_the_door_of_what_people_type() {
    let stage = Stage::of(&GITLAB_ELSEWHERE).await;
    let world = world_of(&stage, false).await;
    let owner = world.owner("Quay").await;
    let found = async |network: &str, at: &str| {
        world.clock.advance(std::time::Duration::from_mins(1));
        let checked = asks(&owner, "check", network, &[("at", at)]).await;
        assert_eq!(checked.status, 200, "{checked:?}");
        setup(&owner, network, at).await.checkup.expect("it was checked").findings
    };
    asks(&owner, "place", "gitlab", &[("address", HOST)]).await;
    assert_eq!(found("gitlab", HOST).await, [Finding::NoApp]);
    for (secret, word, asked) in [("a-wrong-secret", TokenWord::Wrong, 1), (CLIENT.1, TokenWord::Right, 2)] {
        let credentials = [("at", HOST), ("client_id", CLIENT.0), ("client_secret", secret)];
        asks(&owner, "enter", "gitlab", &credentials).await;
        assert_eq!(setup(&owner, "gitlab", HOST).await.checkup, None, "what was found of others is gone");
        stage.asked();
        let found = found("gitlab", HOST).await;
        assert!(found.contains(&Finding::App(AppState::Entered)), "{found:?}");
        assert!(found.contains(&Finding::Credentials(word)), "{found:?}");
        // The made-up secret is asked about there too, and nothing but the token endpoint is.
        assert_eq!(stage.asked(), vec!["POST git.example/oauth/token"; asked]);
    }
    asks(&owner, "place", "oidc", &[("address", "id.example/realms/staff")]).await;
    let place = "id.example/realms/staff";
    assert_eq!(found("oidc", place).await, [Finding::NotOne(place.to_owned())], "nobody describes himself there");
    let page =
        owner.get(&format!("/w/{}/settings/networks/oidc?at=id.example%2Frealms%2Fstaff", owner.workspace)).await;
    assert!(page.body.contains("What answers at id.example/realms/staff does not say"), "{:.4000}", page.body);
    drop(stage);
    assert!(!found("gitlab", HOST).await.contains(&Finding::Host(HOST.to_owned(), HostWord::Answers)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_knows_us_by_a_key_gets_one_in_the_tab() {
    for on_postgres in [false, true] {
        let stage = Stage::of(&BLUESKY).await;
        let world = world_of(&stage, on_postgres).await;
        let owner = world.owner("Quay").await;
        let before = setup(&owner, "bluesky", "").await;
        assert_eq!((before.way, before.line.app), (Way::Key, AppState::Missing));
        let bad = asks(&owner, "enter", "bluesky", &[("client_secret", "s3cret")]).await;
        assert_eq!((bad.status, bad.json::<ApiError>()), (422, ApiError::BadInput(Field::ClientKey)));
        assert_eq!(asks(&owner, "enter", "bluesky", &[("client_secret", "")]).await.status, 200);
        assert_eq!(setup(&owner, "bluesky", "").await.line.app, AppState::Entered);
        stage.reads_who_we_are(&world).await;
        whole_life(&world, &stage).await;

        // Another key goes before the first one, which stays for what it was approved with.
        let ours = || world.app.networks.app_at(&stage.network()).expect("it is entered");
        let prints =
            |text: &SecretString| -> Vec<_> { SigningKey::read_all(text).iter().map(SigningKey::thumbprint).collect() };
        let (first, own, id) = (prints(&ours().client_secret), SigningKey::generate(), ours().client_id.clone());
        assert_eq!(asks(&owner, "enter", "bluesky", &[("client_secret", own.expose_secret())]).await.status, 200);
        assert_eq!(prints(&ours().client_secret), [prints(&own), first].concat());
        assert_eq!(ours().client_id, id, "it is the same app");
        let secrets = [own.expose_secret().to_owned(), ours().client_secret.expose_secret().to_owned()];
        world.hides(&secrets).await;
        let app = world.another_process().await;
        assert_eq!(prints(&app.networks.app_at(&stage.network()).expect("it is kept").client_secret).len(), 2);

        assert_eq!(asks(&owner, "remove", "bluesky", &[("pages", "0")]).await.status, 200);
        assert!(world.app.networks.app_at(&stage.network()).is_none());
        assert_eq!(owner.told_last().await, "Owner of Quay removed the app at Bluesky.");
    }
}
