//! The whole life of a page at each network: connected, chosen, renewed, checked, removed there, connected again, given
//! back; each step with the requests that it takes, and no other.

mod in_time;

use std::time::Duration;

use super::{
    Play, Stage,
    bluesky::{BLUESKY, BLUESKY_AT_HOME},
    google::{BUSINESS_PROFILE, YOUTUBE},
    meta::{FACEBOOK, INSTAGRAM, THREADS},
    others::{DISCORD, SNAPCHAT_LOGIN, SNAPCHAT_MARKETING, TWITCH, WORDPRESS},
    short::{PINTEREST, REDDIT, TIKTOK, TUMBLR, X},
    slack::SLACK,
    typed::{GITLAB_ELSEWHERE, MASTODON, OAUTH2, OIDC, SHOPIFY},
    work::{GITHUB, GITLAB, LINKEDIN, LINKEDIN_PROFILE, MAILCHIMP},
};
use crate::{
    domain::{Ability, AttemptState, Lack, Me, PageId, Reason, Returned, Status, UserId},
    server::accounts::{self, Purpose},
    tests::{person::Person, picking::chooses, postgres, world::World},
};

static ALL: [&Play; 26] = [
    &BLUESKY,
    &FACEBOOK,
    &INSTAGRAM,
    &THREADS,
    &LINKEDIN,
    &LINKEDIN_PROFILE,
    &X,
    &BUSINESS_PROFILE,
    &YOUTUBE,
    &TIKTOK,
    &PINTEREST,
    &REDDIT,
    &SNAPCHAT_LOGIN,
    &SNAPCHAT_MARKETING,
    &TUMBLR,
    &DISCORD,
    &SLACK,
    &TWITCH,
    &MAILCHIMP,
    &WORDPRESS,
    &GITHUB,
    &GITLAB,
    &MASTODON,
    &SHOPIFY,
    &OIDC,
    &OAUTH2,
];

/// A person at a browser, a network on the stage.
struct Try<'a> {
    world: &'a World,
    stage: &'a Stage,
    owner: &'a Person<'a>,
    user: UserId,
    page: PageId,
}

impl<'a> Try<'a> {
    async fn of(world: &'a World, stage: &'a Stage, owner: &'a Person<'a>) -> Self {
        let me: Me = owner.call("session/me", &[]).await.json();
        let page = owner.has("Bondi", &[stage.play.id]).await[0];
        Self { world, stage, owner, user: me.id, page }
    }
}

impl Try<'_> {
    /// Clicks, approves all but `declined`, and chooses the page where there is a choice.
    async fn connects(&self, declined: &[&str]) -> Vec<String> {
        let Self { stage, owner, .. } = self;
        stage.asked();
        let popup = match stage.play.typed {
            "" => owner.opens_popup(self.page).await,
            typed => owner.opens_popup_at(self.page, typed).await,
        };
        let end = owner.get(&stage.approves(&popup.url, declined)).await;
        let asked = stage.asked();
        let state = owner.looks(popup.attempt).await.state;
        if state == AttemptState::Choosing {
            let chosen = chooses(owner, &end, &[("account", stage.play.account.0)]).await;
            assert_eq!(chosen.status, 200, "{}: {chosen:?}", stage.play.id);
        } else {
            assert_eq!(state, AttemptState::Approved, "{}: {asked:?} {end:?}", stage.play.id);
        }
        stage.asked();
        asked
    }

    /// Nobody stays signed in as long as a token lives.
    async fn signs_in(&self) {
        let link = accounts::make_link(&self.world.app, Purpose::SignIn(self.user)).await.expect("a link");
        self.owner.get(&format!("/sign-in/{link}")).await;
    }

    async fn is(&self, status: Status) {
        assert_eq!(self.owner.sees(self.page).await, status, "{}", self.stage.play.id);
    }

    async fn is_connected(&self) {
        self.is(Status::Connected).await;
        let link = self.owner.link(self.page).await;
        let account = link.pinned_to().expect("it is pinned");
        assert_eq!((account.id.as_str(), account.name.as_str()), self.stage.play.account, "{}", self.stage.play.id);
    }

    async fn is_renewed(&self) {
        let play = self.stage.play;
        let Some((requests, lives)) = play.renewing else { return };
        for round in 1..=2 {
            // In the last eighth of the token's life, whatever the network.
            let wait = Duration::from_secs(lives - lives / 20);
            self.stage.waits(wait);
            self.world.clock.advance(wait);
            self.signs_in().await;
            self.stage.asked();
            self.world.refreshes().await;
            let asked = self.stage.asked();
            let count = |all: &mut dyn Iterator<Item = &str>| all.filter(|asked| *asked == requests[0]).count();
            let (was, must) = (count(&mut asked.iter().map(String::as_str)), count(&mut requests.iter().copied()));
            assert_eq!(was, must, "{} {round}: {asked:?}", play.id);
            self.is_connected().await;
        }
    }
}

