//! One consent, several pages: which of them is this location's, and which are the other locations'?
//!
//! By the time it is asked, the consent is stored and the page is linked without an account: whoever closes the window,
//! or says "later", chooses another day.

use std::collections::HashMap;

use tracing::warn;

use super::{
    ConnectError,
    attempts::{self, Attempt},
    finish::who_trouble,
    given::{Offered, WhyNot, fitting, sorted},
    link::{give_back, put},
    returning,
};
use crate::{
    domain::{Account, AttemptId, AttemptState, Connection, NetworkId, PageId, Trouble},
    server::{
        App, Caller, Refusal, accounts,
        networks::{self, NetworkApp, RemotePage},
        pages::{self, Approval, Grant, Standing},
        store::Writing,
        workspaces,
    },
};

/// What the picker shows.
pub struct Choices {
    /// The attempt.
    pub attempt: Attempt,
    /// The pages for the location that was clicked, and what keeps each from being chosen; none where it has its own.
    pub pages: Vec<(Offered, Option<WhyNot>)>,
    /// The one of them whose name fits.
    pub suggested: Option<String>,
    /// What the same consent would connect for other locations, by their names.
    pub others: Vec<Other>,
}

/// A page of another location, and the account that fits its name.
pub struct Other {
    /// The page.
    pub page: PageId,
    /// Whose it is.
    pub location: String,
    /// Who it would be.
    pub account: Account,
}

/// What a person chose.
#[derive(Default)]
pub struct Chosen {
    /// The account for the location that was clicked.
    pub account: Option<String>,
    /// Which of the others to connect too.
    pub also: Vec<PageId>,
    /// All of them.
    pub all: bool,
    /// Nothing now.
    pub later: bool,
}

/// The pages to choose from, the free ones first.
///
/// # Errors
/// [`Refusal::NotFound`] when the attempt is not the caller's, or does not wait for a choice.
pub async fn choices(caller: &Caller, id: AttemptId) -> Result<Choices, Refusal> {
    let session = caller.session()?;
    let db = caller.app().store.read();
    let found = attempts::find(db, id).await?;
    let attempt = found
        .filter(|attempt| attempt.user_id == session.user && attempt.session == session.id)
        .filter(|attempt| attempt.state.0 == AttemptState::Choosing)
        .ok_or(Refusal::NotFound)?;
    // The names of the workspace's locations are for its members.
    caller.member_at(attempt.page).await?;
    let view = pages::view(db, attempt.workspace, attempt.page).await?.ok_or(Refusal::NotFound)?;
    let (network, offered) = (view.network, attempt.choice.0.clone());
    let (own, standings) = apart(db, &attempt, &network).await?;
    let locations = workspaces::locations(caller.app(), attempt.workspace).await?;
    let names: HashMap<_, _> = locations.into_iter().map(|location| (location.id, location.name)).collect();
    let all = sorted(&offered, &standings);
    let free: Vec<_> = all.iter().filter(|(_, why)| why.is_none()).map(|(page, _)| &page.account).collect();
    let unpinned = standings.iter().chain([&own]).filter(|standing| standing.is_free());
    let named: Vec<_> =
        unpinned.filter_map(|standing| Some((standing.page, names.get(&standing.location)?.as_str()))).collect();
    let accounts: Vec<_> = offered.iter().map(|page| &page.account).collect();
    let mut fits = fitting(&named, &accounts);
    fits.retain(|(_, account)| free.contains(account));
    let suggested = fits.iter().find(|(page, _)| *page == attempt.page).map(|(_, account)| account.id.clone());
    let location_of = |page| named.iter().find(|(id, _)| *id == page).map(|(_, name)| (*name).to_owned());
    let others = fits.into_iter().filter(|(page, _)| *page != attempt.page);
    let others = others
        .filter_map(|(page, account)| Some(Other { page, location: location_of(page)?, account: account.clone() }));
    let others = others.collect();
    let pages = if own.is_free() { all } else { vec![] };
    Ok(Choices { attempt, pages, suggested, others })
}

