//! A server that nobody here wrote, as strict as Bluesky's: npm `oidc-provider`, which takes pushed requests only, statements
//! by our key, and tokens that are bound to a key of their grant. What is asserted is what it heard, and what it says.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use oauth2::url::Url;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    person::Person,
    postgres,
    world::{Extra, World},
};
use crate::{
    domain::{AttemptState, NetworkId, PageId, Reason, Returned, Status},
    server::{
        networks::{At, SigningKey},
        settings::AppCredentials,
    },
};

const DEFINITION: &str = include_str!("bound_tokens.toml");
/// Redirects from the consent page back to us.
const STEPS: usize = 12;

/// What an instance runs on.
#[derive(Clone, Copy)]
enum On {
    Sqlite,
    Postgres,
    /// With the process that outlives it, which sends its refreshes.
    Courier,
}

struct Provider {
    origin: String,
    http: reqwest::Client,
    child: Child,
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Provider {
    async fn starts() -> Self {
        tokio::task::spawn_blocking(|| {
            let package = Path::new(env!("CARGO_MANIFEST_DIR"));
            let needs = package.join("end2end/node_modules");
            assert!(needs.exists(), "{} is missing: run `scripts/setup test`", needs.display());
            let mut command = Command::new("node");
            command.arg(package.join("end2end/neighbours/dpop_provider.mjs"));
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node starts");
            let mut origin = String::new();
            let said = child.stdout.take().expect("it was piped");
            BufReader::new(said).read_line(&mut origin).expect("it says where it listens");
            let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
            Self { origin: origin.trim().to_owned(), http: http.build().expect("a client"), child }
        })
        .await
        .expect("it starts")
    }

    async fn door(&self, name: &str, body: &Value) -> Value {
        let answer = self.http.post(format!("{}/test/{name}", self.origin)).json(body).send().await;
        answer.expect("it answers").json().await.expect("JSON")
    }

    /// What it was asked, and what it says happened, since somebody last looked; people's own pages are left out, and
    /// what it asks us.
    async fn heard(&self) -> Vec<String> {
        let heard: Vec<String> = serde_json::from_value(self.door("heard", &json!({})).await).expect("a list");
        heard.into_iter().filter(|heard| !heard.contains("/auth") && !heard.starts_with("asks ")).collect()
    }

    /// An instance that knows it by its definition, and whose keys it fetches.
    async fn world(&self, on: On, change: impl Fn(String) -> String) -> World {
        let text = change(DEFINITION.replace("{origin}", &self.origin));
        let client = ("greentick".to_owned(), SigningKey::generate().expose_secret().to_owned());
        let extra = vec![Extra { id: "strict", text, client }];
        let world = match on {
            On::Sqlite => World::with(None, extra).await,
            On::Postgres => World::with(Some(postgres::new_database().await.into()), extra).await,
            On::Courier => World::with_courier(extra).await,
        };
        let ours = world.app.networks.app_at(&NetworkId("strict".to_owned())).expect("it is set up");
        let client = json!({
            "client_id": "greentick", "redirect_uris": [world.app.base_url.callback(ours.id)],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
            "jwks_uri": format!("{}/oauth/clients/{}/jwks.json", world.origin, ours.id),
            "dpop_bound_access_tokens": true,
        });
        self.door("client", &client).await;
        world
    }

    /// The person approves: where their browser is sent.
    async fn approves(&self, url: &Url) -> String {
        let (mut place, mut jar) = (url.clone(), std::collections::BTreeMap::new());
        for _ in 0..STEPS {
            let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer =
                self.http.get(place.clone()).header("cookie", cookies.join("; ")).send().await.expect("it answers");
            for cookie in answer.headers().get_all("set-cookie") {
                let text = cookie.to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
                let (name, value) = text.split_once('=').expect("a pair");
                jar.insert(name.to_owned(), value.to_owned());
            }
            let Some(next) = answer.headers().get("location") else {
                panic!("{place} leads nowhere: {}", answer.text().await.expect("a page"));
            };
            place = place.join(next.to_str().expect("an address")).expect("an address");
            if place.origin() != url.origin() {
                return place.to_string();
            }
        }
        panic!("{place} leads nowhere");
    }

    async fn connects(&self, owner: &Person<'_>, page: PageId) -> AttemptState {
        let popup = owner.opens_popup(page).await;
        let named: Vec<_> = popup.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(named, ["client_id", "request_uri"], "what is asked for is not on the way");
        let callback = self.approves(&popup.url).await;
        owner.get(&callback).await;
        owner.looks(popup.attempt).await.state
    }

    /// Whether it takes the token from somebody who has no key.
    async fn takes_from_a_thief(&self, token: &str, scheme: &str) -> bool {
        let me = self.http.get(format!("{}/me", self.origin)).header("authorization", format!("{scheme} {token}"));
        me.send().await.expect("it answers").status().is_success()
    }
}

impl World {
    async fn opened(&self, page: PageId) -> [String; 3] {
        let (grant, db, vault) = (self.grant_of(page).await, self.app.store.read(), &self.app.vault);
        let mut all = [String::new(), String::new(), String::new()];
        for (secret, place) in all.iter_mut().zip([grant.access(), grant.refresh(), grant.key()]) {
            vault.get(db, place).await.expect("it opens").expose_secret().clone_into(secret);
        }
        all
    }
}

async fn whole_life(on: On) {
    let provider = Provider::starts().await;
    let world = provider.world(on, |text| text).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["strict"]).await[0];

