//! AT-04: a network leads a person who was on the way to it to an honest one, with our state, so that the honest one's
//! code comes to us as if it were its own. The code must reach no token endpoint (RFC 9700, section 4.4; O-09, O-21).
//!
//! Two defences hold each other up. The issuer in the answer is not the one that was asked; and each app has a callback
//! of its own, which is the only one that its network accepts. Where a network neither names itself nor checks the
//! address, no application can tell; every real one does at least the latter.

use serde_json::json;

use super::{
    on_both,
    person::{Person, Say},
    world::{Extra, World},
};
use crate::{
    domain::{AttemptState, NetworkId, PageId, Status},
    server::sandbox::{client_id, client_secret, hostile_client_id, hostile_client_secret},
};

/// Both take an answer without an issuer, as a network that is up to something would have it.
fn hostile() -> Vec<Extra> {
    let lax = |text: &str| text.replace("iss = \"required\"\n", "");
    let twin = lax(include_str!("../../networks/chirper.toml"))
        .replace("id = \"chirper\"", "id = \"twin\"")
        .replace("issuer = \"{sandbox}/chirper\"", "issuer = \"{sandbox}/twin\"");
    vec![
        // Another app of ours at one network.
        Extra { id: "twin", text: twin, client: (hostile_client_id("chirper"), hostile_client_secret("chirper")) },
        // Another network.
        Extra {
            id: "linkwork",
            text: lax(include_str!("../../networks/linkwork.toml")),
            client: (client_id("linkwork"), client_secret("linkwork")),
        },
    ]
}

/// How a person is led from one network to another.
#[derive(Clone, Copy, Debug)]
struct Lure {
    /// The definition, and the sandbox's network behind it.
    from: (&'static str, &'static str),
    to: &'static str,
    /// Whether the answer is to come to the honest app's own callback.
    to_its_callback: bool,
    /// Whether the honest network says who it is.
    says_issuer: bool,
    /// Whether the honest network knows which callback the honest app has.
    checks_address: bool,
}

fn lures() -> Vec<Lure> {
    let mut all = Vec::new();
    for (from, to) in
        [(("linkwork", "linkwork"), "chirper"), (("linkwork", "linkwork"), "hush"), (("twin", "chirper"), "chirper")]
    {
        for bits in 0..8_u8 {
            let lure = Lure {
                from,
                to,
                to_its_callback: bits & 1 != 0,
                says_issuer: bits & 2 != 0,
                checks_address: bits & 4 != 0,
            };
            if lure.to_its_callback || lure.says_issuer || lure.checks_address {
                all.push(lure);
            }
        }
    }
    all
}

async fn set_out(world: &World, lure: Lure) {
    let app = world.app.networks.app_at(&NetworkId(lure.to.to_owned())).expect("it is set up");
    let callback = world.app.base_url.callback(app.id);
    let honest_client = client_id(lure.to);
    world.faults_off().await;
    let redirect_uri = lure.to_its_callback.then_some(&callback);
    let leads_to = json!({ "network": lure.to, "client_id": honest_client, "redirect_uri": redirect_uri });
    world.fault(json!({ "network": lure.from.1, "leads_to": leads_to })).await;
    let iss = if lure.says_issuer { json!(null) } else { json!("missing") };
    let registered = if lure.checks_address { json!({ honest_client: callback }) } else { json!({}) };
    world.fault(json!({ "network": lure.to, "iss": iss, "registered": registered })).await;
}

async fn falls_for(world: &World, owner: &Person<'_>, page: PageId, lure: Lure) {
    set_out(world, lure).await;
    let popup = owner.opens_popup(page).await.follows().await;
    let question = world.http.get(popup.url.clone()).send().await.expect("the honest network answers");
    if lure.checks_address && !lure.to_its_callback {
        assert_eq!(question.status().as_u16(), 400, "the honest network refuses another app's callback: {lure:?}");
        return;
    }
    assert_eq!(question.status().as_u16(), 200, "{lure:?}");
    let end = owner.get(&popup.callback(Say::Yes("eve")).await).await;
    assert_eq!(end.status, 400, "{lure:?}: {end:?}");
    assert!(!owner.looks(popup.attempt).await.state.is_open(), "{lure:?}");
    assert_ne!(owner.looks(popup.attempt).await.state, AttemptState::Approved, "{lure:?}");
}

on_both! {
    with hostile();

    async fn a_code_of_an_honest_network_reaches_no_token_endpoint(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["linkwork", "twin", "chirper", "hush"]).await;
        for lure in lures() {
            let page = if lure.from.0 == "twin" { pages[1] } else { pages[0] };
            falls_for(world, &owner, page, lure).await;
        }
        let ledger = world.ledger().await;
        let codes: Vec<_> = ledger["tokens"].as_array().expect("a list").iter().collect();
        assert!(codes.len() >= 12, "the honest networks did issue codes");
        assert!(codes.iter().all(|code| code["kind"] == "code" && code["presented"] == 0), "{codes:?}");
        assert!(ledger["requests"].as_array().expect("a list").is_empty(), "nobody was asked for anything");
        for page in &pages {
            assert_eq!(owner.sees(*page).await, Status::NotConnected);
        }
        // And with nobody led astray both apps of one network work, the twin where the network does not say who it is.
        world.faults_off().await;
        owner.connects(pages[2], "ada").await;
        world.fault(json!({ "network": "chirper", "iss": "missing" })).await;
        owner.connects(pages[1], "ben").await;
        assert_eq!((owner.sees(pages[1]).await, owner.sees(pages[2]).await), (Status::Connected, Status::Connected));
    }
}
