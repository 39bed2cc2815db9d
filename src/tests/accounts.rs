//! Signing in and out.

use std::time::Duration;

use super::{on_both, person::Person, world::World};
use crate::{
    domain::{ApiError, Me, SessionCard},
    server::accounts::{self, Purpose},
};

const PASSWORD: &str = "a long password";

on_both! {
    async fn the_set_up_link_makes_the_first_owner_once(world) {
        let token = accounts::make_link(&world.app, Purpose::SetUp).await.expect("a link");
        let newcomer = Person::new(world, "harbour-coffee".to_owned());
        assert_eq!(newcomer.get(&format!("/setup/{token}")).await.status, 200);
        let form = |password, email| {
            [("token", token.as_str()), ("workspace", "Harbour Coffee!"), ("name", "Ada"), ("email", email), ("password", password)]
        };
        let short = newcomer.call("session/set_up", &form("short", "ada@example.org")).await;
        assert_eq!((short.status, short.json::<ApiError>()), (422, ApiError::BadInput(crate::domain::Field::Password)));
        let odd = newcomer.call("session/set_up", &form(PASSWORD, "ada")).await;
        assert_eq!(odd.json::<ApiError>(), ApiError::BadInput(crate::domain::Field::Email));
        assert_eq!(newcomer.call("session/set_up", &form(PASSWORD, "Ada@Example.org ")).await.status, 200);
        let me: Me = newcomer.call("session/me", &[]).await.json();
        assert_eq!((me.email.as_str(), me.workspaces[0].slug.as_str()), ("ada@example.org", "harbour-coffee"));
        assert_eq!(newcomer.board().await.locations.len(), 0);
        let second = Person::new(world, String::new());
        assert_eq!(second.call("session/set_up", &form(PASSWORD, "eve@example.org")).await.status, 404);
    }

    async fn a_sign_in_link_works_once(world) {
        let owner = world.owner("Harbour").await;
        let me: Me = owner.call("session/me", &[]).await.json();
        let link = accounts::make_link(&world.app, Purpose::SignIn(me.id)).await.expect("a link");
        let browser = Person::new(world, owner.workspace.clone());
        assert_eq!(browser.get(&format!("/sign-in/{link}")).await.status, 303);
        browser.board().await;
        let other = Person::new(world, owner.workspace.clone());
        assert_eq!(other.get(&format!("/sign-in/{link}")).await.status, 404);
        assert_eq!(other.call("session/me", &[]).await.json::<ApiError>(), ApiError::SignedOut);
    }

    async fn a_password_signs_in_and_a_wrong_one_does_not(world) {
        let owner = world.owner("Harbour").await;
        let browser = Person::new(world, owner.workspace.clone());
        for (email, password) in [("harbour@example.org", "a wrong password"), ("nobody@example.org", PASSWORD), ("", "")] {
            let answer = browser.call("session/sign_in", &[("email", email), ("password", password)]).await;
            assert_eq!((answer.status, answer.json::<ApiError>()), (401, ApiError::WrongPassword), "{email}");
        }
        let answer = browser.call("session/sign_in", &[("email", " Harbour@Example.org"), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
        browser.board().await;
    }

    async fn without_a_script_a_wrong_password_is_told_on_the_sign_in_page(world) {
        world.owner("Harbour").await;
        let browser = Person::new(world, String::new());
        let (origin, referer) = (world.origin.clone(), format!("{}/sign-in", world.origin));
        let headers = [("origin", origin.as_str()), ("accept", "text/html"), ("referer", referer.as_str())];
        let form = [("email", "harbour@example.org"), ("password", "a wrong password")];
        let sent = browser.send(reqwest::Method::POST, "/api/session/sign_in", Some(&form), &headers).await;
        assert_eq!(sent.status, 302, "{sent:?}");
        let told = browser.get(sent.header("location")).await;
        assert!(told.body.contains("The e-mail or the password is wrong."), "{:.3000}", told.body);
        assert!(!told.body.contains("a wrong password"));
    }

    async fn signing_in_never_keeps_a_planted_session(world) {
        let owner = world.owner("Harbour").await;
        let before = owner.cookies.lock().expect("nobody panicked with it").clone();
        owner.call("session/sign_in", &[("email", "harbour@example.org"), ("password", PASSWORD)]).await;
        assert_ne!(*owner.cookies.lock().expect("nobody panicked with it"), before);
        let thief = Person::new(world, owner.workspace.clone());
        *thief.cookies.lock().expect("nobody panicked with it") = before;
        assert_eq!(thief.call("session/me", &[]).await.status, 401);
    }

    async fn sessions_are_listed_and_ended(world) {
        let owner = world.owner("Harbour").await;
        let phone = Person::new(world, owner.workspace.clone());
        phone.call("session/sign_in", &[("email", "harbour@example.org"), ("password", PASSWORD)]).await;
        let sessions: Vec<SessionCard> = owner.call("session/list", &[]).await.json();
        assert_eq!(sessions.len(), 2);
        let other = sessions.iter().find(|session| !session.is_this).expect("the phone");
        assert_eq!(owner.call("session/end", &[("session", &other.id.to_string())]).await.status, 200);
        assert_eq!(phone.call("session/me", &[]).await.status, 401);
        owner.board().await;
        owner.call("session/sign_out", &[]).await;
        assert_eq!(owner.call("session/me", &[]).await.status, 401);
    }

    async fn a_stream_that_is_read_keeps_its_session(world) {
        let (owner, idle) = (world.owner("Harbour").await, world.owner("Elsewhere").await);
        let me: Vec<SessionCard> = owner.call("session/list", &[]).await.json();
        for _ in 0..5 {
            world.clock.advance(Duration::from_hours(3));
            assert!(accounts::follow(&world.app, me[0].id).await.expect("it answers"), "it is read");
            accounts::sweep(&world.app).await.expect("it sweeps");
        }
        assert_eq!(owner.call("session/me", &[]).await.status, 200, "nobody is signed out before an open tab");
        assert_eq!(idle.call("session/me", &[]).await.status, 401);
    }

    async fn a_viewer_looks_and_changes_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let viewer = world.owner("Elsewhere").await;
        let me: Me = viewer.call("session/me", &[]).await.json();
        let txn = world.app.store.begin().await.expect("it begins");
        let workspace = owner.board().await.workspace.id;
        crate::server::workspaces::add_member(&txn, workspace, me.id, crate::domain::Role::Viewer).await.expect("added");
        txn.commit().await.expect("committed");
        let viewer = viewer.at(&owner.workspace);
        assert!(!viewer.board().await.may_connect);
        assert_eq!(viewer.post(&format!("/connect/{page}"), &[]).await.status, 403);
        assert_eq!(viewer.disconnects(page).await.json::<ApiError>(), ApiError::NotAllowed);
        let form = [("workspace", viewer.workspace.as_str()), ("name", "Lair")];
        assert_eq!(viewer.call("workspace/add_location", &form).await.status, 403);
    }
}
