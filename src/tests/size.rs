//! A workspace with more locations than are shown at once.

use super::{on_both, person::Person, postgres, world::World};
use crate::{
    domain::{NetworkId, Span, Status},
    server::{Caller, pages},
};

impl Person<'_> {
    /// So many locations, "Place 1" and on, each with a page on these networks.
    async fn has_many(&self, app: &crate::server::App, locations: usize, networks: &[&str]) {
        let names: Vec<_> = (1..=locations).map(|number| format!("Place {number}")).collect();
        let networks: Vec<_> = networks.iter().map(|network| NetworkId((*network).to_owned())).collect();
        let jar = self.cookies.lock().expect("nobody panicked with it").clone();
        let cookies = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let headers = [(axum::http::header::COOKIE, cookies.parse().expect("a header"))].into_iter().collect();
        let caller = Caller::of(app, headers).await.expect("the database answers");
        let member = caller.member(&self.workspace).await.expect("their own workspace");
        pages::add_locations(&member, &names, &networks).await.expect("names that can be");
    }
}

on_both! {
    async fn a_board_shows_a_part_and_counts_the_whole(world) {
        let owner = world.owner("Harbour").await;
        owner.has_many(&world.app, 120, &["chirper", "hush"]).await;
        let board = owner.board().await;
        assert_eq!((board.locations.len(), board.pages.len()), (50, 100));
        assert_eq!((board.span, board.tally.all, board.tally.needs_you), (Span { from: 0, all: 120 }, 240, 240));
        let last = owner.board_of(("", "all", "100"), "").await;
        assert_eq!((last.locations.len(), last.locations[19].name.as_str()), (20, "Place 120"));
        let found = owner.board_of(("place 12", "needs-you", "0"), "").await;
        assert_eq!(found.locations.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["Place 12", "Place 120"]);
        assert!(owner.board_of(("", "connected", "0"), "").await.locations.is_empty());
    }

    async fn a_board_is_as_new_as_the_last_event_whoever_asks_first(world) {
        let owner = world.owner("Harbour").await;
        owner.has_many(&world.app, 60, &["linkwork"]).await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        assert_eq!(owner.board().await.tally.connected, 0);
        owner.connects(page, "ben").await;
        let found = owner.board_of(("", "connected", "0"), "").await;
        assert_eq!((found.locations.len(), found.tally.connected, found.tally.all), (1, 1, 61));
        owner.disconnects(page).await;
        // The row that somebody works in stays until they choose anew.
        let shown = found.locations[0].id.to_string();
        assert_eq!(owner.board_of(("", "connected", "0"), &shown).await.locations, found.locations);
        assert!(owner.board_of(("", "connected", "0"), "").await.locations.is_empty());
        assert_eq!(owner.sees(page).await, Status::NotConnected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_knows_what_another_process_wrote() {
    let url = postgres::new_database().await;
    let (one, other) = (World::on_postgres_at(&url).await, World::on_postgres_at(&url).await);
    let owner = one.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    let elsewhere = Person::new(&other, owner.workspace.clone());
    *elsewhere.cookies.lock().expect("nobody panicked with it") = own_cookies(&owner, &one, &other);
    assert_eq!(elsewhere.board().await.tally.connected, 0);
    owner.connects(page, "ben").await;
    assert_eq!(elsewhere.board().await.tally.connected, 1);
    owner.has("Manly", &["hush"]).await;
    let board = elsewhere.board().await;
    assert_eq!((board.locations.len(), board.tally.all), (2, 2));
}

/// The cookies' names carry the port of the process.
fn own_cookies(person: &Person, from: &World, to: &World) -> std::collections::BTreeMap<String, String> {
    let port = |world: &World| world.origin.rsplit(':').next().expect("a port").to_owned();
    let jar = person.cookies.lock().expect("nobody panicked with it");
    jar.iter().map(|(name, value)| (name.replace(&port(from), &port(to)), value.clone())).collect()
}
