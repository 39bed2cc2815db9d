//! Every door, and what each of its answers must carry: AT-41 of the security requirements. The doors come from
//! `strangers`, so that a new one is covered by itself.

use axum::{
    body::Body,
    http::{Method, Request},
};

use super::{
    inside::{Heard, Inside},
    strangers::{self, Foreign},
};

/// What an answer is to a browser, which decides what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// A page of the app.
    App,
    /// A page in the popup, or a page of one sentence.
    Popup,
    /// Data, a file, an empty answer.
    Plain,
}

fn sort(heard: &Heard) -> Sort {
    if !heard.header("content-type").starts_with("text/html") {
        return Sort::Plain;
    }
    // The answer to HEAD has no body to look at.
    let is_app = match heard.body.as_str() {
        "" => heard.header("content-security-policy").contains("'strict-dynamic'"),
        body => !body.contains("<body class=\"popup\""),
    };
    if is_app { Sort::App } else { Sort::Popup }
}

/// A directive's words.
fn directive<'p>(policy: &'p str, name: &str) -> Option<Vec<&'p str>> {
    let mut all = policy.split(';').map(|directive| directive.split_whitespace().collect::<Vec<_>>());
    all.find(|words| words.first() == Some(&name)).map(|words| words[1..].to_vec())
}

fn check_policy(heard: &Heard, sort: Sort, place: &str) {
    let policy = heard.header("content-security-policy");
    let of = |name| directive(policy, name).unwrap_or_default();
    for loose in ["unsafe-inline", "'unsafe-eval'", "unsafe-hashes", "*", "http:", "https:"] {
        assert!(!policy.contains(loose), "{place}: {loose} in {policy}");
    }
    assert_eq!(of("default-src"), ["'none'"], "{place}: {policy}");
    assert_eq!(of("frame-ancestors"), ["'none'"], "{place}: {policy}");
    let scripts = of("script-src");
    match sort {
        Sort::Plain => assert!(scripts.is_empty(), "{place}: {policy}"),
        Sort::Popup => assert_eq!(scripts.len(), 1, "{place}: a nonce and nothing else: {policy}"),
        Sort::App => {
            assert_eq!(scripts[1..], ["'strict-dynamic'", "'wasm-unsafe-eval'"], "{place}: {policy}");
            assert_eq!(of("connect-src"), ["'self'"], "{place}: {policy}");
        }
    }
    if sort != Sort::Plain {
        assert_eq!((of("base-uri"), of("form-action")), (vec!["'none'"], vec!["'self'"]), "{place}: {policy}");
        assert_eq!(of("style-src"), ["'self'"], "{place}: {policy}");
        let nonce = scripts[0].strip_prefix("'nonce-").and_then(|rest| rest.strip_suffix('\'')).expect("a nonce first");
        assert!(nonce.len() >= 20, "{place}: {nonce}");
        for script in heard.body.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap_or_default();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{place}: <script{tag}");
        }
        assert!(!heard.body.contains(" style=\""), "{place}: the policy forbids it");
    }
}

fn check(heard: &Heard, place: &str, https: bool) {
    let (sort, place) = (sort(heard), &format!("{place} ({})", heard.status));
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if https { "max-age=31536000" } else { "" }),
        ("referrer-policy", if sort == Sort::Popup { "no-referrer" } else { "same-origin" }),
    ] {
        assert_eq!(heard.header(name), expected, "{place}: {name}");
        assert!(heard.headers.get_all(name).iter().count() <= 1, "{place}: {name} twice");
    }
    // A popup's page must keep its opener at the network's side of things as it is; an app's page gives up all others.
    let opener = heard.header("cross-origin-opener-policy");
    match sort {
        Sort::App => assert_eq!(opener, "same-origin-allow-popups", "{place}"),
        Sort::Popup => assert_eq!(opener, "", "{place}"),
        // A server function's answer may carry it; to a browser it means something on a document only.
        Sort::Plain => assert!(["", "same-origin-allow-popups"].contains(&opener), "{place}: {opener}"),
    }
    for feature in ["camera", "microphone", "geolocation", "payment", "usb"] {
        assert!(heard.header("permissions-policy").contains(&format!("{feature}=()")), "{place}: {feature}");
    }
    let is_file = heard.status == 200 && place.contains("a file");
    let cache = heard.header("cache-control");
    assert!(
        if is_file { cache.contains("max-age") } else { ["no-store", "no-cache"].contains(&cache) },
        "{place}: {cache}"
    );
    for (name, _) in &heard.headers {
        assert!(!["server", "x-powered-by"].contains(&name.as_str()), "{place}: {name} says too much");
    }
    check_policy(heard, sort, place);
}

