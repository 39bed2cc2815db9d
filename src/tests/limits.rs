//! Who asks too often waits, and nobody else does: AT-43 and AT-44 of the security requirements, and O-41.

use std::time::Duration;

use axum::http::Method;

use super::inside::{Browser, Heard, Inside, PASSWORD};
use crate::{
    domain::{ApiError, words},
    server::settings::Proxies,
};

const ADA: &str = "ada@example.org";
/// Sign-ins from one address at once, and to one account from browsers that do not know it.
const BY_ADDRESS: usize = 30;
const BY_ACCOUNT: usize = 10;

fn told(heard: &Heard) -> ApiError {
    serde_json::from_str(&heard.body).unwrap_or_else(|error| panic!("{error}: {}", heard.body))
}

fn proxies(written: &str) -> Proxies {
    serde_json::from_str(written).expect("addresses")
}

/// How many of `guesses` reached the password.
async fn reach(guesses: usize, guess: impl AsyncFn(usize) -> Heard) -> usize {
    let mut reached = 0;
    for number in 0..guesses {
        let heard = guess(number).await;
        match heard.status {
            401 => reached += 1,
            429 => assert_eq!(told(&heard), ApiError::TooMany),
            other => panic!("{other}: {}", heard.body),
        }
    }
    reached
}