    // The server's first nonce costs one more request; everything later brings the next one along.
    assert_eq!(provider.connects(&owner, page).await, AttemptState::Approved);
    let pushed = ["POST /request", "pushed_authorization_request.error use_dpop_nonce", "POST /request"];
    assert_eq!(provider.heard().await, [&pushed[..], &["POST /token", "grant.success", "GET /me"]].concat());
    assert_eq!(owner.sees(page).await, Status::Connected);
    let first = world.opened(page).await;
    for scheme in ["Bearer", "DPoP"] {
        assert!(!provider.takes_from_a_thief(&first[0], scheme).await, "it is bound to a key that a thief has not");
    }

    // Renewed, each time with the same key and by a new refresh token; in between the server's nonces change.
    provider.heard().await;
    world.refreshes_all().await;
    assert_eq!(provider.heard().await, ["POST /token", "grant.success"]);
    let second = world.opened(page).await;
    assert!(first[0] != second[0] && first[1] != second[1] && first[2] == second[2]);
    provider.door("nonces", &json!({})).await;
    world.refreshes_all().await;
    let refused = ["POST /token", "grant.error use_dpop_nonce"];
    assert_eq!(provider.heard().await, [&refused[..], &["POST /token", "grant.success"]].concat());
    let third = world.opened(page).await;
    assert!(second[1] != third[1], "the refused nonce has spent no token");
    provider.door("nonces", &json!({})).await;
    world.keeper_comes().await;
    assert_eq!(provider.heard().await, ["GET /me", "GET /me"]);
    assert_eq!(owner.sees(page).await, Status::Connected);

    provider.door("remove", &json!({})).await;
    for _ in 0..3 {
        world.keeper_comes().await;
        world.clock.advance(std::time::Duration::from_mins(2));
    }
    assert_eq!(owner.sees(page).await, Status::Broken(Reason::Refused));

