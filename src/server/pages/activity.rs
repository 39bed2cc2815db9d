//! What people read of the record: a bounded part, narrowed to a page, some locations or a network, in sentences.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{board::view, roster::in_small, rows::page};
use crate::{
    domain::{
        Activity, EVENTS_AT_ONCE, EVENTS_OF_A_PAGE, LocationId, NetworkCard, NetworkId, PageId, PastEvent, Told,
        WorkspaceId, words,
    },
    server::{
        App, Member, Refusal,
        events::{self, About, Place, Recorded},
        networks,
        store::StoreError,
        workspaces,
    },
};

/// A search that fits more locations than these shows the events of so many.
const LOCATIONS_AT_MOST: usize = 20;

/// What somebody asks to see of the record.
pub struct Wanted {
    /// One page.
    pub page: Option<PageId>,
    /// Part of the names of locations.
    pub search: String,
    /// One network.
    pub network: Option<NetworkId>,
    /// Which part of it.
    pub place: Place,
}

impl Wanted {
    /// Of the fields of an address. What is no number asks for the newest.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a page that is none.
    pub fn of(page: &str, search: &str, network: &str, before: &str, after: &str) -> Result<Self, Refusal> {
        let page = match page {
            "" => None,
            id => Some(id.parse().ok().ok_or(Refusal::NotFound)?),
        };
        let place = match (before.parse(), after.parse()) {
            (Ok(seq), _) => Place::Before(seq),
            (_, Ok(seq)) => Place::After(seq),
            _ => Place::End,
        };
        let network = Some(NetworkId(network.to_owned())).filter(|network| !network.0.is_empty());
        Ok(Self { page, search: search.trim().to_owned(), network, place })
    }
}

/// What the Activity tab shows.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such page in the workspace.
pub async fn activity(member: &Member, wanted: Wanted) -> Result<Activity, Refusal> {
    let (app, workspace) = (member.app(), member.workspace().id);
    let cards = networks::cards(app.store.read(), &app.networks).await?;
    let Narrowed { abouts, page, is_cut } = narrow(member, &cards, &wanted).await?;
    let part = Part::read(app, workspace, &abouts, wanted.place).await?;
    Ok(Activity {
        told: tell(app, workspace, &cards, part.recorded).await?,
        networks: cards.into_iter().map(|card| (card.id, card.name)).collect(),
        page,
        is_cut,
        has_newer: part.has_newer,
        has_older: part.has_older,
        now: app.clock.now(),
        workspace: member.workspace().clone(),
    })
}

/// The last things that happened to a page of the workspace.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn last_of(
    app: &App,
    workspace: WorkspaceId,
    cards: &[NetworkCard],
    page: PageId,
) -> Result<Vec<PastEvent>, StoreError> {
    let last = events::history(&app.store, workspace, &About::Page(page), Place::End, many(EVENTS_OF_A_PAGE)).await?;
    let told = tell(app, workspace, cards, last).await?;
    Ok(told.into_iter().map(|told| PastEvent { at: told.event.at, text: told.said.whole() }).collect())
}

