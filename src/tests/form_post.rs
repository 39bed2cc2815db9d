//! AT-13: a network whose page posts its answer (`response_mode=form_post`). No cookie of ours comes with that, so it is
//! sealed under its attempt and fetched by the same browser, which must have begun it.

use std::time::Duration;

use axum::body::Body;
use reqwest::Method;
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use serde_json::json;

use super::{
    on_both,
    person::{Answer, Form, Person, Say},
    world::{Extra, World, asks, router_of},
};
use crate::{
    domain::{AttemptState, Role, Status, Trouble},
    server::{connect, sandbox},
};

/// Chirper, but it posts.
fn posting() -> Vec<Extra> {
    let text = include_str!("../../networks/chirper.toml")
        .replace("[authorize]\n", "[authorize]\nresponse_mode = \"form_post\"\n");
    vec![Extra { id: "chirper", text, client: (sandbox::client_id("chirper"), sandbox::client_secret("chirper")) }]
}

/// How many values are sealed under attempts.
async fn sealed(world: &World, column: &str) -> usize {
    let mut select = Query::select();
    select.column("owner_row").from("secrets");
    select.and_where(Expr::col("owner_table").eq("attempts")).and_where(Expr::col("owner_column").eq(column));
    world.app.store.read().query_all(&select).await.expect("the database answers").len()
}

/// Where the browser is sent on to after its post.
fn onwards(posted: &Answer) -> String {
    assert_eq!(posted.status, 303, "{posted:?}");
    let on = posted.header("location").to_owned();
    assert!(on.starts_with("/oauth/finish/") && !on.contains('?'), "{on}");
    on
}

fn altered(form: &Form, name: &str, value: &str) -> Form {
    let rest = form.1.iter().filter(|(key, _)| key != name).cloned();
    (form.0.clone(), rest.chain([(name.to_owned(), value.to_owned())]).collect())
}

fn is_strict(answer: &Answer) {
    for (name, part) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert!(answer.header(name).contains(part), "{name}: {answer:?}");
    }
    assert!(answer.header("cross-origin-opener-policy").is_empty(), "a popup page keeps its opener policy open");
}