    assert_eq!(provider.connects(&owner, page).await, AttemptState::Approved);
    let last = world.opened(page).await;
    assert_ne!(last[2], first[2], "each approval has a key of its own");
    provider.heard().await;
    assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
    assert_eq!(provider.heard().await, ["POST /token/revocation", "grant.revoked"]);
    assert_eq!(owner.sees(page).await, Status::NotConnected);
    world.hides(&[first, second, third, last].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_lives_its_whole_life_on_bound_tokens() {
    for on in [On::Sqlite, On::Postgres, On::Courier] {
        whole_life(on).await;
    }
}

/// Nobody has registered us: the server reads who we are, and by which keys we sign, at the address that is our name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_we_are_is_read_at_an_address_of_ours() {
    let provider = Provider::starts().await;
    let text = DEFINITION.replace("{origin}", &provider.origin).replace("dpop =", "client_document = true\ndpop =");
    let client = (String::new(), SigningKey::generate().expose_secret().to_owned());
    let ours = "https://green.example";
    let extra = vec![Extra { id: "strict", text, client }];
    let world = World::with_other(extra, |settings| settings.base_url = ours.to_owned()).await;
    provider.door("nobody", &json!({ ours: world.origin })).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["strict"]).await[0];
    assert_eq!(provider.connects(&owner, page).await, AttemptState::Approved);
    let heard = provider.door("heard", &json!({})).await.to_string();
    assert!(heard.contains("asks client-metadata.json") && heard.contains("asks jwks.json"), "{heard}");
    assert_eq!(owner.sees(page).await, Status::Connected);
    world.refreshes_all().await;
    assert_eq!(provider.heard().await, ["POST /token", "grant.success"]);
    assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
    assert_eq!(owner.sees(page).await, Status::NotConnected);
}

/// Known by nothing but what it says of itself: by the file for any server of OpenID Connect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_advertises_them_is_asked_so() {
    let provider = Provider::starts().await;
    let host = provider.origin.strip_prefix("http://").expect("it is on loopback").to_owned();
    let own = AppCredentials {
        client_id: "greentick".to_owned(),
        client_secret: "s3cret/of+the app".to_owned().into(),
        hook_secret: None,
    };
    let world = World::set(None, |settings| {
        settings.allow_inside = vec![host.clone()];
        settings.apps.insert(NetworkId(format!("oidc@{host}")), own);
    })
    .await;
    let (network, host) = (NetworkId("oidc".to_owned()), Some(host.as_str()));
    let ours = world.app.networks.app_id(At { network: &network, host }).await.expect("it is set up");
    let client = json!({
        "client_id": "greentick", "client_secret": "s3cret/of+the app", "redirect_uris": [world.app.base_url.callback(ours)],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
    });
    provider.door("client", &client).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["oidc"]).await[0];
    let popup = owner.opens_popup_at(page, &provider.origin).await;
    assert!(popup.url.query_pairs().any(|(name, _)| name == "request_uri"), "{}", popup.url);
    let callback = provider.approves(&popup.url).await;
    owner.get(&callback).await;
    assert_eq!(owner.sees(page).await, Status::Connected, "{:?}", provider.heard().await);
    let grant = world.grant_of(page).await;
    let access = world.app.vault.get(world.app.store.read(), grant.access()).await.expect("it opens");
    assert!(!provider.takes_from_a_thief(access.expose_secret(), "Bearer").await, "it is bound");
    provider.heard().await;
    world.keeper_comes().await;
    assert_eq!(provider.heard().await, ["GET /me"]);
    assert_eq!(owner.sees(page).await, Status::Connected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_pushed_requests_only_takes_nothing_else() {
    let provider = Provider::starts().await;
    let world = provider.world(On::Sqlite, |text| text.replace("par = \"required\"", "par = \"off\"")).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["strict"]).await[0];
    let popup = owner.opens_popup(page).await;
    let callback = provider.approves(&popup.url).await;
    assert!(callback.contains("error="), "{callback}");
    owner.get(&callback).await;
    assert!(matches!(owner.looks(popup.attempt).await.state, AttemptState::Failed(_)));
    assert!(!provider.heard().await.contains(&"POST /token".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_cannot_be_pushed_ends_at_once_and_says_why() {
    let provider = Provider::starts().await;
    let world = provider.world(On::Sqlite, |text| text.replace("/request", "/nowhere")).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["strict"]).await[0];
    let attempt = uuid::Uuid::now_v7().to_string();
    let told = owner.post(&format!("/connect/{page}"), &[("attempt", &attempt)]).await;
    assert!(told.body.contains("BroadcastChannel"), "{told:?}");
    let ended = owner.looks(attempt.parse().expect("an id")).await.state;
    assert_eq!(ended, AttemptState::Failed(crate::domain::Trouble::AppRefused));
    assert_eq!(owner.sees(page).await, Status::NotConnected);
}