fn many(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// What the wish comes to: parts of the record that have an index.
struct Narrowed {
    abouts: Vec<About>,
    page: Option<String>,
    is_cut: bool,
}

async fn narrow(member: &Member, cards: &[NetworkCard], wanted: &Wanted) -> Result<Narrowed, Refusal> {
    let (app, workspace) = (member.app(), member.workspace().id);
    if let Some(id) = wanted.page {
        let page = view(app.store.read(), workspace, id).await?.ok_or(Refusal::NotFound)?;
        let names = workspaces::names(app, workspace, [page.location]).await?;
        let location = names.get(&page.location).map_or("", String::as_str);
        let name = words::page_name(location, &name_of(cards, &page.network));
        return Ok(Narrowed { abouts: vec![About::Page(id)], page: Some(name), is_cut: false });
    }
    if wanted.search.is_empty() {
        let about = wanted.network.clone().map_or(About::Everything, About::Network);
        return Ok(Narrowed { abouts: vec![about], page: None, is_cut: false });
    }
    let search = in_small(&wanted.search);
    let locations = workspaces::locations(app, workspace).await?.into_iter();
    let mut fitting: Vec<_> =
        locations.filter(|location| in_small(&location.name).contains(&search)).map(|location| location.id).collect();
    let is_cut = fitting.len() > LOCATIONS_AT_MOST;
    fitting.truncate(LOCATIONS_AT_MOST);
    let abouts = match &wanted.network {
        None => fitting.into_iter().map(About::Location).collect(),
        Some(network) => pages_at(app, workspace, &fitting, network).await?,
    };
    Ok(Narrowed { abouts, page: None, is_cut })
}

async fn pages_at(
    app: &App,
    workspace: WorkspaceId,
    locations: &[LocationId],
    network: &NetworkId,
) -> Result<Vec<About>, StoreError> {
    let rows = page::Entity::find()
        .filter(page::Column::Workspace.eq(workspace))
        .filter(page::Column::Location.is_in(locations.iter().copied()))
        .filter(page::Column::Network.eq(network.clone()))
        .all(app.store.read())
        .await?;
    Ok(rows.into_iter().map(|row| About::Page(row.id)).collect())
}

/// Some of the record, and whether there is more on either side of it.
struct Part {
    recorded: Vec<Recorded>,
    has_newer: bool,
    has_older: bool,
}

impl Part {
    async fn read(app: &App, workspace: WorkspaceId, abouts: &[About], place: Place) -> Result<Self, StoreError> {
        let mut recorded = merged(app, workspace, abouts, place, EVENTS_AT_ONCE + 1).await?;
        let has_more = recorded.len() > EVENTS_AT_ONCE;
        if matches!(place, Place::After(_)) {
            if !has_more {
                // The newest end: a whole part, and not what is left of one.
                return Box::pin(Self::read(app, workspace, abouts, Place::End)).await;
            }
            recorded.remove(0);
        }
        recorded.truncate(EVENTS_AT_ONCE);
        let seq = |recorded: &Recorded| recorded.event.seq;
        let (first, last) = (recorded.first().map(seq), recorded.last().map(seq));
        let (has_newer, has_older) = match (place, first.zip(last)) {
            (Place::After(_), Some((_, last))) => {
                (true, !merged(app, workspace, abouts, Place::Before(last), 1).await?.is_empty())
            }
            (Place::Before(_), Some((first, _))) => {
                (!merged(app, workspace, abouts, Place::After(first), 1).await?.is_empty(), has_more)
            }
            (Place::Before(seq), None) => {
                (!merged(app, workspace, abouts, Place::After(seq - 1), 1).await?.is_empty(), false)
            }
            _ => (false, has_more),
        };
        Ok(Self { recorded, has_newer, has_older })
    }
}

/// The events about any of these that are nearest to the place, the newest first. Each is asked for as many as all may
/// give, so that none is left out and nobody reads more than a bound.
async fn merged(
    app: &App,
    workspace: WorkspaceId,
    abouts: &[About],
    place: Place,
    at_most: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let mut all = Vec::new();
    for about in abouts {
        all.extend(events::history(&app.store, workspace, about, place, many(at_most)).await?);
    }
    all.sort_unstable_by_key(|recorded| std::cmp::Reverse(recorded.event.seq));
    if matches!(place, Place::After(_)) {
        all.drain(..all.len().saturating_sub(at_most));
    }
    all.truncate(at_most);
    Ok(all)
}

async fn tell(
    app: &App,
    workspace: WorkspaceId,
    cards: &[NetworkCard],
    recorded: Vec<Recorded>,
) -> Result<Vec<Told>, StoreError> {
    let ids = recorded.iter().filter_map(|recorded| recorded.location);
    let names: HashMap<_, _> = workspaces::names(app, workspace, ids).await?;
    let told = |Recorded { event, location }: Recorded| {
        let location = location.and_then(|id| names.get(&id)).map(String::as_str);
        let network = match (&event.page, &event.network) {
            (Some(page), _) => Some(name_of(cards, &page.network)),
            (None, Some(card)) => Some(card.name.clone()),
            (None, None) => None,
        };
        let said = words::happened(&event, location, network.as_deref());
        Told { event, said }
    };
    Ok(recorded.into_iter().map(told).collect())
}

/// A network that is not set up any more has no name but its id.
fn name_of(cards: &[NetworkCard], network: &NetworkId) -> String {
    cards.iter().find(|card| card.id == *network).map_or_else(|| network.0.clone(), |card| card.name.clone())
}