#[tokio::test]
async fn ten_thousand_guesses_try_ten_passwords_and_the_owner_still_comes_in() {
    let inside = Inside::with(|_| {}).await;
    let link = inside.owner(ADA).await;
    let desk = inside.browser("192.0.2.1");
    assert_eq!(desk.get(&format!("/sign-in/{link}"), &[]).await.status, 303);
    let guess = async |number: usize| {
        let from = format!("2001:db8:{:x}:{:x}::1", number / 1_000, number % 1_000);
        inside.browser(&from).signs_in(" ADA@example.org", "a wrong password").await
    };
    assert_eq!(reach(10_000, guess).await, BY_ACCOUNT);
    // Not even the right one is looked at any more, from a browser that never signed in to this account ...
    let right = inside.browser("198.51.100.1").signs_in(ADA, PASSWORD).await;
    assert_eq!((right.status, told(&right)), (429, ApiError::TooMany));
    let wait: u64 = right.header("retry-after").parse().expect("seconds");
    assert_eq!(wait, 300);
    // ... but from the owner's own it is, signed out or not, and wherever it is now.
    assert_eq!(desk.call("session/sign_out", &[], &[]).await.status, 200);
    let travelling = Browser { address: "203.0.113.5".parse().expect("an address"), ..desk };
    assert_eq!(travelling.signs_in(ADA, PASSWORD).await.status, 200);
    assert_eq!(travelling.call("session/me", &[], &[]).await.status, 200);
    // Time heals it.
    inside.clock.advance(Duration::from_secs(wait));
    assert_eq!(inside.browser("198.51.100.1").signs_in(ADA, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_known_browser_is_no_licence_to_guess() {
    let inside = Inside::with(|_| {}).await;
    let link = inside.owner(ADA).await;
    inside.owner("ben@example.org").await;
    let desk = inside.browser("192.0.2.1");
    desk.get(&format!("/sign-in/{link}"), &[]).await;
    assert_eq!(reach(100, async |_| desk.signs_in(ADA, "a wrong password").await).await, 10);
    // It is known for Ada alone: for Ben it counts like any other.
    assert_eq!(reach(100, async |_| desk.signs_in("ben@example.org", "a wrong password").await).await, BY_ACCOUNT);
}

#[tokio::test]
async fn a_refusal_does_not_say_whether_there_is_such_a_person() {
    let inside = Inside::with(|_| {}).await;
    inside.owner(ADA).await;
    let mut answers = Vec::new();
    for (email, from) in [(ADA, "192.0.2.1"), ("nobody@example.org", "192.0.2.2")] {
        let browser = inside.browser(from);
        let mut all = Vec::new();
        for _ in 0..15 {
            let heard = browser.signs_in(email, "a wrong password").await;
            all.push((heard.status, heard.body));
        }
        answers.push(all);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!((answers[0][9].0, answers[0][10].0), (401, 429));
}

#[tokio::test]
async fn a_cookie_that_somebody_planted_is_worth_nothing_after_a_sign_in() {
    let inside = Inside::with(|_| {}).await;
    inside.owner(ADA).await;
    let link = inside.owner("eve@example.org").await;
    let eve = inside.browser("192.0.2.66");
    eve.get(&format!("/sign-in/{link}"), &[]).await;
    let planted = eve.cookies.lock().expect("one test").clone();
    let victim = Browser { cookies: planted.clone().into(), ..inside.browser("192.0.2.1") };
    assert_eq!(victim.signs_in(ADA, PASSWORD).await.status, 200);
    let thief = Browser { cookies: planted.into(), ..inside.browser("192.0.2.66") };
    // Had she a budget of her own for Ada's account, these would come on top of it.
    assert_eq!(reach(40, async |_| thief.signs_in(ADA, "a wrong password").await).await, BY_ACCOUNT - 1);
}

#[tokio::test]
async fn forwarded_headers_buy_nothing_unless_a_proxy_of_ours_sends_them() {
    let guesses = async |inside: &Inside, from: &str, header: &str| {
        let browser = inside.browser(from);
        reach(60, async |number| {
            let (email, forwarded) = (format!("{number}@example.org"), format!("203.0.113.{number}"));
            let form = [("email", email.as_str()), ("password", "a wrong password")];
            browser.call("session/sign_in", &form, &[(header, &forwarded)]).await
        })
        .await
    };
    let alone = Inside::with(|_| {}).await;
    for (from, header) in [
        ("192.0.2.1", "x-forwarded-for"),
        ("192.0.2.2", "forwarded"),
        ("192.0.2.3", "x-real-ip"),
        ("192.0.2.4", "cf-connecting-ip"),
    ] {
        assert_eq!(guesses(&alone, from, header).await, BY_ADDRESS, "{header}");
    }
    let behind = Inside::with(|settings| settings.trusted_proxies = proxies(r#"["10.0.0.0/8"]"#)).await;
    assert_eq!(guesses(&behind, "10.0.0.1", "x-forwarded-for").await, 60, "each client has its own");
    assert_eq!(guesses(&behind, "10.0.0.1", "forwarded").await, BY_ADDRESS, "no proxy of ours sends that one");
    assert_eq!(guesses(&behind, "192.0.2.1", "x-forwarded-for").await, BY_ADDRESS, "past the proxy");
}

#[tokio::test]
async fn nobody_behind_the_proxy_can_forge_their_address() {
    let inside = Inside::with(|settings| settings.trusted_proxies = proxies(r#""10.0.0.1, 10.0.0.2""#)).await;
    let proxy = inside.browser("10.0.0.1");
    let forging = async |number: usize| {
        // The proxy appends who asked it; what stands before, the attacker wrote, our proxies' addresses included.
        let forwarded = format!("203.0.113.{number}, 10.0.0.2, 198.51.100.66");
        let email = format!("{number}@example.org");
        let form = [("email", email.as_str()), ("password", "a wrong password")];
        proxy.call("session/sign_in", &form, &[("x-forwarded-for", &forwarded)]).await
    };
    assert_eq!(reach(60, forging).await, BY_ADDRESS);
    let honest = [("x-forwarded-for", "198.51.100.67")];
    let form = [("email", "x@example.org"), ("password", "a wrong password")];
    assert_eq!(proxy.call("session/sign_in", &form, &honest).await.status, 401, "the neighbour is not hit");
}

#[tokio::test]
async fn every_door_has_an_end_and_says_so() {
    let inside = Inside::with(|_| {}).await;
    for (number, (method, path, at_most)) in [
        (Method::GET, "/sign-in/guess", 300),
        (Method::GET, "/setup/guess", 300),
        (Method::POST, "/connect/0190e2d7-0000-7000-8000-000000000000", 600),
        (Method::GET, "/oauth/callback/x?code=c&state=s", 600),
        // Written like a built file, and rendered like a page.
        (Method::GET, "/pkgx", 3_000),
        (Method::GET, "/pkgx/", 3_000),
    ]
    .into_iter()
    .enumerate()
    {
        let browser = inside.browser(&format!("192.0.2.{number}"));
        let mut passed = 0;
        let refused = loop {
            let heard = match method {
                Method::POST => browser.post(path, &[], &[("accept", "text/html")]).await,
                _ => browser.get(path, &[("accept", "text/html")]).await,
            };
            if heard.status == 429 {
                break heard;
            }
            passed += 1;
            assert!(passed <= at_most, "{path} lets everything through");
        };
        assert!(refused.body.contains(words::error(ApiError::TooMany)), "{}", refused.body);
        assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1), "{path}");
        assert!(refused.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        // Files and the question whether the process lives are free.
        assert_eq!(browser.get("/healthz", &[]).await.status, 200);
        assert_ne!(inside.browser("192.0.2.200").get(path, &[]).await.status, 429, "others are not hit");
    }
}