pub async fn whole_life(world: &World, stage: &Stage) {
    let play = stage.play;
    let owner = world.owner("Harbour").await;
    let life = Try::of(world, stage, &owner).await;

    assert_eq!(life.connects(&[]).await, play.connecting, "{}", play.id);
    life.is_connected().await;
    life.is_renewed().await;

    stage.asked();
    world.keeper_comes().await;
    assert_eq!(stage.asked(), play.checking, "{}", play.id);
    life.is_connected().await;

    stage.scene().remove();
    world.keeper_comes().await;
    life.is(Status::Broken(play.removed)).await;

    life.connects(&[]).await;
    life.is_connected().await;
    stage.asked();
    let returned: Returned = owner.disconnects(life.page).await.json();
    assert_eq!(
        (stage.asked(), returned),
        (play.returning.0.iter().map(|asked| (*asked).to_owned()).collect(), play.returning.1),
        "{}",
        play.id
    );
    assert_eq!(stage.scene().alive, play.returning.1 == Returned::ByHand, "{}", play.id);
    life.is(Status::NotConnected).await;
    let mut secrets = stage.scene().secrets.clone();
    secrets.push(super::CLIENT.1.to_owned());
    world.hides(&secrets).await;
}

macro_rules! lives {
    ($($name:ident: $play:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let stage = Stage::of(&$play).await;
            whole_life(&World::at_stage(&stage, None).await, &stage).await;
        }
    )+};
}

