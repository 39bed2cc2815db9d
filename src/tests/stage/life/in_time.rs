//! A permission that was removed at its network is found by the network's own interval, without anybody's help.

use std::time::Duration;

use super::{ALL, Try};
use crate::{
    domain::{Reason, Status},
    server::{keeper, networks},
    tests::{stage::Stage, world::World},
};

/// A refusal to renew counts when it comes again after a minute.
const CONFIRMED: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_networks_interval_finds_what_was_removed_there() {
    let definitions = networks::load(None, None).expect("the definitions are right");
    for play in ALL {
        let stage = Stage::of(play).await;
        let world = World::at_stage_with(&stage, None, |settings| settings.check_interval = None).await;
        let owner = world.owner("Harbour").await;
        let life = Try::of(&world, &stage, &owner).await;
        life.connects(&[]).await;
        life.is_connected().await;
        let definition = definitions.iter().find(|definition| definition.id.0 == play.id).expect("it is built in");
        let every = definition.check_every();
        assert!(every <= Duration::from_hours(24), "{} is asked too seldom", play.id);
        stage.scene().remove();
        stage.waits(every);
        world.clock.advance(every);
        keeper::once(&world.app).await;
        // What can be renewed may have ended by then: the refusal to renew it is confirmed.
        for _ in 0..3 {
            stage.waits(CONFIRMED);
            world.clock.advance(CONFIRMED);
            keeper::once(&world.app).await;
        }
        life.signs_in().await;
        let status = owner.sees(life.page).await;
        // Where a token is renewed before it counts, it is the renewal's refusal that is told, and some say more there.
        let is_told = [play.removed, Reason::Refused, Reason::Removed].map(Status::Broken).contains(&status);
        assert!(is_told, "{}: {status:?} after {every:?}", play.id);
    }
}
