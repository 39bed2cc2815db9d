//! What an issuer tells by security event tokens, as Google does: believed when it is signed and for us, acted on once.

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::digest::{SHA512, digest};
use serde_json::{Value, json};

use super::{
    id_tokens::issuer::{CLIENT, Issuer, Made, Signature},
    person::Person,
    postgres,
    world::World,
};
use crate::{
    domain::{PageId, Reason, Status},
    server::keeper,
};

const OAUTH: &str = "https://schemas.openid.net/secevent/oauth/event-type/";
const ACCOUNT: &str = "https://schemas.openid.net/secevent/risc/event-type/";

struct Listens {
    issuer: Issuer,
    world: World,
}

impl Listens {
    async fn starts(database: Option<String>) -> Self {
        let issuer = Issuer::starts().await;
        let (origin, risc) = (&issuer.origin, "inbound = { risc =");
        let more = format!("{risc} {{ issuer = \"{origin}/\", keys = \"{origin}/jwks\" }} }}");
        let world = issuer.world(database, &more).await;
        Self { issuer, world }
    }

    async fn connects(&self, owner: &Person<'_>, person: &str) -> PageId {
        let page = owner.has(&format!("Location of {person}"), &["issuer"]).await[0];
        {
            let mut issued = self.issuer.issued();
            (issued.sub, issued.api_sub) = (person.to_owned(), person.to_owned());
        }
        let popup = owner.opens_popup(page).await;
        owner.get(&self.issuer.approves(&popup.url)).await;
        assert_eq!(owner.sees(page).await, Status::Connected);
        page
    }

    fn claims(&self, id: &str, kind: &str, event: &Value) -> Value {
        let now = self.world.clock.now().0 / 1_000;
        let iss = format!("{}/", self.issuer.origin);
        json!({ "iss": iss, "aud": [CLIENT.0, "a sibling"], "iat": now - 90_000, "jti": id, "events": { kind: event } })
    }

    async fn tells(&self, claims: Value) -> u16 {
        let header = json!({ "alg": "ES256", "kid": "first", "typ": "secevent+jwt" });
        self.posts(self.issuer.signs(Made { header, claims, signature: Signature::Right })).await
    }

    async fn posts(&self, token: String) -> u16 {
        let ours = self.world.app.networks.all().find(|app| app.definition.id.0 == "issuer").expect("it is set up");
        let address = format!("{}/hooks/{}", self.world.origin, ours.id);
        let request = self.world.http.post(address).header("content-type", "application/secevent+jwt").body(token);
        request.send().await.expect("it answers").status().as_u16()
    }
}

fn about(person: &str) -> Value {
    json!({ "subject": { "subject_type": "iss-sub", "iss": "https://issuer.example/", "sub": person } })
}

