//! An approval becomes linked pages: the one that it was opened for, and every other that the same consent reaches, in
//! one transaction.

use secrecy::SecretString;
use tracing::info;

use super::{
    ConnectError,
    attempts::{self, Attempt},
    finish::{self, Approved},
    given::{Becomes, Offered, becomes},
    kept::Kept,
    returning::{self, Left},
    second,
    which::host_of,
};
use crate::{
    domain::{Actor, AttemptState, Change, Connection, GrantId, Impossible, Moment, PageId, Reason, Trouble},
    server::{
        App, accounts,
        networks::{self, Clocked, NetworkApp, Plan, RemotePage},
        pages::{self, Approval, NewGrant, NotChanged},
        store::Writing,
    },
};

/// What the page that an attempt was opened for takes of what its approval gave.
pub(super) enum Taken {
    /// This.
    This(RemotePage),
    /// One of several, when somebody has chosen.
    NotYet,
    /// Nothing: it was left out.
    Lost,
}

/// Links what was approved, and ends the attempt or lets the person choose.
pub(super) async fn link(
    app: &App,
    attempt: &Attempt,
    network_app: &NetworkApp,
    approved: Approved,
    taken: Taken,
) -> Result<AttemptState, ConnectError> {
    let now = app.clock.now();
    let mut writing = app.store.write(attempt.workspace).await?;
    let state = match &taken {
        Taken::NotYet => AttemptState::Choosing,
        Taken::This(_) if attempt.change_pages => AttemptState::Choosing,
        Taken::This(_) => AttemptState::Approved,
        Taken::Lost if approved.is_whole => AttemptState::Failed(Trouble::PageLost),
        Taken::Lost => AttemptState::Failed(Trouble::OddAnswer),
    };
    let goes_on = match &state {
        AttemptState::Choosing => {
            let offered: Vec<_> = approved.pages.iter().map(Offered::from).collect();
            attempts::offer(writing.txn(), attempt.id, &offered).await?
        }
        ends => attempts::end(writing.txn(), attempt.id, ends).await?,
    };
    if !goes_on {
        drop(writing);
        // Stopped meanwhile: the person does not want it any more.
        return finish::unwanted(app, attempt, Some(&approved), AttemptState::Stopped).await;
    }
    let connection = Connection {
        account: None,
        linked_by: accounts::name_of(writing.txn(), attempt.user_id).await?,
        linked_at: now,
        missing: network_app.definition.missing(&approved.scopes),
        must_act_at: plan_of(network_app, attempt, &approved.kept, now).must_act_at,
        must_log_in: false,
    };
    let left = match spread(&mut writing, app, attempt, (network_app, &approved, &taken), connection).await {
        Err(ConnectError::NotChanged(NotChanged::Impossible(Impossible::WrongAccount { expected, got }))) => {
            drop(writing);
            let state = AttemptState::WrongAccount { expected, got };
            return finish::unwanted(app, attempt, Some(&approved), state).await;
        }
        left => left?,
    };
    let owed = give_back(&writing, app, left).await?;
    attempts::forget(writing.txn(), &app.vault, attempt).await?;
    app.bus.commit(&app.store, writing).await?;
    for job in owed {
        returning::settle_soon(app, job);
    }
    info!(page = %attempt.page, network = %network_app.definition.id, "approved");
    Ok(state)
}

/// Stores the grant and lets every page become what it must. Answers the grants that pages have left.
async fn spread(
    writing: &mut Writing,
    app: &App,
    attempt: &Attempt,
    (network_app, approved, taken): (&NetworkApp, &Approved, &Taken),
    connection: Connection,
) -> Result<Vec<GrantId>, ConnectError> {
    let now = connection.linked_at;
    let pages = pages::standing(writing.txn(), writing.workspace(), &network_app.definition.id).await?;
    let new = new_grant(app, attempt, network_app, approved, now);
    let grant = pages::put_grant(writing, &app.vault, now, new).await?;
    if let Some(second) = approved.kept.second() {
        let asked_at = approved.kept.came_at.unwrap_or(now);
        second::put(writing, app, (network_app, grant), second, asked_at).await?;
    }
    if let Some(host) = host_of(network_app, &network_app.definition) {
        pages::remember_host(writing, attempt.page, host).await?;
    }
    let mut left = Vec::new();
    for standing in pages {
        let is_own = standing.page == attempt.page;
        let becomes = match taken {
            Taken::This(page) if is_own => Becomes::Healed(page),
            Taken::NotYet if is_own => Becomes::StillUnchosen,
            _ => becomes(&standing, grant, (&approved.pages, approved.is_whole)),
        };
        let page = match becomes {
            Becomes::AsItIs => continue,
            Becomes::Lost => {
                let actor = Actor::Person(connection.linked_by.clone());
                lose(writing, app, standing.page, now, actor).await?;
                continue;
            }
            Becomes::StillUnchosen => None,
            Becomes::Healed(page) => Some(page),
        };
        let connection = Connection { account: page.map(|page| page.account.clone()), ..connection.clone() };
        let token = page.and_then(|page| page.token.as_ref());
        put(writing, app, standing.page, Approval { grant, connection }, token).await?;
        left.extend(standing.grant.filter(|old| *old != grant));
    }
    Ok(left)
}

