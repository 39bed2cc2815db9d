//! Two permissions in one answer: a bot's, and the person's own. What was asked at the network, and what lives there, is the
//! judge.

use std::time::Duration;

use super::{Stage, slack::SLACK};
use crate::{
    domain::{AttemptState, Me, PageId, Returned, Status, Trouble},
    server::{
        accounts::{self, Purpose},
        pages,
    },
    tests::{person::Person, picking::chooses, world::World},
};

const TOKEN: &str = "POST slack.com/api/oauth.v2.access";
const REVOKE: &str = "POST slack.com/api/auth.revoke";

/// An operator's own file of that network asks for the person's token too.
async fn world_of(stage: &Stage, folder: &tempfile::TempDir) -> World {
    let file = std::fs::read_to_string("networks/slack.toml").expect("it is there");
    let asks = file.replace("[authorize]\n", "[authorize]\nparams = { user_scope = \"chat:write\" }\n");
    std::fs::write(folder.path().join("slack.toml"), asks).expect("it is written");
    World::at_stage_with(stage, None, |settings| settings.networks = Some(folder.path().to_owned())).await
}

async fn connects(owner: &Person<'_>, stage: &Stage) -> PageId {
    let page = owner.has(&format!("Bondi {}", uuid::Uuid::now_v7()), &["slack"]).await[0];
    let popup = owner.opens_popup(page).await;
    let picker = owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!(chooses(owner, &picker, &[("account", "C1")]).await.status, 200);
    assert_eq!(owner.sees(page).await, Status::Connected);
    page
}

async fn living(world: &World) -> usize {
    pages::living(world.app.store.read()).await.expect("it answers").len()
}

fn count(asked: &[String], what: &str) -> usize {
    asked.iter().filter(|asked| *asked == what).count()
}

fn is_persons_alive(stage: &Stage) -> bool {
    stage.scene().other.as_ref().expect("the person has tokens").alive
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_persons_token_is_kept_renewed_apart_and_given_back_with_the_bots() {
    let (stage, folder) = (Stage::of(&SLACK).await, tempfile::tempdir().expect("a folder"));
    let world = world_of(&stage, &folder).await;
    let owner = world.owner("Harbour").await;
    let me: Me = owner.call("session/me", &[]).await.json();
    let page = connects(&owner, &stage).await;
    assert_eq!(living(&world).await, 2);
    for _ in 0..2 {
        let wait = Duration::from_mins(11 * 60 + 30);
        stage.waits(wait);
        world.clock.advance(wait);
        stage.asked();
        world.refreshes().await;
        assert_eq!(count(&stage.asked(), TOKEN), 2, "each pair by itself");
    }
    stage.asked();
    world.keeper_comes().await;
    let asked = stage.asked();
    assert_eq!(count(&asked, "POST slack.com/api/auth.test"), 2, "{asked:?}");
    assert_eq!(
        count(&asked, "GET slack.com/api/conversations.list"),
        2,
        "the person's token reaches no page: {asked:?}"
    );
    // Nobody stays signed in as long as a token lives.
    let link = accounts::make_link(&world.app, Purpose::SignIn(me.id)).await.expect("a link");
    owner.get(&format!("/sign-in/{link}")).await;
    assert_eq!(owner.sees(page).await, Status::Connected);
    assert_eq!(owner.disconnects(page).await.json::<Returned>(), Returned::Returned);
    world.is_quiet().await;
    assert_eq!(count(&stage.asked(), REVOKE), 2);
    assert!(!stage.scene().alive && !is_persons_alive(&stage), "nothing of it stands at the network");
    assert_eq!(living(&world).await, 0);
    let secrets = stage.scene().secrets.clone();
    assert!(secrets.len() >= 10, "two pairs, three times");
    world.hides(&secrets).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_page_needs_of_it_stays() {
    let (stage, folder) = (Stage::of(&SLACK).await, tempfile::tempdir().expect("a folder"));
    let world = world_of(&stage, &folder).await;
    let owner = world.owner("Harbour").await;
    let first = connects(&owner, &stage).await;
    let second = owner.has("Manly", &["slack"]).await[0];
    let popup = owner.opens_popup(second).await;
    owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!(owner.sees(second).await, Status::Connected, "the only channel that is left");
    assert_eq!(living(&world).await, 2, "one of each");
    assert_eq!(owner.disconnects(first).await.json::<Returned>(), Returned::StillUsed);
    assert!(is_persons_alive(&stage) && stage.scene().alive);
    // The person takes the bot's permission alone away: the page is red, and the own token goes back with the rest.
    stage.scene().remove();
    world.keeper_comes().await;
    assert!(matches!(owner.sees(second).await, Status::Broken(_)));
    assert_eq!(owner.disconnects(second).await.json::<Returned>(), Returned::Returned);
    world.is_quiet().await;
    assert!(!is_persons_alive(&stage));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_wants_goes_back_whole() {
    let (stage, folder) = (Stage::of(&SLACK).await, tempfile::tempdir().expect("a folder"));
    let world = world_of(&stage, &folder).await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["slack"]).await[0];
    let popup = owner.opens_popup(page).await;
    stage.scene().told.insert("nothing".to_owned(), String::new());
    owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!(owner.looks(popup.attempt).await.state, AttemptState::Failed(Trouble::NoPages));
    world.is_quiet().await;
    assert!(!stage.scene().alive && !is_persons_alive(&stage));
    assert_eq!(living(&world).await, 0);
}
