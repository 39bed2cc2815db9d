//! Event numbers have no gaps, whoever writes.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{on_both, world::World};
use crate::domain::{CatchUp, Event};

async fn all(world: &World, workspace: crate::domain::WorkspaceId) -> Vec<Event> {
    match crate::server::events::after_in(&world.app.store, workspace, 0).await.expect("the database answers") {
        CatchUp::Events(events) => events,
        CatchUp::Snapshot => panic!("fewer than the limit were written"),
    }
}

on_both! {
    async fn concurrent_writers_leave_no_gap(world) {
        let owner = world.owner("Harbour").await;
        let workspace = owner.board().await.workspace.id;
        let names: Vec<_> = (0..60).map(|number| format!("Place {number}")).collect();
        let owner_ref = &owner;
        let writers = names.iter().enumerate().map(|(number, name)| async move {
            if number % 5 == 4 {
                // A write that is dropped before its commit takes no number.
                let mut writing = world.app.store.write(workspace).await.expect("it begins");
                writing.next_seq().await.expect("a number");
                return;
            }
            owner_ref.has(name, &["chirper"]).await;
        });
        join_all(writers).await;
        let events = all(world, workspace).await;
        let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=96).collect::<Vec<_>>());
        assert_eq!(events.iter().filter_map(|event| event.page.as_ref().map(|page| page.id)).collect::<BTreeSet<_>>().len(), 48);
        assert_eq!(owner.board().await.seq, 96);
    }

    async fn a_number_that_was_never_given_asks_for_a_new_board(world) {
        let owner = world.owner("Harbour").await;
        owner.has("Bondi", &["chirper"]).await;
        for (seq, expected) in [("1", true), ("2", true), ("3", false), ("99999", false)] {
            let form = [("workspace", owner.workspace.as_str()), ("seq", seq)];
            let answer = owner.call("pages/events_after", &form).await.json();
            assert_eq!(matches!(answer, CatchUp::Events(_)), expected, "{seq}");
        }
    }

    async fn a_page_that_does_not_change_writes_no_event(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let before = owner.board().await.seq;
        assert_eq!(owner.disconnects(page).await.status, 409);
        assert_eq!(owner.board().await.seq, before);
    }
}
