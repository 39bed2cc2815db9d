use leptos::prelude::*;

use super::{Networks, network::Network};
use crate::domain::{
    AppState, Checkup, Demand, Finding, HostWord, Moment, NetworkId, NetworkLine, NetworkSetup, Places, TokenWord, Way,
    WorkspaceCard, WorkspaceId,
};

fn workspace() -> WorkspaceCard {
    WorkspaceCard { id: WorkspaceId(uuid::Uuid::nil()), slug: "harbour".into(), name: "Harbour".into(), is_owner: true }
}

fn line(id: &str, name: &str, app: AppState) -> NetworkLine {
    NetworkLine { id: NetworkId(id.into()), name: name.into(), app, unverified: 2 }
}

fn setup(app: AppState, pages: u64) -> NetworkSetup {
    NetworkSetup {
        line: line("slack", "Slack", app),
        at: None,
        places: None,
        redirect: "https://green.example/oauth/callback/1".into(),
        demands: vec![Demand::Https],
        hook: Some("https://green.example/hooks/1".into()),
        way: Way::Credentials,
        has_hook_secret: true,
        docs: Some("https://api.slack.com/".into()),
        notes: vec!["Rotation cannot be taken back.".into()],
        checked: Some(("2026-11-22".into(), "Slack’s pages".into())),
        once: vec!["revoke".into()],
        never: vec!["pages".into(), "authorize.cancelled".into()],
        pages,
        checkup: None,
    }
}

fn page_of(setup: NetworkSetup) -> String {
    Owner::new().with(|| view! { <Network workspace=workspace() setup/> }.to_html())
}