/// What an attempt was given of which nothing could be chosen, and why.
///
/// # Errors
/// When the database does not answer.
pub async fn unfit(app: &App, attempt: &Attempt) -> Result<Vec<(Offered, Option<WhyNot>)>, Refusal> {
    if attempt.state.0 != AttemptState::Failed(Trouble::NoPages) {
        return Ok(vec![]);
    }
    let db = app.store.read();
    let Some(view) = pages::view(db, attempt.workspace, attempt.page).await? else { return Ok(vec![]) };
    let (_, others) = apart(db, attempt, &view.network).await?;
    Ok(sorted(&attempt.choice.0, &others).into_iter().filter(|(_, why_not)| why_not.is_some()).collect())
}

/// The attempt's own page, and the others on the network.
async fn apart(
    db: &impl sea_orm::ConnectionTrait,
    attempt: &Attempt,
    network: &NetworkId,
) -> Result<(Standing, Vec<Standing>), Refusal> {
    let mut standings = pages::standing(db, attempt.workspace, network).await?;
    let at = standings.iter().position(|standing| standing.page == attempt.page).ok_or(Refusal::NotFound)?;
    let own = standings.remove(at);
    Ok((own, standings))
}

/// Links what was chosen.
///
/// # Errors
/// As [`choices`], and [`Refusal::NotFound`] when something was chosen that was not offered.
pub async fn choose(caller: &Caller, id: AttemptId, chosen: Chosen) -> Result<AttemptState, Refusal> {
    let choices = choices(caller, id).await?;
    let member = caller.member_at(choices.attempt.page).await?;
    member.must_be_able_to_connect()?;
    let app = caller.app().clone();
    if chosen.later {
        attempts::end(app.store.read(), id, &AttemptState::Approved).await?;
        return Ok(AttemptState::Approved);
    }
    let wanted = wanted(&choices, &chosen).ok_or(Refusal::NotFound)?;
    let attempt = choices.attempt;
    let network_app = app.networks.app(attempt.network_app).ok_or(ConnectError::NoApp)?;
    let task = app.tasks.clone().spawn(async move { connect(&app, &network_app, &attempt, wanted).await });
    Ok(task.await.ok().ok_or(ConnectError::Unreadable)??)
}

/// Which page becomes which account; `None` when that was not offered.
fn wanted(choices: &Choices, chosen: &Chosen) -> Option<Vec<(PageId, String)>> {
    let own = match &chosen.account {
        Some(id) => {
            let is_it = |(page, why): &&(Offered, Option<WhyNot>)| page.account.id == *id && why.is_none();
            Some(choices.pages.iter().find(is_it)?.0.account.id.clone())
        }
        None if choices.pages.is_empty() => None,
        None => return None,
    };
    let is_offered = |page: &PageId| choices.others.iter().any(|other| other.page == *page);
    if !chosen.also.iter().all(is_offered) {
        return None;
    }
    let also = choices.others.iter().filter(|other| chosen.all || chosen.also.contains(&other.page));
    // The person knows better than the names.
    let also = also.filter(|other| own.as_ref() != Some(&other.account.id));
    let also = also.map(|other| (other.page, other.account.id.clone()));
    let own = own.clone().map(|account| (choices.attempt.page, account));
    Some(own.into_iter().chain(also).collect())
}

