//! Every door there is, tried by somebody from another workspace and by nobody at all. A door that this table does not
//! know fails the test, so that a new one cannot be forgotten.

use std::collections::BTreeSet;

use reqwest::Method;

use super::{
    on_both,
    person::{Person, Say},
    world::World,
};
use crate::ui;

/// What is tried at a door.
pub struct Try {
    /// As the router or the server function names it.
    pub door: &'static str,
    pub method: Method,
    /// With somebody else's ids filled in.
    pub path: String,
    pub form: Vec<(&'static str, String)>,
    /// What a stranger hears: 404 wherever somebody else's thing is named.
    stranger: u16,
    /// What somebody hears who is not signed in.
    nobody: u16,
}

#[derive(Default)]
pub struct Foreign {
    pub workspace: String,
    pub page: String,
    pub location: String,
    pub attempt: String,
    pub session: String,
    pub app: String,
}

pub fn tries(foreign: &Foreign) -> Vec<Try> {
    let Foreign { workspace, page, location, attempt, session, app } = foreign;
    let of = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let api = |door, form, stranger, nobody| Try {
        door,
        method: Method::POST,
        path: door.to_owned(),
        form,
        stranger,
        nobody,
    };
    let get =
        |door, path: String, stranger, nobody| Try { door, method: Method::GET, path, form: vec![], stranger, nobody };
    let post = |door, path: String, form| Try { door, method: Method::POST, path, form, stranger: 404, nobody: 401 };
    let with = |mut form: Vec<(&'static str, String)>, name, value: &str| {
        form.push((name, value.to_owned()));
        form
    };
    let board = with(with(with(of("workspace", workspace), "q", ""), "show", "all"), "from", "0");
    let sign_in = with(of("email", "x@example.org"), "password", "wrong");
    let set_up = ["token", "workspace", "name"].iter().fold(vec![], |form, name| with(form, name, "x"));
    let set_up = with(with(set_up, "email", "x@example.org"), "password", "a long password");
    let mut all = vec![
        api("/api/pages/board", with(board, "shown", page), 404, 401),
        api("/api/pages/events_after", with(of("workspace", workspace), "seq", "0"), 404, 401),
        api("/api/pages/activity", activity(workspace), 404, 401),
        api("/api/pages/details", of("page", page), 404, 401),
        api("/api/pages/disconnect", of("page", page), 404, 401),
        api("/api/pages/add", with(of("location", location), "network", "chirper"), 404, 401),
        api("/api/workspace/card", of("workspace", workspace), 404, 401),
        api("/api/workspace/add_location", with(of("workspace", workspace), "name", "Lair"), 404, 401),
        api("/api/attempts/look", of("attempt", attempt), 404, 401),
        api("/api/attempts/stop", of("attempt", attempt), 404, 401),
        api("/api/session/end", of("session", session), 404, 401),
        // About the caller alone: nothing of anybody else's can be named.
        api("/api/session/me", vec![], 200, 401),
        api("/api/session/list", vec![], 200, 401),
        api("/api/session/sign_in", sign_in, 401, 401),
        api("/api/session/set_up", set_up, 404, 404),
        api("/api/session/sign_out", vec![], 200, 200),
        post("/connect/{page}", format!("/connect/{page}"), vec![]),
        post("/connect/attempt/{attempt}/choose", format!("/connect/attempt/{attempt}/choose"), of("account", "7001")),
        get("/oauth/finish/{attempt}", format!("/oauth/finish/{attempt}"), 400, 400),
        get("/w/{workspace}/events", format!("/w/{workspace}/events?after=0"), 404, 401),
        get("/sign-in/{token}", "/sign-in/x".to_owned(), 404, 404),
        get("/{pkg}/{*file}", "/pkg-x/nothing.js".to_owned(), 404, 404),
        get("/healthz", "/healthz".to_owned(), 200, 200),
        get("/readyz", "/readyz".to_owned(), 200, 200),
    ];
    all.extend(pages(workspace));
    all.extend(doors_of_owners(workspace));
    all.extend(doors_of_networks(app));
    all
}

fn activity(workspace: &str) -> Vec<(&'static str, String)> {
    let none = ["page", "q", "network", "before", "after"].map(|name| (name, String::new()));
    std::iter::once(("workspace", workspace.to_owned())).chain(none).collect()
}

/// What only owners see and do.
fn doors_of_owners(workspace: &str) -> Vec<Try> {
    let of = |door: &'static str, more: &[(&'static str, &str)]| {
        let own = [("workspace", workspace), ("network", "chirper")];
        let form = own.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect();
        Try { door, method: Method::POST, path: door.to_owned(), form, stranger: 404, nobody: 401 }
    };
    vec![
        of("/api/networks/list", &[]),
        of("/api/networks/show", &[]),
        of("/api/networks/enter", &[("client_id", "a"), ("client_secret", "b")]),
        of("/api/networks/place", &[("address", "git.example")]),
        of("/api/networks/remove", &[("pages", "0")]),
        of("/api/networks/check", &[]),
        of("/api/networks/switch", &[("on", "true")]),
    ]
}