/// Links the page, and seals its own token where the network gave one.
pub(super) async fn put(
    writing: &mut Writing,
    app: &App,
    page: PageId,
    approval: Approval,
    token: Option<&SecretString>,
) -> Result<(), ConnectError> {
    let (at, by) = (approval.connection.linked_at, Actor::Person(approval.connection.linked_by.clone()));
    pages::approve(writing, at, page, approval, by).await?;
    let place = pages::token_of(writing.workspace(), page);
    match token {
        Some(token) => app.vault.put(writing.txn(), place, token).await?,
        None => app.vault.forget(writing.txn(), place).await?,
    }
    Ok(())
}

/// The consent does not reach the page any more.
async fn lose(writing: &mut Writing, app: &App, page: PageId, at: Moment, actor: Actor) -> Result<(), ConnectError> {
    app.vault.forget(writing.txn(), pages::token_of(writing.workspace(), page)).await?;
    match pages::transition(writing, at, page, Change::Died(Reason::PageLost), actor).await {
        Ok(_) | Err(NotChanged::Impossible(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Owes back what no page hangs on any more.
pub(super) async fn give_back(
    writing: &Writing,
    app: &App,
    mut left: Vec<GrantId>,
) -> Result<Vec<uuid::Uuid>, ConnectError> {
    left.sort_unstable();
    left.dedup();
    let mut owed = Vec::new();
    for grant in left {
        if let Left::Owed(job, others) = returning::give_back_if_unused(writing, app, grant, None).await? {
            owed.extend([vec![job], others].concat());
        }
    }
    Ok(owed)
}

fn plan_of(network_app: &NetworkApp, attempt: &Attempt, kept: &Kept, now: Moment) -> Plan {
    let clocks = network_app.definition.clocks();
    let known = Clocked {
        issued_at: now,
        expires_at: access_end(network_app, kept, now),
        refresh_expires_at: refresh_end(network_app, kept, now),
        data_access_expires_at: clocks.data_access_lives.map(|lives| now + lives),
        has_refresh: kept.refresh().is_some(),
        is_failing: false,
        phase: networks::phase(attempt.id.0),
    };
    networks::plan(&known, &clocks)
}

/// When the access token ends: as the answer says, else as the definition does.
fn access_end(network_app: &NetworkApp, kept: &Kept, now: Moment) -> Option<Moment> {
    kept.expires_at.or(network_app.definition.clocks().lives.map(|lives| now + lives))
}

/// When the refresh token ends: as the answer says, else as the definition does.
fn refresh_end(network_app: &NetworkApp, kept: &Kept, now: Moment) -> Option<Moment> {
    let known = network_app.definition.clocks().refresh_lives.map(|lives| now + lives);
    kept.refresh_expires_at.or(known).filter(|_| kept.refresh().is_some())
}

fn new_grant(app: &App, attempt: &Attempt, network_app: &NetworkApp, approved: &Approved, now: Moment) -> NewGrant {
    let every = app.check_every.unwrap_or_else(|| network_app.definition.check_every());
    let plan = plan_of(network_app, attempt, &approved.kept, now);
    let next_visit_at = pages::next_visit(now, networks::a_little_before(every), plan.must_act_at);
    NewGrant {
        network_app: network_app.id,
        person_id: approved.person.id.clone(),
        person_name: approved.person.name.clone(),
        access: approved.kept.access(),
        refresh: approved.kept.refresh(),
        key: approved.kept.key(),
        expires_at: access_end(network_app, &approved.kept, now),
        refresh_expires_at: refresh_end(network_app, &approved.kept, now),
        data_access_expires_at: network_app.definition.clocks().data_access_lives.map(|lives| now + lives),
        plan,
        scopes: approved.scopes.clone(),
        kept: approved.kept.named.clone(),
        next_visit_at,
        beside: None,
    }
}
