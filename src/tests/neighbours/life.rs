//! A whole life at each: connected, renewed by a new refresh token each time, a token used twice, removed there, given back.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::json;

use super::{DJANGO, DJANGO_WITH_GRACE, Kind, Neighbour, OIDC_PROVIDER, OIDC_PROVIDER_PUSHED, between::Between};
use crate::{
    domain::{Ability, AttemptState, Lack, NetworkId, PageId, Reason, Returned, Status, Trouble},
    server::pages,
    tests::{postgres, world::World},
};

impl World {
    async fn stored_access(&self, page: PageId) -> String {
        let grant = self.grant_of(page).await;
        let token = self.app.vault.get(self.app.store.read(), grant.access()).await.expect("it opens");
        token.expose_secret().to_owned()
    }

    /// A refusal counts when it comes twice, a minute apart.
    async fn keeper_comes_twice(&self) {
        for _ in 0..3 {
            self.keeper_comes().await;
            self.clock.advance(Duration::from_mins(2));
        }
    }
}

async fn whole_life(kind: &'static Kind, database: Option<String>) {
    let neighbour = Neighbour::starts(kind).await;
    let world = neighbour.world(database, |text| text).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["neighbour"]).await[0];
    neighbour.asked().await;

    assert_eq!(neighbour.connects(&owner, page, "").await, AttemptState::Approved);
    assert_eq!(neighbour.asked().await, kind.connecting);
    assert_eq!(owner.sees(page).await, Status::Connected);
    let link = owner.link(page).await;
    let first = (world.stored_access(page).await, world.stored_refresh(page).await);
    let said = neighbour.introspects(&first.0).await;
    assert_eq!(said["active"], true);
    let granted = said["scope"].as_str().expect("scopes");
    assert!(granted.contains("posts"), "{granted}");
    assert!(link.pinned_to().is_some_and(|account| !account.id.is_empty()));

    // Renewed twice; the server takes the newest tokens and no others.
    let mut seen = vec![first.0.clone(), first.1.clone()];
    for _ in 0..2 {
        world.clock.advance(Duration::from_mins(5));
        world.refreshes_all().await;
        assert!(neighbour.asked().await.contains(&format!("POST {}", kind.token)));
        let (access, refresh) = (world.stored_access(page).await, world.stored_refresh(page).await);
        assert!(!seen.contains(&access) && !seen.contains(&refresh), "each is new");
        assert!(neighbour.takes(&access).await, "what is stored is what the server takes");
        assert_eq!(owner.sees(page).await, Status::Connected);
        seen.extend([access, refresh]);
    }
    assert_eq!(owner.link(page).await.pinned_to(), link.pinned_to());

    neighbour.asked().await;
    world.keeper_comes().await;
    assert_eq!(neighbour.asked().await, kind.checking);
    assert_eq!(owner.sees(page).await, Status::Connected);

    // Somebody else shows a refresh token that was used: the server ends everything, and the page says that it did.
    let (status, said) = neighbour.refreshes(&first.1).await;
    assert_eq!((status, &said["error"]), (400, &"invalid_grant".into()));
    assert!(!neighbour.takes(&world.stored_access(page).await).await, "it ended the whole permission");
    world.keeper_comes_twice().await;
    assert_eq!(owner.sees(page).await, Status::Broken(Reason::Refused));

    assert_eq!(neighbour.connects(&owner, page, "").await, AttemptState::Approved);
    assert_eq!(owner.sees(page).await, Status::Connected);
    seen.extend([world.stored_access(page).await, world.stored_refresh(page).await]);
    neighbour.removes().await;
    world.keeper_comes_twice().await;
    assert_eq!(owner.sees(page).await, Status::Broken(Reason::Refused));

    assert_eq!(neighbour.connects(&owner, page, "").await, AttemptState::Approved);
    let last = (world.stored_access(page).await, world.stored_refresh(page).await);
    assert!(neighbour.takes(&last.0).await);
    neighbour.asked().await;
    assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
    assert_eq!(neighbour.asked().await, kind.returning);
    assert!(!neighbour.takes(&last.0).await, "the access token ended with the refresh token");
    assert_eq!(neighbour.refreshes(&last.1).await.0, 400);
    assert_eq!(owner.sees(page).await, Status::NotConnected);
    seen.extend([last.0, last.1]);
    world.hides(&seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_oidc_provider() {
    whole_life(&OIDC_PROVIDER, None).await;
    whole_life(&OIDC_PROVIDER_PUSHED, None).await;
    whole_life(&OIDC_PROVIDER_PUSHED, Some(postgres::new_database().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_django_oauth_toolkit() {
    whole_life(&DJANGO, None).await;
    whole_life(&DJANGO, Some(postgres::new_database().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_did_not_grant_is_amber() {
    // One leaves out scopes that it does not know, at the other the person unticks one.
    let unknown = |text: String| text.replace("[abilities]", "[abilities]\nstatistics = [\"numbers\"]");
    let unchanged = |text: String| text;
    for (kind, declined, change, lacks) in [
        (&OIDC_PROVIDER, "", unknown as fn(String) -> String, Ability::Statistics),
        (&DJANGO, "posts", unchanged, Ability::Publish),
    ] {
        let neighbour = Neighbour::starts(kind).await;
        let world = neighbour.world(None, change).await;
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["neighbour"]).await[0];
        assert_eq!(neighbour.connects(&owner, page, declined).await, AttemptState::Approved);
        assert_eq!(owner.sees(page).await, Status::Partly(Lack::Abilities(vec![lacks])));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_demand_pkce_and_one_a_code_that_is_bound_to_it() {
    for kind in [&OIDC_PROVIDER, &DJANGO] {
        let neighbour = Neighbour::starts(kind).await;
        let world = neighbour.world(None, |text| text.replace("[authorize]", "[authorize]\npkce = false")).await;
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["neighbour"]).await[0];
        assert_eq!(neighbour.connects(&owner, page, "").await, AttemptState::Failed(Trouble::AppRefused));
        assert!(!neighbour.asked().await.contains(&format!("POST {}", kind.token)));
        assert!(pages::living(world.app.store.read()).await.expect("it answers").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_is_told_as_that_or_fetched_again_where_the_server_allows_it() {
    // The same token again, at once: a strict server takes it for a thief's, one with a grace period answers it once more.
    for (kind, is_strict) in [(&OIDC_PROVIDER, true), (&DJANGO, true), (&DJANGO_WITH_GRACE, false)] {
        let neighbour = Neighbour::starts(kind).await;
        let between = Between::starts(format!("{}{}", neighbour.origin, kind.token)).await;
        let direct = format!("url = \"{}{}\"", neighbour.origin, kind.token);
        let led = format!("url = \"{}\"", between.address);
        let world = neighbour.world(None, |text| text.replace(&direct, &led)).await;
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["neighbour"]).await[0];
        assert_eq!(neighbour.connects(&owner, page, "").await, AttemptState::Approved);
        let before = world.stored_refresh(page).await;
        between.loses_one();
        world.refreshes_all().await;
        if is_strict {
            let status = owner.sees(page).await;
            assert!(matches!(status, Status::Broken(Reason::AnswerLost { .. })), "{status:?}");
            continue;
        }
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_ne!(world.stored_refresh(page).await, before);
        assert!(neighbour.takes(&world.stored_access(page).await).await);
    }
}

/// Nothing is set up but that the network is switched on: its address is typed, and everything else it says itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_an_issuer_that_a_person_types() {
    let neighbour = Neighbour::starts(&OIDC_PROVIDER).await;
    neighbour.door("open", &json!({})).await;
    let authority = neighbour.origin.strip_prefix("http://").expect("it is on loopback").to_owned();
    let world = World::set(None, |settings| {
        settings.switched_on.push(NetworkId("oidc".to_owned()));
        settings.allow_inside.push(authority);
    })
    .await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["oidc"]).await[0];
    let connects = async || {
        let popup = owner.opens_popup_at(page, &neighbour.origin).await;
        owner.get(&neighbour.approves(&popup.url, "").await).await;
        owner.looks(popup.attempt).await.state
    };
    assert_eq!(connects().await, AttemptState::Approved);
    let discovery = "GET /.well-known/openid-configuration";
    // It takes pushed requests, so it gets one.
    let asked = [discovery, "POST /reg", "POST /request", "POST /token", "GET /me", "GET /jwks"];
    assert_eq!(neighbour.asked().await, asked);
    assert_eq!(owner.sees(page).await, Status::Connected);
    // It takes proofs of possession, which say when they were made: the clock stays as it is.
    world.refreshes_all().await;
    assert_eq!(neighbour.asked().await.iter().filter(|asked| *asked == "POST /token").count(), 1);
    assert_eq!(owner.sees(page).await, Status::Connected);
    neighbour.removes().await;
    world.keeper_comes().await;
    assert_eq!(owner.sees(page).await, Status::Broken(Reason::Refused));
    neighbour.asked().await;
    assert_eq!(connects().await, AttemptState::Approved);
    assert!(!neighbour.asked().await.contains(&"POST /reg".to_owned()), "it knows us by now");
    assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
    assert_eq!(neighbour.asked().await, ["POST /token/revocation"]);
}