async fn a_removed_permission(database: Option<String>) {
    let listens = Listens::starts(database).await;
    let owner = listens.world.owner("Harbour").await;
    let (ada, ben) = (listens.connects(&owner, "ada").await, listens.connects(&owner, "ben").await);
    let revoked = |id: &str, person: &str| listens.claims(id, &format!("{OAUTH}tokens-revoked"), &about(person));
    // While the permission works, it is only looked at.
    let before = listens.issuer.issued().asked_who;
    for _ in 0..3 {
        assert_eq!(listens.tells(revoked("one", "ada")).await, 202);
        keeper::once(&listens.world.app).await;
    }
    assert_eq!(listens.issuer.issued().asked_who, before + 1, "what is told again is not looked at again");
    assert_eq!(owner.sees(ada).await, Status::Connected);
    listens.issuer.issued().removed = true;
    assert_eq!(listens.tells(revoked("two", "ada")).await, 202);
    keeper::once(&listens.world.app).await;
    assert_eq!(owner.sees(ada).await, Status::Broken(Reason::Removed), "with the issuer's own word");
    assert_eq!(owner.sees(ben).await, Status::Connected, "it was about somebody else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_that_was_taken_away_is_looked_at_at_once_and_once() {
    a_removed_permission(None).await;
    a_removed_permission(Some(postgres::new_database().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_issuers_or_not_for_us_is_not_heard() {
    let listens = Listens::starts(None).await;
    let owner = listens.world.owner("Harbour").await;
    let page = listens.connects(&owner, "ada").await;
    listens.issuer.issued().removed = true;
    let good = || listens.claims("id", &format!("{OAUTH}tokens-revoked"), &about("ada"));
    let before = listens.issuer.issued().asked_who;
    for (claim, value) in [
        ("aud", json!("another-app")),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("iss", json!(listens.issuer.origin)),
        ("iss", Value::Null),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("iat", Value::Null),
        ("iat", json!(9_000_000_000_u64)),
        ("events", json!("none")),
    ] {
        let mut claims = good();
        claims[claim] = value.clone();
        assert_eq!(listens.tells(claims).await, 401, "{claim}: {value}");
    }
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    for (header, signature) in [
        (header("none", "first"), Signature::Missing),
        (header("ES256", "first"), Signature::Missing),
        (header("ES256", "first"), Signature::Altered),
        (header("ES256", "first"), Signature::Foreign),
        (header("HS256", "first"), Signature::Secret),
    ] {
        assert_eq!(listens.posts(listens.issuer.signs(Made { header, claims: good(), signature })).await, 401);
    }
    for noise in ["", "x", "a.b.c", "{}", "e30.e30."] {
        assert_eq!(listens.posts(noise.to_owned()).await, 401, "{noise}");
    }
    // Whoever names keys that nobody has makes us ask for them no more often than once a minute.
    let asked = listens.issuer.issued().keys_asked;
    for number in 0..5 {
        let header = header("ES256", &format!("unheard-of-{number}"));
        let token = listens.issuer.signs(Made { header, claims: good(), signature: Signature::Foreign });
        assert_eq!(listens.posts(token).await, 401);
    }
    assert_eq!(listens.issuer.issued().keys_asked, asked);
    keeper::once(&listens.world.app).await;
    assert_eq!(listens.issuer.issued().asked_who, before, "nobody looks");
    assert_eq!(owner.sees(page).await, Status::Connected);
    assert_eq!(listens.tells(good()).await, 202, "and the same, when nothing is wrong with it, is heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_about_whom_it_names() {
    let listens = Listens::starts(None).await;
    let owner = listens.world.owner("Harbour").await;
    listens.connects(&owner, "ben").await;
    let page = listens.connects(&owner, "ada").await;
    let refresh = listens.world.stored_refresh(page).await;
    let twice = BASE64_STANDARD.encode(digest(&SHA512, digest(&SHA512, refresh.as_bytes()).as_ref()));
    let token = |alg: &str, token: &str| json!({ "subject": { "subject_type": "oauth_token", "token_type": "refresh_token", "token_identifier_alg": alg, "token": token } });
    for (number, (kind, event, looks)) in [
        (format!("{OAUTH}tokens-revoked"), about("ada"), 1),
        (format!("{OAUTH}token-revoked"), token("hash_base64_sha512_sha512", &twice), 1),
        (format!("{OAUTH}token-revoked"), token("prefix", &refresh), 1),
        (format!("{OAUTH}token-revoked"), token("prefix", &refresh[..15]), 0),
        (format!("{OAUTH}token-revoked"), token("hash_base64_sha512_sha512", "another"), 0),
        (format!("{OAUTH}token-revoked"), token("rot13", &refresh), 0),
        (format!("{ACCOUNT}account-disabled"), about("ada"), 1),
        (format!("{ACCOUNT}account-purged"), about("ada"), 1),
        (format!("{ACCOUNT}account-enabled"), about("ada"), 1),
        (format!("{ACCOUNT}account-credential-change-required"), about("ada"), 1),
        (format!("{ACCOUNT}account-disabled"), about("nobody"), 0),
        (format!("{ACCOUNT}sessions-revoked"), about("ada"), 0),
        (format!("{ACCOUNT}verification"), json!({ "state": "hello" }), 0),
        ("https://elsewhere.example/event".to_owned(), about("ada"), 0),
    ]
    .into_iter()
    .enumerate()
    {
        let before = listens.issuer.issued().asked_who;
        assert_eq!(listens.tells(listens.claims(&number.to_string(), &kind, &event)).await, 202, "{kind}");
        keeper::once(&listens.world.app).await;
        assert_eq!(listens.issuer.issued().asked_who - before, looks, "{kind} {event}");
        assert_eq!(owner.sees(page).await, Status::Connected, "{kind}: a message is no death");
    }
}
