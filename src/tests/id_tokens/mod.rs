//! AT-15, the part about an `id_token`: the relying-party tests of the OpenID Foundation (SECURITY, section 6.2), each as
//! something that an issuer does and what must come of it.
//!
//! Not here: `sig-rs256` is every connection at `neighbours`; `discovery-…` is where issuers are discovered; `chash` is of
//! flows that nobody here begins; `scope-userinfo-claims` and `userinfo-bearer-body`: a token travels in the header only.

pub mod issuer;

use std::time::Duration;

use serde_json::{Value, json};

use self::issuer::{Issued, Issuer, Made, Signature, new_key};
use super::{
    interrupted::until,
    person::{Answer, Person},
    postgres,
    world::World,
};
use crate::domain::{AttemptState, PageId, Reason, Status, Trouble};

const NOT_BELIEVED: AttemptState = AttemptState::Failed(Trouble::OddAnswer);

/// Something that the issuer does, and how the attempt ends.
type Row = (&'static str, Box<dyn Fn(&mut Issued)>, AttemptState);

fn lies(name: &'static str, lie: impl Fn(&mut Made) + Send + Sync + Clone + 'static, ends: AttemptState) -> Row {
    let does = move |issued: &mut Issued| issued.lie = Some(Box::new(lie.clone()));
    (name, Box::new(does), ends)
}

fn does(name: &'static str, does: impl Fn(&mut Issued) + 'static, ends: AttemptState) -> Row {
    (name, Box::new(does), ends)
}

/// A claim is something else, or missing.
fn says(name: &'static str, claim: &'static str, value: Value, ends: AttemptState) -> Row {
    lies(
        name,
        move |made| match value {
            Value::Null => drop(made.claims.as_object_mut().expect("an object").remove(claim)),
            _ => made.claims[claim] = value.clone(),
        },
        ends,
    )
}

fn about_claims() -> Vec<Row> {
    let good = || AttemptState::Approved;
    let bad = || NOT_BELIEVED;
    vec![
        does("client-test", |_| {}, good()),
        says("invalid-iss", "iss", json!("https://elsewhere.example"), bad()),
        says("missing-iss", "iss", Value::Null, bad()),
        says("invalid-aud", "aud", json!("another-app"), bad()),
        says("missing-aud", "aud", Value::Null, bad()),
        says("valid-aud-as-array", "aud", json!(["greentick"]), good()),
        says("invalid-secondary-aud", "aud", json!(["greentick", "another-app"]), bad()),
        says("an empty list of audiences", "aud", json!([]), bad()),
        says("azp of ours", "azp", json!("greentick"), good()),
        says("invalid azp", "azp", json!("another-app"), bad()),
        says("missing-sub", "sub", Value::Null, bad()),
        says("sub that is no text", "sub", json!(5), bad()),
        does("userinfo-invalid-sub", |issued| issued.api_sub = "somebody-else".to_owned(), bad()),
        says("invalid-expired-exp", "exp", json!(1_000_000_000), bad()),
        says("missing-exp", "exp", Value::Null, bad()),
        says("missing-iat", "iat", Value::Null, bad()),
        says("iat that is to come", "iat", json!(9_000_000_000_u64), bad()),
        says("nonce-invalid", "nonce", json!("another"), bad()),
        says("missing-nonce", "nonce", Value::Null, bad()),
        says("invalid-athash", "at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), bad()),
        says("missing-athash", "at_hash", Value::Null, good()),
        does("no id_token", |issued| issued.no_id_token = true, bad()),
    ]
}

fn about_signatures() -> Vec<Row> {
    let good = || AttemptState::Approved;
    let bad = || NOT_BELIEVED;
    let header = |name: &'static str, value: Value| move |made: &mut Made| made.header[name] = value.clone();
    let unnamed = |made: &mut Made| drop(made.header.as_object_mut().expect("an object").remove("kid"));
    let one_more = |issued: &mut Issued| issued.keys.push((format!("key-{}", issued.keys.len()), new_key()));
    vec![
        lies(
            "idtoken-sig-none",
            |made| (made.header["alg"], made.signature) = (json!("none"), Signature::Missing),
            bad(),
        ),
        lies("invalid-null-alg", header("alg", Value::Null), bad()),
        lies("invalid-sig-es256", |made| made.signature = Signature::Altered, bad()),
        lies("a key that nobody published", |made| made.signature = Signature::Foreign, bad()),
        lies("no signature", |made| made.signature = Signature::Missing, bad()),
        lies(
            "invalid-sig-hs256, by the app's secret",
            |made| (made.header["alg"], made.signature) = (json!("HS256"), Signature::Secret),
            bad(),
        ),
        does(
            "invalid-alternate-alg, published and not registered",
            |issued| {
                issued.has_ed25519 = true;
                issued.lie = Some(Box::new(|made| {
                    (made.header["alg"], made.header["kid"]) = (json!("EdDSA"), json!("ed"));
                    made.signature = Signature::Ed25519;
                }));
            },
            bad(),
        ),
        lies("crit that nobody knows", header("crit", json!(["b64"])), bad()),
        lies("kid-absent-single-jwks", unnamed, good()),
        does(
            "kid-absent-multiple-jwks",
            move |issued| {
                one_more(issued);
                issued.lie = Some(Box::new(unnamed));
            },
            bad(),
        ),
        lies("a kid that is not published", header("kid", json!("unheard-of")), bad()),
        does("signing-key-rotation-just-before-signing", move |issued| one_more(issued), good()),
        does(
            "signing-key-rotation",
            |issued| {
                issued.withdrawn.push("first".to_owned());
                issued.keys.push(("newest".to_owned(), new_key()));
            },
            good(),
        ),
        lies("a key that was withdrawn", header("kid", json!("first")), bad()),
    ]
}

async fn connects(issuer: &Issuer, owner: &Person<'_>, page: PageId) -> (AttemptState, Answer) {
    let popup = owner.opens_popup(page).await;
    let end = owner.get(&issuer.approves(&popup.url)).await;
    (owner.looks(popup.attempt).await.state, end)
}

async fn each_row(rows: Vec<Row>, database: Option<String>) {
    let issuer = Issuer::starts().await;
    let world = issuer.world(database, "").await;
    let owner = world.owner("Harbour").await;
    for (number, (name, does, ends)) in rows.into_iter().enumerate() {
        let page = owner.has(&format!("Location {number}"), &["issuer"]).await[0];
        {
            let mut issued = issuer.issued();
            // Nobody has two pages here.
            (issued.sub, issued.api_sub) = (format!("person-{number}"), format!("person-{number}"));
            (issued.lie, issued.no_id_token, issued.keys_down, issued.has_ed25519) = (None, false, false, false);
            issued.given_back.clear();
            does(&mut issued);
        }
        // A key that was seen is believed for an hour.
        world.clock.advance(Duration::from_mins(61));
        signs_in(&world, &owner).await;
        let (state, end) = connects(&issuer, &owner, page).await;
        assert_eq!(state, ends, "{name}");
        let is_green = owner.sees(page).await == Status::Connected;
        assert_eq!((is_green, end.status == 200), (ends == AttemptState::Approved, is_green), "{name}: {end:?}");
        world.is_quiet().await;
        let issued = issuer.issued();
        let gone: &[String] = if is_green { &[] } else { std::slice::from_ref(&issued.refresh_token) };
        assert_eq!(issued.given_back, gone, "{name}: what is not believed goes back");
    }
    let secrets = issuer.issued().secrets.clone();
    world.hides(&secrets).await;
}

/// Nobody stays signed in as long as the table takes.
async fn signs_in(world: &World, owner: &Person<'_>) {
    use crate::{
        domain::Me,
        server::accounts::{self, Purpose},
    };
    let me: Me = owner.call("session/me", &[]).await.json();
    let link = accounts::make_link(&world.app, Purpose::SignIn(me.id)).await.expect("a link");
    owner.get(&format!("/sign-in/{link}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_claim_must_be_right() {
    each_row(about_claims(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_signature_must_be_theirs() {
    each_row(about_signatures(), None).await;
    each_row(about_signatures(), Some(postgres::new_database().await)).await;
}

/// Its published keys are from a copy that is a little old.
fn is_ahead_of_its_keys(issued: &mut Issued) {
    issued.keys.push(("newest".to_owned(), new_key()));
    issued.withdrawn.push("newest".to_owned());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_cannot_be_had_are_waited_for() {
    for database in [None, Some(postgres::new_database().await)] {
        let issuer = Issuer::starts().await;
        let world = issuer.world(database, "").await;
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["issuer"]).await[0];
        issuer.issued().keys_down = true;
        let (state, end) = connects(&issuer, &owner, page).await;
        assert_eq!((state, end.status, owner.sees(page).await), (AttemptState::Open, 200, Status::NotConnected));
        issuer.issued().keys_down = false;
        until("it goes on by itself", async || owner.sees(page).await == Status::Connected).await;
        assert!(issuer.issued().given_back.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewed_tokens_are_the_same_persons_or_are_not_kept() {
    for (name, does, is_kept) in [
        ("refresh-token", (|_| {}) as fn(&mut Issued), true),
        ("without an id_token", |issued| issued.no_id_token = true, true),
        ("with keys that cannot be had", |issued| issued.keys_down = true, true),
        ("by a key that is not published yet", is_ahead_of_its_keys, true),
        (
            "another's, by a key that is not published yet",
            |issued| {
                is_ahead_of_its_keys(issued);
                issued.sub = "eve".to_owned();
            },
            false,
        ),
        (
            "refresh-token-invalid-issuer",
            |issued| issued.lie = Some(Box::new(|made| made.claims["iss"] = json!("https://elsewhere.example"))),
            false,
        ),
        ("refresh-token-invalid-sub", |issued| issued.sub = "eve".to_owned(), false),
        (
            "for another app",
            |issued| issued.lie = Some(Box::new(|made| made.claims["aud"] = json!("another-app"))),
            false,
        ),
        ("signed by nobody", |issued| issued.lie = Some(Box::new(|made| made.signature = Signature::Altered)), false),
        (
            "another's, while keys cannot be had",
            |issued| (issued.keys_down, issued.sub) = (true, "eve".to_owned()),
            false,
        ),
    ] {
        let issuer = Issuer::starts().await;
        let world = issuer.world(None, "").await;
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["issuer"]).await[0];
        assert_eq!(connects(&issuer, &owner, page).await.0, AttemptState::Approved);
        let before = world.stored_refresh(page).await;
        world.clock.advance(Duration::from_mins(50));
        if name.contains("keys") {
            // What was seen an hour ago is not believed any more.
            world.clock.advance(Duration::from_mins(20));
        }
        does(&mut issuer.issued());
        world.refreshes_all().await;
        let stored = world.stored_refresh(page).await;
        assert_ne!(before, issuer.issued().refresh_token, "{name}: it was asked");
        assert_eq!(stored == issuer.issued().refresh_token, is_kept, "{name}");
        assert_eq!(stored != before, is_kept, "{name}");
        // Of somebody else they are for certain, and the old ones are spent; whatever else is odd breaks nothing.
        let is_others = issuer.issued().sub == "eve";
        let status = if is_others { Status::Broken(Reason::SomebodyElse) } else { Status::Connected };
        assert_eq!(owner.sees(page).await, status, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_withdrawn_is_believed_for_an_hour_and_no_longer() {
    let issuer = Issuer::starts().await;
    let world = issuer.world(None, "").await;
    let owner = world.owner("Harbour").await;
    for (place, later, ends) in [
        ("Bondi", Duration::ZERO, AttemptState::Approved),
        ("Manly", Duration::from_mins(59), AttemptState::Approved),
        ("Coogee", Duration::from_mins(2), NOT_BELIEVED),
    ] {
        world.clock.advance(later);
        let page = owner.has(place, &["issuer"]).await[0];
        {
            let mut issued = issuer.issued();
            // Whoever has stolen the old key goes on signing by it.
            issued.lie = Some(Box::new(|made| made.header["kid"] = json!("first")));
            (issued.sub, issued.api_sub) = (place.to_owned(), place.to_owned());
        }
        assert_eq!(connects(&issuer, &owner, page).await.0, ends, "{place}");
        let mut issued = issuer.issued();
        if issued.withdrawn.is_empty() {
            issued.withdrawn.push("first".to_owned());
            issued.keys.push(("newest".to_owned(), new_key()));
        }
    }
}