/// The app's pages. What they show comes through the server functions above.
fn pages(workspace: &str) -> Vec<Try> {
    let get =
        |door, path: String, stranger, nobody| Try { door, method: Method::GET, path, form: vec![], stranger, nobody };
    vec![
        get("/w/{workspace}/settings/pages", format!("/w/{workspace}/settings/pages"), 404, 302),
        get("/w/{workspace}/settings/activity", format!("/w/{workspace}/settings/activity"), 404, 302),
        get("/w/{workspace}/settings/profile", format!("/w/{workspace}/settings/profile"), 404, 302),
        get("/w/{workspace}/settings/networks", format!("/w/{workspace}/settings/networks"), 404, 302),
        get(
            "/w/{workspace}/settings/networks/{network}",
            format!("/w/{workspace}/settings/networks/chirper"),
            404,
            302,
        ),
        get("/setup/{token}", "/setup/x".to_owned(), 200, 200),
        get("/sign-in", "/sign-in".to_owned(), 200, 200),
        get("/", "/".to_owned(), 302, 302),
    ]
}

/// Where networks come in, and send people. What they bring is believed for other reasons than a session.
fn doors_of_networks(app: &str) -> Vec<Try> {
    let of = |method, door, path: String, fields: &[(&'static str, &str)], heard| {
        let form = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Try { door, method, path, form, stranger: heard, nobody: heard }
    };
    let (callback, hooks) = ("/oauth/callback/{network_app}", "/hooks/{network_app}");
    let keys = "/oauth/clients/{network_app}/jwks.json";
    let document = "/oauth/clients/{network_app}/client-metadata.json";
    vec![
        of(Method::GET, callback, format!("/oauth/callback/{app}?code=c&state=s"), &[], 400),
        of(Method::POST, callback, format!("/oauth/callback/{app}"), &[("code", "c"), ("state", "s")], 405),
        // This network's app has no keys, but a secret.
        of(Method::GET, keys, format!("/oauth/clients/{app}/jwks.json"), &[], 404),
        of(Method::GET, document, format!("/oauth/clients/{app}/client-metadata.json"), &[], 404),
        of(Method::GET, hooks, format!("/hooks/{app}"), &[], 200),
        // Signed or not believed; this network says nothing by itself.
        of(Method::POST, hooks, format!("/hooks/{app}"), &[("signed_request", "x.y")], 404),
    ]
}

/// The doors as the code has them.
pub fn doors() -> BTreeSet<String> {
    let router = include_str!("../server/http/router.rs");
    let written = router.split(".route(\"").skip(1).map(|rest| rest.split('"').next().expect("a path").to_owned());
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    let pages = leptos_axum::generate_route_list(ui::App);
    let pages = pages.into_iter().map(|page| page.path().to_owned());
    written.filter(|path| path != "/api/{*name}").chain(functions).chain(pages).collect()
}

on_both! {
    async fn a_stranger_finds_nothing_at_any_door(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["pagebook"]).await[0];
        let popup = owner.opens_popup(page).await;
        popup.answers(Say::Yes("ada")).await;
        let board = owner.board().await;
        let sessions: Vec<crate::domain::SessionCard> = owner.call("session/list", &[]).await.json();
        let foreign = Foreign {
            workspace: owner.workspace.clone(),
            page: page.to_string(),
            location: board.locations[0].id.to_string(),
            attempt: popup.attempt.to_string(),
            session: sessions[0].id.to_string(),
            app: world.app.networks.app_at(&board.networks[0].id).expect("it is set up").id.to_string(),
        };
        let all = tries(&foreign);
        let known: BTreeSet<_> = all.iter().map(|attempt| attempt.door.to_owned()).collect();
        assert_eq!(doors(), known, "a door that is not in the table, or one that is not there any more");
        for attempt in &all {
            let stranger = world.owner(&format!("Stranger{}", uuid::Uuid::now_v7().simple())).await;
            let nobody = Person::new(world, "x".to_owned());
            for (who, person, expected) in [("stranger", &stranger, attempt.stranger), ("nobody", &nobody, attempt.nobody)] {
                let form: Vec<_> = attempt.form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let is_post = attempt.method == Method::POST;
                let headers = [("origin", world.origin.as_str()), ("accept", "application/json")];
                let headers = if is_post { &headers[..] } else { &[("accept", "text/html")] };
                let form = is_post.then_some(&form[..]);
                let answer = person.send(attempt.method.clone(), &attempt.path, form, headers).await;
                assert_eq!(answer.status, expected, "{who} at {}: {:.400}", attempt.door, answer.body);
                for name in ["Harbour", "Bondi"] {
                    assert!(!answer.body.contains(name), "{who} at {} reads {name}: {:.400}", attempt.door, answer.body);
                }
            }
        }
        let after = owner.board().await;
        assert_eq!((after.seq, after.locations, after.pages), (board.seq, board.locations, board.pages));
    }

    async fn every_change_refuses_other_sites(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        owner.connects(page, "ben").await;
        let before = owner.board().await;
        let paths = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
        let paths: Vec<_> = paths.chain([format!("/connect/{page}")]).collect();
        let form = [("page", page.to_string()), ("workspace", owner.workspace.clone()), ("name", "Lair".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in &paths {
            for headers in [
                &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
                &[("sec-fetch-site", "same-site")],
                &[("sec-fetch-site", "none")],
                &[("origin", "https://evil.example")],
                &[("origin", "null")],
                &[],
            ] {
                let answer = owner.send(Method::POST, path, Some(&form), headers).await;
                assert_eq!(answer.status, 403, "{path} {headers:?}");
            }
        }
        let stream = format!("/w/{}/events", owner.workspace);
        assert_eq!(owner.send(Method::GET, &stream, None, &[("sec-fetch-site", "cross-site")]).await.status, 403);
        let after = owner.board().await;
        assert_eq!((after.seq, after.pages), (before.seq, before.pages));
    }
}