lives! {
    bluesky: BLUESKY;
    bluesky_at_home: BLUESKY_AT_HOME;
    facebook: FACEBOOK;
    instagram: INSTAGRAM;
    threads: THREADS;
    linkedin: LINKEDIN;
    linkedin_profile: LINKEDIN_PROFILE;
    x: X;
    google_business_profile: BUSINESS_PROFILE;
    youtube: YOUTUBE;
    tiktok: TIKTOK;
    pinterest: PINTEREST;
    reddit: REDDIT;
    snapchat_login: SNAPCHAT_LOGIN;
    snapchat_marketing: SNAPCHAT_MARKETING;
    tumblr: TUMBLR;
    discord: DISCORD;
    slack: SLACK;
    twitch: TWITCH;
    mailchimp: MAILCHIMP;
    wordpress_com: WORDPRESS;
    github: GITHUB;
    gitlab: GITLAB;
    gitlab_elsewhere: GITLAB_ELSEWHERE;
    mastodon: MASTODON;
    shopify: SHOPIFY;
    oidc: OIDC;
    oauth2: OAUTH2;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_too() {
    for play in [&FACEBOOK, &X, &MASTODON, &BLUESKY] {
        let stage = Stage::of(play).await;
        let url = postgres::empty_database().await;
        whole_life(&World::at_stage(&stage, Some(url.into())).await, &stage).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_unticks_is_amber_and_is_asked_for_again() {
    for (play, declined) in [
        (&FACEBOOK, "pages_manage_posts"),
        (&BUSINESS_PROFILE, "https://www.googleapis.com/auth/business.manage"),
        (&TIKTOK, "video.publish"),
        (&TWITCH, "user:write:chat"),
        (&LINKEDIN, "w_organization_social"),
    ] {
        let stage = Stage::of(play).await;
        let world = World::at_stage(&stage, None).await;
        let owner = world.owner("Harbour").await;
        let life = Try::of(&world, &stage, &owner).await;
        life.connects(&[declined]).await;
        let lacks = Lack::Abilities(vec![Ability::Publish]);
        life.is(Status::Partly(lacks)).await;
        life.connects(&[]).await;
        life.is_connected().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_which_the_person_may_not_publish_cannot_be_chosen() {
    let stage = Stage::of(&FACEBOOK).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let life = Try::of(&world, &stage, &owner).await;
    let popup = owner.opens_popup(life.page).await;
    let picker = owner.get(&stage.approves(&popup.url, &[])).await;
    assert!(picker.body.contains("Somebody else"), "it is shown, with its reason");
    chooses(&owner, &picker, &[("account", "7003")]).await;
    assert_eq!(owner.link(life.page).await.pinned_to(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_a_business_owns_is_found_where_the_person_lets_us_look() {
    let stage = Stage::of(&FACEBOOK).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let life = Try::of(&world, &stage, &owner).await;
    let popup = owner.opens_popup(life.page).await;
    let picker = owner.get(&stage.approves(&popup.url, &[])).await;
    assert_eq!(picker.body.matches("Bondi Bakery").count(), 1, "two ways lead to it: {picker:?}");
    chooses(&owner, &picker, &[("account", "7005")]).await;
    assert_eq!(owner.link(life.page).await.pinned_to(), None, "there is no token for it");
    chooses(&owner, &picker, &[("account", "7004")]).await;
    assert_eq!(owner.link(life.page).await.pinned_to().map(|account| account.id.clone()), Some("7004".to_owned()));
    world.keeper_comes().await;
    life.is(Status::Connected).await;
    // Who takes that permission away loses these pages, and only after two looks.
    stage.scene().scopes.retain(|scope| scope != "business_management");
    for _ in 0..2 {
        world.keeper_comes().await;
    }
    life.is(Status::Broken(Reason::PageLost)).await;
    let other = owner.has("Manly", &["facebook_pages"]).await[0];
    let popup = owner.opens_popup(other).await;
    stage.asked();
    let picker = owner.get(&stage.approves(&popup.url, &["business_management"])).await;
    assert!(picker.body.contains("Coogee Cafe") && !picker.body.contains("Owned by the business"), "{picker:?}");
    assert!(stage.asked().iter().all(|asked| !asked.contains("businesses")), "what was not granted is not asked for");
    chooses(&owner, &picker, &[("account", "7002")]).await;
    assert_eq!(owner.sees(other).await, Status::Connected, "no ability hangs on it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_manages_an_account_no_more_loses_its_pages_and_no_others() {
    let stage = Stage::of(&BUSINESS_PROFILE).await;
    let world = World::at_stage(&stage, None).await;
    let owner = world.owner("Harbour").await;
    let life = Try::of(&world, &stage, &owner).await;
    life.connects(&[]).await;
    stage.scene().told.insert("no_manager".to_owned(), String::new());
    for _ in 0..2 {
        world.keeper_comes().await;
    }
    life.is(Status::Broken(Reason::PageLost)).await;
    let other = owner.has("Manly", &["google_business_profile"]).await[0];
    let popup = owner.opens_popup(other).await;
    owner.get(&stage.approves(&popup.url, &[])).await;
    let account = owner.link(other).await.pinned_to().map(|account| account.id.clone());
    assert_eq!(account.as_deref(), Some("locations/21"), "the other account's list is told all the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_at_the_network_already_is_given_back() {
    for play in [&BUSINESS_PROFILE, &FACEBOOK, &GITHUB] {
        let stage = Stage::of(play).await;
        let world = World::at_stage(&stage, None).await;
        let owner = world.owner("Harbour").await;
        let life = Try::of(&world, &stage, &owner).await;
        life.connects(&[]).await;
        stage.scene().remove();
        assert_eq!(owner.disconnects(life.page).await.json::<Returned>(), Returned::Returned, "{}", play.id);
    }
}

#[test]
fn every_network_of_the_binary_is_played() {
    let all = crate::server::networks::load(None, None).expect("the definitions are right");
    let played: Vec<_> = ALL.iter().map(|play| play.id).collect();
    for definition in all {
        assert!(played.contains(&definition.id.0.as_str()), "nobody plays {}", definition.id);
    }
}