fn has(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn a_network_without_an_app_shows_what_to_register_and_asks_for_what_comes_of_it() {
    let html = page_of(setup(AppState::Missing, 0));
    has(
        &html,
        &[
            r#"value="https://green.example/oauth/callback/1""#,
            r#"value="https://green.example/hooks/1""#,
            "readonly",
            "Slack takes https only.",
            r#"data-app="missing""#,
            r#"action="/api/networks/enter""#,
            r#"name="client_id""#,
            r#"name="client_secret" type="password""#,
            r#"name="hook_secret" type="password""#,
            "Enter the app</button>",
            "Rotation cannot be taken back.",
            "pages, authorize.cancelled",
            r#"action="/api/networks/check""#,
        ],
    );
    assert!(!html.contains("/api/networks/remove") && !html.contains("<fieldset class=\"form\" disabled"), "{html}");
}

#[test]
fn an_app_of_the_settings_cannot_be_changed_here_and_says_where() {
    let html = page_of(setup(AppState::Settings, 3));
    has(&html, &["disabled", "GREENTICK_APPS__SLACK__…", "Set in the settings"]);
    assert!(!html.contains("Enter the app</button>") && !html.contains("Replace the app</button>"), "{html}");
    assert!(!html.contains("/api/networks/remove"), "{html}");
}

#[test]
fn removing_an_app_says_how_many_pages_hang_on_it() {
    let html = page_of(setup(AppState::Entered, 12));
    has(&html, &["12 pages are connected through it", r#"type="checkbox" required"#, r#"name="pages" value="12""#]);
    has(&html, &["Replace the app</summary>", "Another client id is another app", "Entered here"]);
    let html = page_of(setup(AppState::Entered, 0));
    has(&html, &["No page is connected through it", r#"name="pages" value="0""#]);
    assert!(!html.contains("checkbox"), "{html}");
}

#[test]
fn each_finding_has_a_sign_a_word_and_a_sentence() {
    let findings = vec![
        Finding::Whole,
        Finding::RedirectUnfit(Demand::Https),
        Finding::Host("slack.com".into(), HostWord::Unknown),
        Finding::Credentials(TokenWord::Unclear),
    ];
    let checkup = Checkup { at: Moment(1_795_305_600_000), findings };
    let html = page_of(NetworkSetup { checkup: Some(checkup), ..setup(AppState::Entered, 0) });
    for (weight, sign, word, sentence) in [
        ("fine", "#tick", "Right:", "The definition says all that is needed."),
        ("wrong", "#cross", "Wrong:", "Slack takes redirect addresses with https only"),
        ("wrong", "#cross", "Wrong:", "The name slack.com leads nowhere."),
        ("open", "#know", "To know:", "Slack answers your client secret and a made-up one the same"),
    ] {
        let found = html.split("<li data-weight=").find(|item| item.contains(sentence)).unwrap_or_default();
        assert!([weight, sign, word].iter().all(|part| found.contains(part)), "{sentence}: {html}");
    }
}

#[test]
fn the_list_tells_which_networks_are_in_use() {
    let lines = vec![line("chirper", "Chirper", AppState::Entered), line("odd", "Odd", AppState::Missing)];
    let html = Owner::new().with(|| view! { <Networks workspace=workspace() lines/> }.to_html());
    let (in_use, rest) = html.split_once(r#"id="not-set-up""#).expect("both lists");
    has(in_use, &["Chirper", "#net-chirper", "/w/harbour/settings/networks/chirper", "Entered here"]);
    has(rest, &["Odd", "#net-other", "2 things to try first"]);
    assert!(!rest.contains("badge"), "{rest}");
    let html = Owner::new().with(|| view! { <Networks workspace=workspace() lines=vec![]/> }.to_html());
    assert!(!html.contains("in-use") && !html.contains("not-set-up"), "{html}");
}

#[test]
fn where_apps_register_themselves_there_is_a_switch_and_no_form() {
    for (app, on, button) in [(AppState::Missing, "true", "Switch it on"), (AppState::Itself, "false", "Switch it off")]
    {
        let html = page_of(NetworkSetup { way: Way::Switch, ..setup(app, 0) });
        has(&html, &[r#"action="/api/networks/switch""#, &format!(r#"name="on" value="{on}""#), button]);
        assert!(!html.contains("client_secret") && !html.contains("/oauth/callback/"), "{html}");
    }
}

#[test]
fn a_network_with_servers_lists_those_that_have_an_app_and_takes_one_more() {
    let known = vec![("git.example".into(), AppState::Entered), ("id.example/staff".into(), AppState::Missing)];
    let places = || Places { label: "Your GitLab".into(), example: "gitlab.com".into(), known: known.clone() };
    let own = NetworkSetup { places: Some(places()), ..setup(AppState::Missing, 0) };
    let html = page_of(own.clone());
    has(
        &html,
        &[r#"action="/api/networks/place""#, r#"name="address""#, "Your GitLab", "An address such as gitlab.com."],
    );
    has(&html, &[r#"href="?at=git%2Eexample""#, r#"href="?at=id%2Eexample%2Fstaff""#, "Entered here", "client_secret"]);
    let html = page_of(NetworkSetup { way: Way::Places, ..own });
    has(&html, &["add the server below", r#"action="/api/networks/place""#]);
    assert!(!html.contains("client_secret") && !html.contains("/oauth/callback/"), "it has no app of its own: {html}");
}

#[test]
fn the_page_of_a_server_is_about_its_app_alone() {
    let at = |app| NetworkSetup { at: Some("git.example".into()), ..setup(app, 1) };
    let html = page_of(at(AppState::Entered));
    has(&html, &["Slack at git.example", r#"name="at" value="git.example""#, "git.example leaves the list"]);
    has(&html, &[r#"href="/w/harbour/settings/networks/slack""#, "/oauth/callback/1", "Replace the app</summary>"]);
    assert_eq!(html.matches(r#"name="at""#).count(), 3, "what is entered, removed and checked is this one");
    has(&page_of(at(AppState::Missing)), &["Enter the app</button>", "Take it off the list</button>"]);
    has(&page_of(at(AppState::Settings)), &["disabled", "[apps.\"slack@git.example\"]"]);
}

#[test]
fn where_we_are_known_by_a_key_nothing_is_registered_and_a_key_may_be_made() {
    let key = |app| page_of(NetworkSetup { way: Way::Key, ..setup(app, 0) });
    let html = key(AppState::Missing);
    has(
        &html,
        &["Private key", r#"name="client_secret" type="password""#, "Use this key</button>", "a new one is made"],
    );
    assert!(!html.contains("client_id") && !html.contains("/oauth/callback/") && !html.contains("required"), "{html}");
    has(&key(AppState::Entered), &["Change the key</summary>", r#"action="/api/networks/remove""#]);
    has(&key(AppState::Settings), &["disabled", "GREENTICK_APPS__SLACK__…"]);
}

#[test]
fn a_network_that_has_nothing_to_tell_has_no_part_for_it() {
    let quiet = NetworkSetup {
        notes: vec![],
        checked: None,
        docs: None,
        once: vec![],
        never: vec![],
        ..setup(AppState::Missing, 0)
    };
    assert!(!page_of(quiet.clone()).contains("Know before"));
    let certain = NetworkSetup { checked: Some(("2026-11-22".into(), "two sources".into())), ..quiet };
    has(&page_of(certain), &["Know before", "None of it was tried at the network."]);
}

#[test]
fn only_owners_see_the_tab() {
    let shown = |is_owner| {
        let workspace = WorkspaceCard { is_owner, ..workspace() };
        Owner::new().with(|| view! { <Networks workspace lines=vec![]/> }.to_html())
    };
    let link = r#"href="/w/harbour/settings/networks""#;
    assert!(shown(true).contains(link) && !shown(false).contains(link));
}