async fn ask(inside: &Inside, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Heard {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    inside.send(request.body(Body::from(body)).expect("a request")).await
}

/// All doors, signed in and not, as they are meant to be asked and as they are not.
async fn every_door(https: bool) {
    let inside = Inside::with(|settings| {
        if https {
            settings.base_url = "https://green.example".to_owned();
        }
    })
    .await;
    let link = inside.owner("ada@example.org").await;
    let browser = inside.browser("192.0.2.1");
    assert_eq!(browser.get(&format!("/sign-in/{link}"), &[]).await.status, 303);
    let cookie: Vec<_> =
        browser.cookies.lock().expect("one test").iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (cookie, origin) = (cookie.join("; "), inside.app.base_url.origin());
    let whole = Foreign { workspace: "harbour".to_owned(), app: "x".to_owned(), ..Foreign::default() };
    let all = strangers::tries(&whole);
    let form_type = ("content-type", "application/x-www-form-urlencoded");
    let mut seen = std::collections::BTreeSet::new();
    for attempt in all.iter().filter(|attempt| !attempt.door.ends_with("sign_out")) {
        seen.insert(attempt.door.to_owned());
        let form = oauth2::url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&attempt.form).finish();
        for cookie in [None, Some(("cookie", cookie.as_str()))] {
            for accept in ["text/html", "application/json"] {
                for (method, from) in [
                    (attempt.method.clone(), origin.as_str()),
                    (attempt.method.clone(), "https://evil.example"),
                    (Method::HEAD, origin.as_str()),
                    (Method::PUT, origin.as_str()),
                    (Method::OPTIONS, origin.as_str()),
                ] {
                    let mut headers = vec![("origin", from), ("accept", accept), form_type];
                    headers.extend(cookie);
                    let heard = ask(&inside, method.clone(), &attempt.path, &headers, form.clone()).await;
                    check(&heard, &format!("{method} {} from {from} for {accept}", attempt.door), https);
                }
            }
        }
    }
    let mut doors = strangers::doors();
    doors.retain(|door| !door.ends_with("sign_out"));
    assert_eq!(doors, seen, "a door whose answers nobody looked at");
    refusals(&inside, &origin, https).await;
}

/// What no door answers.
async fn refusals(inside: &Inside, origin: &str, https: bool) {
    let own = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
    let long = "x".repeat(70_000);
    let of = async |method, path: &str, headers: &[(&str, &str)], body: &str| {
        ask(inside, method, path, headers, body.to_owned()).await
    };
    let sign_in = "/api/session/sign_in";
    for (status, heard) in [
        (404, of(Method::GET, "/nowhere", &own, "").await),
        (404, of(Method::GET, "/nowhere/at/all", &own, "").await),
        (405, of(Method::DELETE, "/healthz", &own, "").await),
        (405, of(Method::GET, "/connect/x", &own, "").await),
        (413, of(Method::POST, sign_in, &own, &long).await),
        (414, of(Method::GET, &format!("/?{}", &long[..30_000]), &own, "").await),
        (415, of(Method::POST, "/connect/x", &[own[0], ("content-type", "text/plain")], "x").await),
        (431, of(Method::GET, "/", &[("x-long", &long[..40_000])], "").await),
    ] {
        assert_eq!(heard.status, status, "{:.300}", heard.body);
        check(&heard, "a refusal", https);
    }
    // A file, where one was built.
    let file = of(Method::GET, "/favicon.svg", &[], "").await;
    check(&file, if file.status == 200 { "a file" } else { "no file" }, https);
}

#[tokio::test]
async fn every_answer_of_every_door_carries_what_it_must_on_https() {
    every_door(true).await;
}

#[tokio::test]
async fn every_answer_of_every_door_carries_what_it_must_on_loopback() {
    every_door(false).await;
}
