//! Hostile callbacks: AT-02, AT-03, AT-06 and AT-14 of the security requirements. The ledger counts what was sent.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{
    disconnecting::secrets_left,
    on_both,
    person::{Person, Say, between},
    world::World,
};
use crate::domain::{AttemptState, Status, Trouble};

fn with_state(callback: &str, state: Option<&str>) -> String {
    let mut url = oauth2::url::Url::parse(callback).expect("an address");
    let rest: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
    url.query_pairs_mut().clear().extend_pairs(rest);
    if let Some(state) = state {
        url.query_pairs_mut().append_pair("state", state);
    }
    url.into()
}

on_both! {
    async fn a_callback_that_we_cannot_compare_ends_its_attempt(world) {
        use sea_orm::ConnectionTrait;
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let callback = popup.callback(Say::Yes("ben")).await;
        let db = world.app.store.read();
        db.execute_unprepared("ALTER TABLE memberships RENAME TO away").await.expect("it goes");
        assert_eq!(owner.get(&callback).await.status, 503);
        db.execute_unprepared("ALTER TABLE away RENAME TO memberships").await.expect("it comes back");
        assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::NoAnswer));
        assert_eq!((secrets_left(world).await, world.requests("chirper", "token").await), (0, 0));
    }

    // AT-02, O-03 to O-06
    async fn a_callback_without_its_own_state_sends_nothing(world) {
        let (attacker, victim) = (world.owner("Attacker").await, world.owner("Victim").await);
        let own = attacker.has("Lair", &["chirper"]).await[0];
        let page = victim.has("Bondi", &["chirper"]).await[0];
        let popup = attacker.opens_popup(own).await;
        let callback = popup.callback(Say::Yes("eve")).await;
        let waiting = victim.opens_popup(page).await;
        for forged in [
            with_state(&callback, None),
            with_state(&callback, Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
            callback.clone(),
            with_state(&callback, Some(&waiting.state()[1..])),
        ] {
            let answer = victim.get(&forged).await;
            assert!((400..500).contains(&answer.status), "{forged}: {answer:?}");
            assert!(!answer.body.contains("Lair"), "other people's names are not shown");
        }
        // The victim's own state arriving in the attacker's browser.
        let stolen = with_state(&callback, Some(&waiting.state()));
        assert!((400..500).contains(&attacker.get(&stolen).await.status));
        assert_eq!(world.requests("chirper", "token").await, 0);
        assert_eq!((victim.sees(page).await, attacker.sees(own).await), (Status::NotConnected, Status::NotConnected));
        assert_eq!(victim.looks(waiting.attempt).await.state, AttemptState::Failed(Trouble::OtherBrowser));
    }

    async fn a_callback_needs_the_cookie_of_its_attempt_and_the_session(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "linkwork"]).await;
        let callback = owner.opens_popup(pages[0]).await.callback(Say::Yes("ben")).await;
        let whole = owner.cookies.lock().expect("nobody panicked with it").clone();
        owner.cookies.lock().expect("nobody panicked with it").retain(|name, _| !name.contains("-oa-"));
        owner.get(&callback).await;
        *owner.cookies.lock().expect("nobody panicked with it") = whole;
        assert_eq!(owner.sees(pages[0]).await, Status::NotConnected);

        let callback = owner.opens_popup(pages[1]).await.callback(Say::Yes("ben")).await;
        owner.cookies.lock().expect("nobody panicked with it").retain(|name, _| !name.ends_with("-sid"));
        assert_eq!(owner.get(&callback).await.status, 400);
        assert_eq!(world.requests("chirper", "token").await + world.requests("linkwork", "token").await, 0);
    }

    // AT-03, O-20
    async fn a_callback_works_once_however_often_it_comes(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let callback = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
        let ends = join_all((0..100).map(|_| owner.get(&callback))).await;
        assert_eq!(ends.iter().filter(|end| end.body.contains("is connected")).count(), 1);
        for _ in 0..100 {
            assert_eq!(owner.get(&callback).await.status, 400);
        }
        assert_eq!(world.requests("chirper", "token").await, 1);
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(world.living_grants("chirper").await, 1, "a code that comes twice would have ended it");
    }

    // AT-06, O-21
    async fn an_answer_of_another_issuer_sends_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let right = format!("{}/chirper", world.sandbox);
        for fault in [
            json!({ "iss": "wrong" }),
            json!({ "iss": "missing" }),
            json!({ "iss_value": format!("{right}/") }),
            json!({ "iss_value": right.to_uppercase() }),
            json!({ "iss_value": format!("{}/hush", world.sandbox) }),
            json!({ "iss_value": "" }),
            json!({ "iss_twice": true }),
        ] {
            let mut on = fault.clone();
            on["network"] = "chirper".into();
            world.fault(on).await;
            for say in [Say::Yes("ben"), Say::No] {
                let popup = owner.opens_popup(page).await;
                let answer = popup.answers(say).await;
                assert_eq!(answer.status, 400, "{fault}: {answer:?}");
                assert_ne!(owner.looks(popup.attempt).await.state, AttemptState::Cancelled, "{fault}");
            }
            let off: serde_json::Map<_, _> =
                fault.as_object().expect("a map").keys().map(|key| (key.clone(), serde_json::Value::Null)).collect();
            let mut off = serde_json::Value::Object(off);
            off["network"] = "chirper".into();
            world.fault(off).await;
        }
        assert_eq!(world.requests("chirper", "token").await, 0);
        owner.connects(page, "ben").await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    async fn an_answer_at_another_networks_callback_sends_nothing(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        let chirper = owner.opens_popup(pages[0]).await.callback(Say::Yes("ben")).await;
        let hush = owner.opens_popup(pages[1]).await.callback(Say::Yes("ben")).await;
        let app_of = |callback: &str| callback.split('?').next().expect("an address").to_owned();
        let crossed = chirper.replace(&app_of(&chirper), &app_of(&hush));
        assert_eq!(owner.get(&crossed).await.status, 400);
        assert_eq!(world.requests("chirper", "token").await + world.requests("hush", "token").await, 0);
    }

    async fn looking_ahead_spends_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let callback = owner.opens_popup(page).await.callback(Say::Yes("ben")).await;
        assert_eq!(owner.send(Method::HEAD, &callback, None, &[]).await.status, 204);
        for ahead in [
            ("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"),
            ("x-purpose", "preview"), ("x-moz", "prefetch"), ("X-Moz", "Prefetch"),
        ] {
            assert_eq!(owner.send(Method::GET, &callback, None, &[ahead]).await.status, 204, "{ahead:?}");
        }
        assert_eq!(world.requests("chirper", "token").await, 0);
        assert_eq!(owner.send(Method::POST, &callback, Some(&[]), &[("origin", &world.origin)]).await.status, 405);
        owner.get(&callback).await;
        assert_eq!(owner.sees(page).await, Status::Connected);
    }

    // AT-14, O-05
    async fn ten_windows_of_one_page_do_not_disturb_each_other(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let mut callbacks = Vec::new();
        for _ in 0..10 {
            callbacks.push(owner.opens_popup(page).await.callback(Say::Yes("ben")).await);
        }
        for callback in callbacks.iter().rev() {
            let end = owner.get(callback).await;
            assert!(end.body.contains("is connected"), "{}", end.body);
        }
        assert_eq!(owner.sees(page).await, Status::Connected);
        assert_eq!(world.living_grants("chirper").await, 1);
    }

    async fn of_more_than_twenty_windows_the_oldest_ends(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let mut popups = Vec::new();
        for _ in 0..21 {
            popups.push(owner.opens_popup(page).await);
            world.clock.advance(std::time::Duration::from_millis(5));
        }
        assert_eq!(owner.looks(popups[0].attempt).await.state, AttemptState::Expired);
        let cookies = owner.cookies.lock().expect("nobody panicked with it").keys().filter(|name| name.contains("-oa-")).count();
        assert_eq!(cookies, 20);
        assert!(popups[20].answers(Say::Yes("ben")).await.body.contains("is connected"));
    }

    // O-08, AT-09
    async fn the_way_back_is_never_read_from_the_request(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let forged = [
            ("sec-fetch-site", "same-origin"), ("host", "evil.example"), ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"), ("forwarded", "host=evil.example"),
        ];
        let start = owner.send(Method::POST, &format!("/connect/{page}"), Some(&[]), &forged).await;
        assert!(start.status == 200 && !start.body.contains("evil"), "{}", start.body);
        let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).expect("an address");
        let popup = owner.popup_at(&url);
        let callback = popup.callback(Say::Yes("ben")).await;
        for path in ["//evil.example/oauth", "/.//evil.example", "/%2f%2fevil.example", "/\\evil.example"] {
            let odd = callback.replacen("/oauth", path, 1);
            assert_eq!(owner.send(Method::GET, &odd, None, &forged[1..]).await.status, 404, "{odd}");
        }
        // The network compares the address of the token request with that of the question (RFC 6749, section 4.1.3).
        let end = owner.send(Method::GET, &callback, None, &forged[1..]).await;
        assert_eq!(owner.sees(page).await, Status::Connected, "{end:?}");
        assert!(!format!("{end:?}").contains("evil"), "{end:?}");
        let ledger = world.ledger().await;
        let ours = world.app.base_url.callback(world.app.networks.all().find(|app| app.definition.id.0 == "chirper").expect("it is set up").id);
        assert_eq!(ledger["authorizations"][0]["redirect_uri"], ours.as_str());
        assert!(ours.starts_with(&world.origin), "{ours}");
    }

    async fn a_foreign_name_in_the_requests_own_address_changes_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        // As a proxy would be asked: the whole address stands in the request's first line.
        let start = http::Request::post(format!("http://evil.example/connect/{page}"));
        let start = start.header("cookie", owner.cookie_header()).header("sec-fetch-site", "same-origin");
        let start = start.header("host", "evil.example").header("content-type", "application/x-www-form-urlencoded");
        let (status, head, body) = world.asks_directly(start.body("attempt=".into()).expect("a request")).await;
        assert!(status == 200 && body.contains("location.replace("), "{status} {body}");
        assert!(!format!("{head}{body}").contains("evil"), "{head} {body}");
        let url: String = serde_json::from_str(&between(&body, "location.replace(", ")")).expect("an address");
        let callback = owner.popup_at(&url).callback(Say::Yes("ben")).await;
        assert!(callback.starts_with(&format!("{}/oauth/callback/", world.origin)), "{callback}");
    }

    async fn a_double_slash_is_no_door(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        for path in [format!("//connect/{page}"), format!("/connect//{page}"), format!("//evil.example/connect/{page}")] {
            let answer = owner.post(&path, &[]).await;
            assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
            assert!(!answer.body.contains("location.replace("), "{path}");
        }
        assert!(world.ledger().await["authorizations"].as_array().expect("a list").is_empty());
    }

    async fn starting_is_a_post_of_our_own_page(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let path = format!("/connect/{page}");
        assert_eq!(owner.get(&path).await.status, 405);
        for headers in [&[("sec-fetch-site", "cross-site")][..], &[("origin", "https://evil.example")], &[]] {
            assert_eq!(owner.send(Method::POST, &path, Some(&[]), headers).await.status, 403, "{headers:?}");
        }
        let nobody = Person::new(world, owner.workspace.clone());
        assert_eq!(nobody.post(&path, &[]).await.status, 401);
        assert!(world.ledger().await["authorizations"].as_array().expect("a list").is_empty());
    }
}
