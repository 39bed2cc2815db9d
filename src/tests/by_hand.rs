//! A network that no app can tell to take a permission back: said before, said after, and the way is shown.

use super::{
    on_both,
    world::{Extra, World},
};
use crate::{
    domain::{CatchUp, EventKind, PageDetails, Returned, Status, words},
    server::sandbox,
};

/// Chirper, but it has no call for giving a permission back.
fn untold() -> Vec<Extra> {
    let text = include_str!("../../networks/chirper.toml");
    let start = text.find("[revoke]").expect("it has one");
    let end = start + text[start..].find("\n\n").expect("another part follows");
    let text = format!("{}{}", &text[..start], &text[end..]);
    vec![Extra { id: "chirper", text, client: (sandbox::client_id("chirper"), sandbox::client_secret("chirper")) }]
}

on_both! {
    with untold();

    async fn what_no_app_can_take_back_is_told_before_and_after(world) {
        let owner = world.owner("Harbour").await;
        let pages = [owner.has("Bondi", &["chirper"]).await[0], owner.has("Manly", &["chirper"]).await[0]];
        for page in pages {
            owner.connects(page, "ada").await;
        }
        assert_eq!(owner.disconnects(pages[0]).await.json::<Returned>(), Returned::StillUsed);
        let details: PageDetails = owner.call("pages/details", &[("page", &pages[1].to_string())]).await.json();
        assert_eq!(details.would_be, Returned::ByHand);
        assert!(words::what_becomes("Chirper", details.would_be, &[]).contains("cannot be told by an app"));
        assert_eq!(owner.disconnects(pages[1]).await.json::<Returned>(), Returned::ByHand);
        assert_eq!(owner.sees(pages[1]).await, Status::NotConnected);
        assert_eq!(world.living_grants("chirper").await, 1, "the truth: it lives until its person removes it");
        let found = crate::server::events::after_in(&world.app.store, owner.board().await.workspace.id, 0).await;
        let CatchUp::Events(events) = found.expect("the database answers") else { panic!("a snapshot") };
        let kind = events.last().expect("events").kind.clone();
        assert_eq!(kind, EventKind::PermissionReturned { outcome: Returned::ByHand });
        let card = owner.board().await.networks.into_iter().find(|card| card.id.0 == "chirper").expect("its card");
        assert!(card.manage_url.is_some_and(|url| url.contains("/apps")), "the way out is there");
    }
}