/// What the grant gives now: not what was stored when it was offered.
pub(super) async fn given(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<Vec<RemotePage>, ConnectError> {
    let opened = pages::open(app.store.read(), &app.vault, grant).await?;
    let person = Account { id: grant.person_id.clone(), name: grant.person_name.clone() };
    let whose = (&person, &grant.scopes.0[..]);
    Ok(networks::remote_pages(&app.client, network_app, opened.bearer(grant), whose).await?.pages)
}

/// The grant that the page hangs on.
pub(super) async fn grant_at(app: &App, page: PageId) -> Result<Option<Grant>, ConnectError> {
    let db = app.store.read();
    let Some(id) = pages::grant_of(db, page).await? else { return Ok(None) };
    Ok(pages::grant(db, id).await?)
}

async fn connect(
    app: &App,
    network_app: &NetworkApp,
    attempt: &Attempt,
    wanted: Vec<(PageId, String)>,
) -> Result<AttemptState, ConnectError> {
    // The page may hang on another permission by now, of another server: that one's token is for that server only.
    let grant = grant_at(app, attempt.page).await?.filter(|grant| grant.network_app == attempt.network_app);
    let Some(grant) = grant else {
        return end(app, attempt, AttemptState::Failed(Trouble::PageGone)).await;
    };
    let given = match given(app, network_app, &grant).await {
        Err(ConnectError::Who(error)) => {
            warn!(network = %network_app.definition.id, %error, "what can be chosen is not known just now");
            return end(app, attempt, AttemptState::Failed(who_trouble(error))).await;
        }
        given => given?,
    };
    let page = |id: &String| given.iter().find(|page| page.account.id == *id && page.usable.is_ok());
    if wanted.iter().any(|(own, account)| *own == attempt.page && page(account).is_none()) {
        return end(app, attempt, AttemptState::Failed(Trouble::PageLost)).await;
    }
    let wanted: Vec<_> = wanted.iter().filter_map(|(id, account)| Some((*id, page(account)?))).collect();
    let writing = app.store.write(attempt.workspace).await?;
    // The consent was renewed or given back meanwhile: what was chosen is chosen again from what it gives now.
    let current = pages::grant(writing.txn(), grant.id).await?.filter(|now| now.version == grant.version);
    let is_waiting = attempts::end(writing.txn(), attempt.id, &AttemptState::Approved).await?;
    let Some(grant) = current.filter(|_| is_waiting) else {
        drop(writing);
        let now = attempts::find(app.store.read(), attempt.id).await?;
        return Ok(now.map_or(AttemptState::Expired, |attempt| attempt.state.0));
    };
    let facts = Connection {
        account: None,
        linked_by: accounts::name_of(writing.txn(), attempt.user_id).await?,
        linked_at: app.clock.now(),
        missing: network_app.definition.missing(&grant.scopes.0),
        must_act_at: grant.must_act_at,
        must_log_in: false,
    };
    let standings = pages::standing(writing.txn(), attempt.workspace, &network_app.definition.id).await?;
    take(writing, app, &wanted, &standings, Approval { grant: grant.id, connection: facts }).await?;
    Ok(AttemptState::Approved)
}

/// Links each page to its account, where both are still free, and commits.
async fn take(
    mut writing: Writing,
    app: &App,
    wanted: &[(PageId, &RemotePage)],
    standings: &[Standing],
    approval: Approval,
) -> Result<(), ConnectError> {
    let mut left = Vec::new();
    for (id, page) in wanted {
        let is_it = |other: &Standing| other.link.pinned_to().is_some_and(|pin| pin.id == page.account.id);
        let free = standings.iter().find(|standing| standing.page == *id && standing.is_free());
        let Some(standing) = free.filter(|_| !standings.iter().any(is_it)) else { continue };
        let connection = Connection { account: Some(page.account.clone()), ..approval.connection.clone() };
        put(&mut writing, app, *id, Approval { connection, ..approval }, page.token.as_ref()).await?;
        left.extend(standing.grant.filter(|old| *old != approval.grant));
    }
    let owed = give_back(&writing, app, left).await?;
    app.bus.commit(&app.store, writing).await?;
    for job in owed {
        returning::settle_soon(app, job);
    }
    Ok(())
}

async fn end(app: &App, attempt: &Attempt, state: AttemptState) -> Result<AttemptState, ConnectError> {
    attempts::end(app.store.read(), attempt.id, &state).await?;
    Ok(state)
}
