//! The server is killed at any moment by SIGKILL while it refreshes, connects and disconnects, and loses nothing: in the
//! end what is stored is what the network takes.
//!
//! `KILLS=5000 cargo test kills` is the soak, so many for each of the four; without it there are some. Several servers die
//! side by side, each with data, a database and a sandbox of its own.

use std::{io::Write, time::Duration};

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{
    person::Person,
    postgres,
    victim::{Does, Saviour, Victim, kill, signal},
    world::World,
};
use crate::domain::{PageId, Status};

/// Two databases, and on each two saviours: a hundred on each.
const KILLS: usize = 50;
/// Of one server's data; a sandbox that remembers more grows slow.
const OF_ONE: usize = 250;
const SIDE_BY_SIDE: usize = 4;

fn wanted(name: &str, without: usize) -> usize {
    std::env::var(name).ok().and_then(|count| count.parse().ok()).unwrap_or(without)
}

/// Anything below `most`, from the random end of a new id.
fn random(most: u64) -> u64 {
    u64::from(crate::server::networks::phase(uuid::Uuid::now_v7())) % most
}

/// Kills, and answers how many of the four pages of each server were lost.
async fn kills(is_postgres: bool, saviour: Saviour) -> usize {
    let all = wanted("KILLS", KILLS);
    let each = all.div_ceil(2).min(OF_ONE);
    let servers = stream::iter((0..all.div_ceil(each)).map(|_| kills_of_one(is_postgres, saviour, each)));
    servers.buffer_unordered(SIDE_BY_SIDE).fold(0, |lost, one| async move { lost + one }).await
}

/// A world without a server, its owner, four pages that must be kept, and one that comes and goes.
pub struct Scene {
    pub world: World,
    pub database: Option<String>,
    pub kept: Vec<PageId>,
    pub comes_and_goes: PageId,
}

impl Scene {
    pub async fn set(
        is_postgres: bool,
        saviour: Saviour,
        places: &[(&str, &str)],
        act: impl AsyncFn(&Victim<'_>, &Person<'_>, &Self),
    ) {
        let database = if is_postgres { Some(postgres::empty_database().await) } else { None };
        let world = World::with(database.clone().map(Into::into), vec![]).await;
        let mut kept = vec![];
        let owner = world.owner("Harbour").await;
        for (place, person) in places {
            let page = owner.has(place, &["chirper"]).await[0];
            owner.connects(page, person).await;
            kept.push(page);
        }
        let comes_and_goes = owner.has("Z", &["chirper"]).await[0];
        if saviour == Saviour::Grace {
            world.fault(json!({ "network": "chirper", "rotate": "grace" })).await;
        }
        world.stops().await;
        let (workspace, cookies) = (owner.workspace.clone(), owner.cookies.into_inner().expect("nobody panicked"));
        let scene = Self { world, database, kept, comes_and_goes };
        let owner = Person::new(&scene.world, workspace);
        *owner.cookies() = cookies;
        let victim = Victim { world: &scene.world, database: scene.database.clone(), saviour };
        act(&victim, &owner, &scene).await;
    }
}

async fn kills_of_one(is_postgres: bool, saviour: Saviour, rounds: usize) -> usize {
    let lost = std::sync::atomic::AtomicUsize::new(0);
    let places = [("A", "ada"), ("B", "ben"), ("C", "cleo"), ("D", "dan")];
    Scene::set(is_postgres, saviour, &places, async |victim, owner, scene| {
        for round in 0..rounds {
            one_kill(victim, owner, scene.comes_and_goes, round).await;
        }
        // The last one only takes care of what was left.
        let server = victim.starts(Does::Nothing);
        victim.is_up().await;
        let mut kept = scene.kept.clone();
        if owner.sees(scene.comes_and_goes).await == Status::Connected {
            kept.push(scene.comes_and_goes);
        }
        lost.store(victim.lost(owner, &kept).await.len(), std::sync::atomic::Ordering::Relaxed);
        kill(server);
        let asked = scene.world.requests("chirper", "token").await;
        assert!(asked > rounds / 2, "only {asked} requests: it proves nothing");
        scene.world.holds_no_secret().await;
    })
    .await;
    lost.into_inner()
}

async fn one_kill(victim: &Victim<'_>, owner: &Person<'_>, comes_and_goes: PageId, round: usize) {
    let server = victim.starts(Does::Hammers);
    // One of five dies while it starts.
    let life = if round % 5 == 4 {
        random(300)
    } else {
        victim.is_at_it().await;
        random(100)
    };
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(life)) => {}
        () = come_and_go(owner, comes_and_goes) => {}
    }
    if round % 7 == 3 {
        // Stopped in the middle of whatever it does, and found alive again.
        signal("STOP", &server);
        tokio::time::sleep(Duration::from_millis(200)).await;
        signal("CONT", &server);
        tokio::time::sleep(Duration::from_millis(random(50))).await;
    }
    kill(server);
}

/// Disconnects and connects; the server may be gone at any step, and then nothing more happens.
async fn come_and_go(owner: &Person<'_>, page: PageId) {
    let page_id = page.to_string();
    while let Some(answer) = owner.tries("/api/pages/disconnect", &[("page", &page_id)]).await {
        // A yes to what is connected would be a new token for the old, and another test's business.
        if answer.status != 200 && answer.status != 409 {
            break;
        }
        if owner.tries_to_connect(page, "eve").await.is_none() {
            break;
        }
    }
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_network_loses_nothing_to_kills_with_the_courier_on_sqlite() {
    assert_eq!(kills(false, Saviour::Courier).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_network_loses_nothing_to_kills_with_the_courier_on_postgres() {
    assert_eq!(kills(true, Saviour::Courier).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_with_a_grace_window_loses_nothing_to_kills_on_sqlite() {
    assert_eq!(kills(false, Saviour::Grace).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_with_a_grace_window_loses_nothing_to_kills_on_postgres() {
    assert_eq!(kills(true, Saviour::Grace).await, 0);
}

/// So it is the courier that keeps them, and these kills do hit a refresh that is under way. The README publishes what
/// `KILLS_WITHOUT_COURIER=500` says: what is lost is connected anew, so each kill finds four permissions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_network_without_the_courier_does_lose() {
    // The soak counts; otherwise the first loss is enough.
    let counts = std::env::var_os("KILLS_WITHOUT_COURIER").is_some();
    let rounds = wanted("KILLS_WITHOUT_COURIER", 300);
    let places = [("A", "ada"), ("B", "ben"), ("C", "cleo"), ("D", "dan")];
    Scene::set(false, Saviour::Nobody, &places, async |victim, owner, scene| {
        let (mut lost, people) = (0, ["ada", "ben", "cleo", "dan"]);
        for round in 0..rounds {
            if lost > 0 && !counts {
                break;
            }
            one_kill(victim, owner, scene.comes_and_goes, round).await;
            // What it costs is seen at the next start.
            let server = victim.starts(Does::Nothing);
            victim.is_up().await;
            for page in victim.lost(owner, &scene.kept).await {
                lost += 1;
                let place = scene.kept.iter().position(|kept| *kept == page).expect("one of them");
                owner.connects(page, people[place]).await;
            }
            kill(server);
        }
        assert!(lost > 0, "these kills hit nothing");
        if !counts {
            return;
        }
        let line =
            format!("without the courier {rounds} kills lost {lost} permissions, of four that were always renewed\n");
        std::io::stdout().write_all(line.as_bytes()).expect("somebody listens");
    })
    .await;
}
