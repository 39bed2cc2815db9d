//! What must not get through where tokens are bound, and who may speak for whom.

use oauth2::url::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    Stage,
    bluesky::{BLUESKY, BLUESKY_AT_HOME, DID, HANDLE},
};
use crate::{
    domain::{AttemptState, PageId, Reason, Status, Trouble},
    server::{networks::SigningKey, pages},
    tests::{
        person::{Person, Popup},
        world::World,
    },
};

const TOKEN: &str = "POST bsky.social/oauth/token";

async fn opened<'p, 'w>(owner: &'p Person<'w>) -> (PageId, Popup<'p, 'w>) {
    let page = owner.has(&format!("Bondi {}", uuid::Uuid::now_v7()), &["bluesky"]).await[0];
    (page, owner.opens_popup_at(page, HANDLE).await)
}

/// The same request as the app's last of that kind, but for what `change` does to its headers.
async fn sent_again(stage: &Stage, what: &str, change: impl Fn(&mut Vec<(String, String)>)) -> (u16, Value) {
    let ask = stage.scene().heard.iter().rev().find(|ask| ask.what() == what).cloned().expect("it was asked");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let method = ask.method.parse().expect("a method");
    let mut request = http.request(method, format!("{}/{}", stage.origin, ask.place)).form(&ask.form);
    let mut headers: Vec<_> = ask.headers.into_iter().collect();
    change(&mut headers);
    for (name, value) in headers.into_iter().filter(|(name, _)| ["dpop", "authorization"].contains(&name.as_str())) {
        request = request.header(name, value);
    }
    let answer = request.send().await.expect("it answers");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_is_good_for_one_request_and_by_one_key() {
    let stage = Stage::of(&BLUESKY_AT_HOME).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let (page, popup) = opened(&owner).await;
    owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!(owner.sees(page).await, Status::Connected);

    let session = "GET amanita.us-east.host.bsky.network/xrpc/com.atproto.server.getSession";
    let (status, said) = sent_again(&stage, session, |_| {}).await;
    assert_eq!((status, said["error"].as_str()), (401, Some("invalid_dpop_proof")), "its number was used");
    let (status, _) = sent_again(&stage, session, |headers| headers.retain(|(name, _)| name != "dpop")).await;
    assert_eq!(status, 401, "nothing is proved");
    let bearer = |headers: &mut Vec<(String, String)>| {
        for (_, value) in headers.iter_mut().filter(|(name, _)| name == "authorization") {
            *value = value.replace("DPoP ", "Bearer ");
        }
    };
    assert_eq!(sent_again(&stage, session, bearer).await.0, 401, "a bound token is no bearer's");

    // Somebody has exchanged the key in the vault: no token is spent, and nothing is told to be dead.
    let grant = world.grant_of(page).await;
    let (db, vault) = (world.app.store.read(), &world.app.vault);
    let own = vault.get(db, grant.key()).await.expect("it opens");
    vault.put(db, grant.key(), &SigningKey::generate()).await.expect("it is put");
    stage.asked();
    world.refreshes_all().await;
    assert!(stage.asked().iter().any(|asked| asked == TOKEN));
    assert_eq!(owner.sees(page).await, Status::Connected);
    vault.put(db, grant.key(), &own).await.expect("it is put");
    world.clock.advance(std::time::Duration::from_mins(16));
    stage.waits(std::time::Duration::from_mins(16));
    let before = world.stored_refresh(page).await;
    world.refreshes_all().await;
    assert_ne!(world.stored_refresh(page).await, before, "the right key goes on");
    world.hides(&[own.expose_secret().to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_is_pushed_and_its_number_is_used_once() {
    let stage = Stage::of(&BLUESKY).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let (_, popup) = opened(&owner).await;
    let mut bare = popup.url.clone();
    bare.set_query(None);
    for (name, value) in [("response_type", "code"), ("state", "s"), ("scope", "atproto")] {
        bare.query_pairs_mut().append_pair(name, value);
    }
    assert!(stage.approves(&bare, &[]).ends_with("?error=invalid_request"), "nothing was pushed");
    let back = stage.approves(&popup.url, &[]);
    assert!(back.starts_with("https://green.example/oauth/callback/"), "{back}");
    assert!(stage.approves(&popup.url, &[]).ends_with("?error=invalid_request"), "it was used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_does_not_say_whose_it_is_is_not_believed() {
    let stage = Stage::of(&BLUESKY).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    for iss in [None, Some("https://evil.example"), Some("https://bsky.social/")] {
        let (page, popup) = opened(&owner).await;
        let mut back = Url::parse(&stage.approves(&popup.url, &[])).expect("an address");
        let kept: Vec<_> = back.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
        back.query_pairs_mut().clear().extend_pairs(kept);
        if let Some(iss) = iss {
            back.query_pairs_mut().append_pair("iss", iss);
        }
        stage.asked();
        owner.get(back.as_str()).await;
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::WrongIssuer), "{iss:?}");
        assert_eq!(stage.asked(), [""; 0], "nothing was sent");
        assert_eq!(owner.sees(page).await, Status::NotConnected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_speaks_only_for_the_accounts_that_it_keeps() {
    let stage = Stage::of(&BLUESKY).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let (page, popup) = opened(&owner).await;
    let back = stage.approves(&popup.url, &[]);
    // The account is one that another server lets people into.
    stage.scene().book.elsewhere = true;
    stage.asked();
    owner.get(&back).await;
    assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::WrongIssuer));
    assert_eq!(owner.sees(page).await, Status::NotConnected);
    assert!(!stage.asked().iter().any(|asked| asked.contains("getSession")), "its token was shown to nobody");
    assert!(pages::living(world.app.store.read()).await.expect("it answers").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_a_did_and_a_server_lead_to_the_same_door() {
    let stage = Stage::of(&BLUESKY_AT_HOME).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["bluesky"]).await[0];
    for typed in
        ["@Bondi.Example", DID, "https://amanita.us-east.host.bsky.network", "bsky.social", "https://bsky.social/x"]
    {
        let popup = owner.opens_popup_at(page, typed).await;
        assert_eq!(popup.url.host_str(), Some("bsky.social"), "{typed}");
    }
    for (typed, says) in [
        ("did:key:z6Mk", "does not say"),
        ("http://127.0.0.1:8400", "cannot be"),
        ("localhost", "cannot be"),
        ("nobody.example", "does not say"),
        ("evil.example", "does not say"),
    ] {
        let attempt = uuid::Uuid::now_v7().to_string();
        let form = [("attempt", attempt.as_str()), ("address", typed)];
        let told = owner.post(&format!("/connect/{page}"), &form).await;
        assert_eq!(told.status, 400, "{typed}: {}", told.body);
        assert!(told.body.contains("role=\"alert\"") && told.body.contains(says), "{typed}: {}", told.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_goes_on_with_the_key_that_it_began_with() {
    let stage = Stage::of(&BLUESKY).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let (page, popup) = opened(&owner).await;
    owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!(owner.sees(page).await, Status::Connected);
    let ours = world.app.networks.app_at(&crate::domain::NetworkId("bluesky".to_owned())).expect("it is set up");
    let print = |key: &SecretString| SigningKey::read(key).expect("a key").thumbprint();
    assert_eq!(world.grant_of(page).await.kept.0["client_key"], print(&ours.client_secret));
    let keys = stage.scene().book.client.clone().expect("it was read").1;
    assert_eq!(keys["keys"][0]["kid"], print(&ours.client_secret));
    assert!(!keys.to_string().contains("\"d\""), "only the public half is published");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_renewal_gives_of_somebody_else_goes_back_and_the_page_says_so() {
    let stage = Stage::of(&BLUESKY).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let (page, popup) = opened(&owner).await;
    owner.get(&stage.approves(&popup.url, &[])).await;
    let before = world.stored_refresh(page).await;
    stage.scene().told.insert("sub".to_owned(), "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa".to_owned());
    world.clock.advance(std::time::Duration::from_mins(14));
    stage.waits(std::time::Duration::from_mins(14));
    stage.asked();
    world.refreshes_all().await;
    assert_eq!(owner.sees(page).await, Status::Broken(Reason::SomebodyElse));
    assert_eq!(world.stored_refresh(page).await, before, "nothing of it is kept");
    world.is_quiet().await;
    assert!(stage.asked().iter().any(|asked| asked == "POST bsky.social/oauth/revoke"), "and it went back");
    let secrets = stage.scene().secrets.clone();
    world.hides(&secrets).await;
}
