//! AT-05: somebody begins, and has somebody else finish. Whatever link they send, whoever is to follow it: no token is
//! asked for, and neither workspace changes (O-06).

use reqwest::Method;

use super::{
    on_both,
    person::{Person, Say},
    world::World,
};
use crate::domain::{AttemptState, Role, Status, Trouble};

/// Who is sent the link.
async fn victims<'w>(world: &'w World, attacker: &Person<'w>) -> Vec<(&'static str, Person<'w>)> {
    vec![
        ("a colleague of the same workspace", world.colleague("Colleague", attacker, Role::Owner).await),
        ("somebody of another workspace", world.owner("Victim").await),
        ("nobody who is signed in", Person::new(world, attacker.workspace.clone())),
    ]
}

fn attempt_cookies(person: &Person<'_>) -> Vec<(String, String)> {
    let is_attempts = |(name, _): &(&String, &String)| name.contains("-oa-");
    person.cookies().iter().filter(is_attempts).map(|(name, value)| (name.clone(), value.clone())).collect()
}

on_both! {
    async fn an_address_at_the_network_that_somebody_else_follows_connects_nothing(world) {
        let attacker = world.owner("Attacker").await;
        let page = attacker.has("Lair", &["chirper"]).await[0];
        for (who, victim) in victims(world, &attacker).await {
            let before = attacker.board().await;
            let popup = attacker.opens_popup(page).await;
            // The victim approves as themselves, and their browser is sent back.
            let callback = popup.callback(Say::Yes("eve")).await;
            let end = victim.get(&callback).await;
            assert_eq!(end.status, 400, "{who}: {end:?}");
            assert!(!end.body.contains("Lair"), "{who} reads names of others");
            assert_eq!(attacker.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::OtherBrowser), "{who}");
            // Not even when the address comes back to whoever began.
            assert_eq!(attacker.get(&callback).await.status, 400, "{who}");
            let after = attacker.board().await;
            assert_eq!((after.seq, after.pages), (before.seq, before.pages), "{who}");
        }
        assert_eq!(world.requests("chirper", "token").await, 0);
        assert_eq!(attacker.sees(page).await, Status::NotConnected);
    }

    async fn a_callback_with_the_code_of_the_sender_connects_nothing(world) {
        let attacker = world.owner("Attacker").await;
        let own = attacker.has("Lair", &["chirper"]).await[0];
        for (who, victim) in victims(world, &attacker).await {
            let waiting = match who {
                "somebody of another workspace" => {
                    let page = victim.has("Bondi", &["chirper"]).await[0];
                    Some((page, victim.opens_popup(page).await))
                }
                _ => None,
            };
            let callback = attacker.opens_popup(own).await.callback(Say::Yes("eve")).await;
            assert_eq!(victim.get(&callback).await.status, 400, "{who}");
            if let Some((page, popup)) = waiting {
                assert_eq!(victim.sees(page).await, Status::NotConnected, "{who}");
                assert!(popup.answers(Say::Yes("ben")).await.body.contains("is connected"), "their own still works");
            }
        }
        assert_eq!(world.requests("chirper", "token").await, 1, "that of the victim's own attempt");
        assert_eq!(world.living_grants("chirper").await, 2, "eve's yes, of which nothing came, and ben's");
    }

    async fn a_planted_cookie_of_an_attempt_makes_nobody_its_owner(world) {
        let attacker = world.owner("Attacker").await;
        let page = attacker.has("Lair", &["chirper"]).await[0];
        for (who, victim) in victims(world, &attacker).await {
            let popup = attacker.opens_popup(page).await;
            victim.cookies().extend(attempt_cookies(&attacker));
            let end = victim.get(&popup.callback(Say::Yes("eve")).await).await;
            assert_eq!(end.status, 400, "{who}: {end:?}");
        }
        // The same person in another browser of theirs is another session.
        let second = Person::new(world, attacker.workspace.clone());
        second.call("session/sign_in", &[("email", "attacker@example.org"), ("password", "a long password")]).await;
        let popup = attacker.opens_popup(page).await;
        second.cookies().extend(attempt_cookies(&attacker));
        assert_eq!(second.get(&popup.callback(Say::Yes("eve")).await).await.status, 400);
        assert_eq!(world.requests("chirper", "token").await, 0);
    }

    async fn the_start_page_is_no_link_and_no_other_sites_form(world) {
        let attacker = world.owner("Attacker").await;
        let page = attacker.has("Lair", &["chirper"]).await[0];
        let start = format!("/connect/{page}");
        for (who, victim) in victims(world, &attacker).await {
            assert_eq!(victim.get(&start).await.status, 405, "{who}");
            let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
            assert_eq!(victim.send(Method::POST, &start, Some(&[]), &foreign).await.status, 403, "{who}");
        }
        assert!(world.ledger().await["authorizations"].as_array().expect("a list").is_empty());
    }

    async fn the_id_of_an_attempt_is_nobody_elses_to_choose(world) {
        let (attacker, victim) = (world.owner("Attacker").await, world.owner("Victim").await);
        let own = attacker.has("Lair", &["chirper"]).await[0];
        let page = victim.has("Bondi", &["chirper"]).await[0];
        let waiting = victim.opens_popup(page).await;
        let taken = waiting.attempt.to_string();
        for (who, start) in [(&attacker, own), (&victim, page)] {
            let again = who.post(&format!("/connect/{start}"), &[("attempt", &taken)]).await;
            assert_eq!(again.status, 409, "{again:?}");
        }
        assert!(waiting.answers(Say::Yes("ben")).await.body.contains("is connected"));
        assert_eq!(attacker.sees(own).await, Status::NotConnected);
    }
}
