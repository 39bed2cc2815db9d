//! What the demo shows: five locations, four networks, and at least two pages of each status.

use super::{
    super::{App, Member, keeper, pages, serve::StartError, workspaces},
    robot::{Consent, Robot},
};
use crate::domain::{NetworkId, PageId, UserId};

/// The demo's business.
pub const WORKSPACE: &str = "Harbour Coffee";
const SLUG: &str = "harbour-coffee";
const LOCATIONS: [&str; 5] = ["Bondi Beach", "Manly Wharf", "Surry Hills", "Newtown", "Coogee"];

const SIX_DAYS: u64 = 6 * 86_400;

/// What becomes of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// There is none.
    Absent,
    /// Nobody connected it.
    Red,
    /// That person connected it.
    Green(&'static str),
    /// That person's password changed afterwards.
    Broken(&'static str),
    /// That person's permission ends in six days.
    Ending(&'static str),
    /// That person unticked publishing.
    Partly(&'static str),
}

use Fate::{Absent, Broken, Ending, Green, Partly, Red};

/// A row a location, in the order of [`NETWORKS`].
const FATES: [[Fate; 4]; 5] = [
    [Green("ada"), Green("ada"), Ending("ada"), Green("ada")],
    [Broken("ben"), Green("ada"), Ending("ben"), Green("ben")],
    [Green("cleo"), Partly("cleo"), Green("cleo"), Red],
    [Red, Broken("dan"), Green("dan"), Partly("dan")],
    [Green("eve"), Red, Red, Absent],
];
const NETWORKS: [&str; 4] = ["chirper", "pagebook", "linkwork", "hush"];

/// Makes the workspace's locations and pages, and connects them as a person would; and so many locations `more`.
pub async fn set(app: &App, owner: UserId, sandbox: &str, more: usize) -> Result<(), StartError> {
    let robot = Robot::signed_in(app, owner, sandbox).await?;
    let member = robot.caller().member(SLUG).await?;
    let mut pages_made = Vec::new();
    for (location, fates) in LOCATIONS.iter().zip(FATES) {
        let location = workspaces::add_location(&member, location).await?;
        for (network, fate) in NETWORKS.iter().zip(fates).filter(|(_, fate)| *fate != Absent) {
            let page = pages::add(&member, location.id, &NetworkId((*network).to_owned())).await?;
            pages_made.push((page.id, *network, fate));
        }
    }
    for (page, network, fate) in &pages_made {
        act(&robot, *page, network, *fate).await?;
    }
    let broken = pages_made.iter().filter_map(|(_, network, fate)| match fate {
        Broken(person) => Some((network, person)),
        _ => None,
    });
    for (network, person) in broken {
        robot.changes_password(network, person).await?;
    }
    notice(app).await?;
    add_more(&member, more).await?;
    robot.signs_out().await
}

/// Locations with pages that nobody connected yet, and none on the last network: "Bondi Beach 2", "Manly Wharf 2", ….
async fn add_more(member: &Member, more: usize) -> Result<(), StartError> {
    let name = |number: usize| format!("{} {}", LOCATIONS[number % LOCATIONS.len()], number / LOCATIONS.len() + 2);
    let names: Vec<_> = (0..more).map(name).collect();
    let networks = NETWORKS[..3].iter().map(|network| NetworkId((*network).to_owned()));
    Ok(pages::add_locations(member, &names, &networks.collect::<Vec<_>>()).await?)
}

async fn act(robot: &Robot, page: PageId, network: &str, fate: Fate) -> Result<(), StartError> {
    let consent = |person, without: &'static [&'static str]| Consent { person, without };
    match fate {
        Absent | Red => Ok(()),
        Green(person) | Broken(person) => robot.connects(page, consent(person, &[])).await,
        Partly(person) => robot.connects(page, consent(person, &["pages_publish", "posts:write"])).await,
        Ending(person) => {
            robot.sets_life(network, Some(SIX_DAYS)).await?;
            robot.connects(page, consent(person, &[])).await?;
            robot.sets_life(network, None).await
        }
    }
}

/// The keeper finds the deaths as it always does, only at once.
async fn notice(app: &App) -> Result<(), StartError> {
    pages::visit_all_now(&app.store, app.clock.now()).await?;
    keeper::once(app).await;
    Ok(())
}