on_both! {
    with posting();

    async fn a_posted_yes_connects_and_a_posted_no_does_not(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        assert!(popup.url.query().expect("parameters").contains("response_mode=form_post"));
        let posted = owner.posts_across(&popup.form(Say::No).await).await;
        assert!(owner.get(&onwards(&posted)).await.body.contains("you cancelled"));
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Cancelled);
        assert_eq!(world.requests("chirper", "token").await, 0);

        let popup = owner.opens_popup(page).await;
        let posted = owner.posts_across(&popup.form(Say::Yes("ben")).await).await;
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Open, "nothing is spent yet");
        assert_eq!((sealed(world, "posted").await, world.requests("chirper", "token").await), (1, 0));
        // The code lies nowhere in the open.
        world.holds_no_secret().await;
        let on = onwards(&posted);
        let end = owner.get(&on).await;
        assert!(end.status == 200 && end.body.contains("is connected"), "{end:?}");
        assert_eq!(owner.sees(page).await, Status::Connected);
        is_strict(&posted);
        is_strict(&end);
        assert_eq!((sealed(world, "posted").await, sealed(world, "verifier").await), (0, 0));
        assert!(!owner.cookies().keys().any(|name| name.contains("-oa-") || name.contains("-fp-")), "both cookies are gone");
        // However often it is asked for.
        for _ in 0..3 {
            assert!(owner.get(&on).await.body.contains("is connected"));
        }
        assert_eq!(world.requests("chirper", "token").await, 1);
    }

    async fn what_is_posted_twice_or_fetched_at_once_is_sent_once(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let form = popup.form(Say::Yes("ben")).await;
        owner.posts_across(&form).await;
        let on = onwards(&owner.posts_across(&form).await);
        futures_util::future::join_all((0..50).map(|_| owner.get(&on))).await;
        assert_eq!(world.requests("chirper", "token").await, 1);
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(owner.posts_across(&form).await.status, 400, "nothing waits for it any more");
    }

    async fn nobody_fetches_what_another_browser_posted(world) {
        let attacker = world.owner("Attacker").await;
        let page = attacker.has("Lair", &["chirper"]).await[0];
        for (who, victim) in [
            ("a colleague", world.colleague("Colleague", &attacker, Role::Owner).await),
            ("somebody else", world.owner("Victim").await),
            ("nobody", Person::new(world, attacker.workspace.clone())),
        ] {
            let popup = attacker.opens_popup(page).await;
            // The victim followed the attacker's address and approved; their browser posts.
            let on = onwards(&victim.posts_across(&popup.form(Say::Yes("eve")).await).await);
            // The attacker is faster than the victim's browser.
            assert_eq!(attacker.get(&on).await.status, 400, "{who}");
            assert_eq!(attacker.looks(popup.attempt).await.state, AttemptState::Open, "{who}: nothing is spent by asking");
            let end = victim.get(&on).await;
            assert!(end.status == 400 && !end.body.contains("Lair"), "{who}: {end:?}");
            assert_eq!(attacker.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::OtherBrowser), "{who}");
            assert_eq!(attacker.get(&on).await.status, 400, "{who}");
        }
        assert_eq!(world.requests("chirper", "token").await, 0);
        assert_eq!((attacker.sees(page).await, sealed(world, "posted").await), (Status::NotConnected, 0));
    }

    async fn each_network_answers_in_its_own_way_only(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        // In the address, where it should be posted.
        let popup = owner.opens_popup(pages[0]).await;
        let form = popup.form(Say::Yes("ben")).await;
        let mut address = oauth2::url::Url::parse(&form.0).expect("an address");
        address.query_pairs_mut().extend_pairs(&form.1);
        assert_eq!(owner.get(address.as_str()).await.status, 400);
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Open);
        // Posted, where it should be in the address: another site is not let in, and our own pages have no such form.
        world.fault(json!({ "network": "hush", "response_mode": "form_post" })).await;
        let other = owner.opens_popup(pages[1]).await.form(Say::Yes("ben")).await;
        assert_eq!(owner.posts_across(&other).await.status, 403);
        let own: Vec<_> = other.1.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(owner.post(&other.0, &own).await.status, 405);
        assert_eq!(world.requests("hush", "token").await + world.requests("chirper", "token").await, 0);
        // Looking ahead spends nothing.
        let on = onwards(&owner.posts_across(&form).await);
        assert_eq!(owner.send(Method::HEAD, &on, None, &[]).await.status, 204);
        assert_eq!(owner.send(Method::GET, &on, None, &[("sec-purpose", "prefetch")]).await.status, 204);
        assert!(owner.get(&on).await.body.contains("is connected"));
    }

    async fn a_posted_answer_is_compared_like_any_other(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        for (name, value) in [("iss", "https://evil.example"), ("iss", "")] {
            let popup = owner.opens_popup(page).await;
            let form = altered(&popup.form(Say::Yes("ben")).await, name, value);
            assert_eq!(owner.get(&onwards(&owner.posts_across(&form).await)).await.status, 400, "{value}");
            assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::WrongIssuer), "{value}");
        }
        // Late, or by a browser that has lost its cookie.
        let popup = owner.opens_popup(page).await;
        let on = onwards(&owner.posts_across(&popup.form(Say::Yes("ben")).await).await);
        owner.cookies().retain(|name, _| !name.contains("-oa-"));
        assert_eq!(owner.get(&on).await.status, 400);
        let popup = owner.opens_popup(page).await;
        let on = onwards(&owner.posts_across(&popup.form(Say::Yes("ben")).await).await);
        world.clock.advance(Duration::from_mins(11));
        assert_eq!(owner.get(&on).await.status, 400);
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Expired);
        assert_eq!(world.requests("chirper", "token").await, 0);
    }

    async fn a_form_that_no_network_posts_is_refused(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let form = popup.form(Say::Yes("ben")).await;
        let twice = |name: &str| {
            let again = form.1.iter().find(|(key, _)| key == name).expect("it is there").clone();
            (form.0.clone(), form.1.iter().cloned().chain([again]).collect())
        };
        for odd in [
            altered(&form, "state", ""), altered(&form, "state", &"A".repeat(43)), altered(&form, "code", ""),
            altered(&form, "error", "access_denied"), altered(&form, "more", &"x".repeat(9_000)),
            twice("state"), twice("code"), twice("iss"), (form.0.clone(), vec![]),
        ] {
            let answer = owner.posts_across(&odd).await;
            assert_eq!(answer.status, 400, "{odd:.300?}: {answer:?}");
            is_strict(&answer);
        }
        assert_eq!(owner.posts_across(&altered(&form, "more", &"x".repeat(90_000))).await.status, 413);
        let json = world.http.post(&form.0).header("sec-fetch-site", "cross-site").json(&json!({ "code": "c", "state": "s" }));
        assert_eq!(json.send().await.expect("the app answers").status().as_u16(), 400);
        assert_eq!(sealed(world, "posted").await, 0);
        let on = onwards(&owner.posts_across(&form).await);
        assert!(owner.get(&on).await.body.contains("is connected"));
    }

    async fn what_was_posted_is_forgotten_when_its_attempt_ends(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let stopped = owner.opens_popup(page).await;
        let on = onwards(&owner.posts_across(&stopped.form(Say::Yes("ben")).await).await);
        assert_eq!(sealed(world, "posted").await, 1);
        owner.call("attempts/stop", &[("attempt", &stopped.attempt.to_string())]).await;
        assert_eq!(sealed(world, "posted").await, 0);
        assert!(owner.get(&on).await.body.contains("stopped waiting"));

        let oldest = owner.opens_popup(page).await;
        owner.posts_across(&oldest.form(Say::Yes("ben")).await).await;
        for _ in 0..20 {
            world.clock.advance(Duration::from_millis(5));
            owner.opens_popup(page).await;
        }
        assert_eq!(owner.looks(oldest.attempt).await.state, AttemptState::Expired);
        assert_eq!(sealed(world, "posted").await, 0);

        let forgotten = owner.opens_popup(page).await;
        owner.posts_across(&forgotten.form(Say::Yes("ben")).await).await;
        assert_eq!(sealed(world, "posted").await, 1);
        world.clock.advance(Duration::from_hours(25));
        connect::sweep(&world.app).await.expect("it sweeps");
        assert_eq!((sealed(world, "posted").await, sealed(world, "verifier").await), (0, 0));
        assert_eq!(world.requests("chirper", "token").await, 0);
    }

    async fn a_process_that_ends_after_the_post_loses_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let on = onwards(&owner.posts_across(&popup.form(Say::Yes("ben")).await).await);
        let next = world.another_process().await;
        let request = http::Request::get(&on).header("cookie", owner.cookie_header()).body(Body::empty()).expect("a request");
        let (status, _, body) = asks(router_of(&next), request).await;
        assert!(status == 200 && body.contains("is connected"), "{status} {body}");
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(world.requests("chirper", "token").await, 1);
    }
}
