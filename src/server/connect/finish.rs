//! The code becomes a linked page: exchanged once, sealed at once, asked whose it is, and linked in one transaction.

use secrecy::SecretString;
use tracing::{error, info, warn};

use super::{
    ConnectError,
    attempts::{self, Attempt, Kept, Secrets},
    later,
    returning::{self, Left, Owed},
};
use crate::{
    domain::{Account, Actor, AttemptState, Connection, Impossible, Link, Moment, PageId, Trouble},
    server::{
        App, accounts,
        networks::{self, Bearer, Clocked, ExchangeError, NetworkApp, NoAnswer, Plan, Verdict, WhoError},
        pages::{self, Approval, NewGrant, NotChanged},
        store::Writing,
    },
};

/// Sends the code and goes on to the end, in a task that outlives the caller: a handler's future dies with its
/// browser's connection, and a code that was sent cannot be sent again.
///
/// # Errors
/// When something of ours does not work; the attempt is then told as failed where that is still possible.
pub async fn finish(app: &App, attempt: Attempt, code: SecretString) -> Result<AttemptState, ConnectError> {
    let (app, id) = (app.clone(), attempt.id);
    let task = app.tasks.clone().spawn(async move {
        match exchange(&app, &attempt, code).await {
            Ok(None) => later::go_on_at_last(&app, attempt).await,
            Ok(Some(ended)) => Ok(ended),
            Err(error) => {
                let failed = AttemptState::Failed(Trouble::NoAnswer);
                if let Err(error) = attempts::end(app.store.read(), id, &failed).await {
                    warn!(attempt = %id, %error, "an attempt's end is not written down; the next start does it");
                }
                Err(error)
            }
        }
    });
    task.await.ok().ok_or(ConnectError::Unreadable)?
}

/// Sends the code and keeps the answer; or tells how the attempt ended without one.
async fn exchange(app: &App, attempt: &Attempt, code: SecretString) -> Result<Option<AttemptState>, ConnectError> {
    let network_app = app.networks.app(attempt.network_app).ok_or(ConnectError::NoApp)?;
    let db = app.store.read();
    let verifier = app.vault.find(db, Secrets(attempt).verifier()).await?;
    attempts::forget_unsent(db, &app.vault, attempt).await?;
    if network_app.definition.authorize.pkce && verifier.is_none() {
        // Stopped between the callback and here, or taken away. A code that leaves without its verifier is bound to nobody.
        return end(app, attempt, AttemptState::Failed(Trouble::OtherBrowser)).await.map(Some);
    }
    let sent = (attempt.token_endpoint.as_str(), attempt.redirect_uri.as_str());
    let sent_at = app.clock.now();
    let tokens = match networks::exchange(&app.client, &network_app, sent, code, verifier).await {
        Ok(tokens) => tokens,
        Err(error) => {
            warn!(network = %network_app.definition.id, %error, "a code became no tokens");
            return end(app, attempt, AttemptState::Failed(trouble(error))).await.map(Some);
        }
    };
    match attempts::keep(db, &app.vault, attempt, &tokens, sent_at).await {
        Ok(()) => Ok(None),
        Err(error) => {
            later::give_back_unkept(app, &network_app, &tokens).await;
            Err(error.into())
        }
    }
}

fn trouble(error: ExchangeError) -> Trouble {
    match error {
        ExchangeError::CodeRefused | ExchangeError::Odd | ExchangeError::NoAnswer(NoAnswer::TooLarge) => {
            Trouble::OddAnswer
        }
        ExchangeError::NoAnswer(_) => Trouble::NoAnswer,
        ExchangeError::AppRefused => Trouble::AppRefused,
    }
}

async fn end(app: &App, attempt: &Attempt, state: AttemptState) -> Result<AttemptState, ConnectError> {
    attempts::end(app.store.read(), attempt.id, &state).await?;
    Ok(state)
}

/// What the network says of an approval.
pub(super) struct Approved {
    /// Who approved.
    pub person: Account,
    /// The pages it gives.
    pub pages: Vec<Account>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// The answer as it is kept.
    pub kept: Kept,
}

/// Goes on from the sealed answer: right after the exchange, or after a restart.
///
/// # Errors
/// As [`finish`].
pub(super) async fn go_on(app: &App, attempt: Attempt) -> Result<AttemptState, ConnectError> {
    let network_app = app.networks.app(attempt.network_app).ok_or(ConnectError::NoApp)?;
    let approved = match ask(app, &network_app, &attempt).await {
        Ok(approved) => approved,
        Err(ConnectError::Vault(error)) if error.is_lost() => {
            // The process ended before the network's answer came: nothing was kept, and a code is sent only once.
            warn!(%error, "an interrupted attempt cannot go on");
            return end(app, &attempt, AttemptState::Failed(Trouble::NoAnswer)).await;
        }
        Err(ConnectError::Who(error)) => {
            warn!(network = %network_app.definition.id, %error, "an approval could not be looked into");
            return unwanted(app, &attempt, None, AttemptState::Failed(who_trouble(error))).await;
        }
        Err(error) => return Err(error),
    };
    let view = pages::view(app.store.read(), attempt.workspace, attempt.page).await?;
    let Some(view) = view else {
        return unwanted(app, &attempt, Some(&approved), AttemptState::Failed(Trouble::PageGone)).await;
    };
    match which(app, &attempt, &approved, &view.link).await? {
        Which::This(account) => link(app, &attempt, &network_app, approved, account).await,
        Which::Several => {
            attempts::offer(app.store.read(), attempt.id, &approved.pages).await?;
            Ok(AttemptState::Choosing)
        }
        Which::None(state) => unwanted(app, &attempt, Some(&approved), state).await,
    }
}

fn who_trouble(error: WhoError) -> Trouble {
    match error {
        WhoError::Refused(Verdict::NoAnswer | Verdict::SlowDown(_)) => Trouble::NoAnswer,
        WhoError::Refused(Verdict::OurAppIsWrong) => Trouble::AppRefused,
        WhoError::Refused(_) | WhoError::Odd => Trouble::OddAnswer,
    }
}

pub(super) async fn ask(app: &App, network_app: &NetworkApp, attempt: &Attempt) -> Result<Approved, ConnectError> {
    let kept = attempts::kept(app.store.read(), &app.vault, attempt).await?;
    let (client, access) = (&app.client, kept.access());
    let bearer = Bearer { access: &access, kept: &kept.kept };
    let person = networks::who_am_i(client, network_app, bearer).await?;
    let pages = networks::remote_pages(client, network_app, bearer, &person).await?;
    let pages = pages.into_iter().filter(|page| page.usable.is_ok()).map(|page| page.account).collect();
    let listed = networks::granted_scopes(client, network_app, bearer).await?;
    // An answer without scopes means "as asked" (RFC 6749, section 5.1).
    let scopes = listed.or_else(|| kept.scopes.clone()).unwrap_or_else(|| attempt.scopes.0.clone());
    Ok(Approved { person, pages, scopes, kept })
}

enum Which {
    This(Account),
    Several,
    None(AttemptState),
}

/// A pinned page takes only its own account. Else: the only page that is free, or the person chooses.
async fn which(app: &App, attempt: &Attempt, approved: &Approved, link: &Link) -> Result<Which, ConnectError> {
    if let Some(pinned) = link.pinned_to() {
        if let Some(account) = approved.pages.iter().find(|page| page.id == pinned.id) {
            return Ok(Which::This(account.clone()));
        }
        let got = approved.pages.first().unwrap_or(&approved.person).clone();
        return Ok(Which::None(AttemptState::WrongAccount { expected: pinned.clone(), got }));
    }
    if let [only] = &approved.pages[..] {
        return Ok(Which::This(only.clone()));
    }
    let taken = pages::pinned_at(app.store.read(), attempt.workspace, attempt.page).await?;
    let mut free = approved.pages.iter().filter(|page| !taken.contains_key(&page.id));
    match (free.next(), free.next()) {
        (Some(only), None) => Ok(Which::This(only.clone())),
        _ if approved.pages.is_empty() => Ok(Which::None(AttemptState::Failed(Trouble::NoPages))),
        _ => Ok(Which::Several),
    }
}

/// Links the page to `account`, and heals every page that hangs on the same grant, in one transaction.
pub(super) async fn link(
    app: &App,
    attempt: &Attempt,
    network_app: &NetworkApp,
    approved: Approved,
    account: Account,
) -> Result<AttemptState, ConnectError> {
    let now = app.clock.now();
    let mut writing = app.store.write(attempt.workspace).await?;
    if !attempts::end(writing.txn(), attempt.id, &AttemptState::Approved).await? {
        drop(writing);
        // Stopped meanwhile: the person does not want it any more.
        return unwanted(app, attempt, Some(&approved), AttemptState::Stopped).await;
    }
    let by = accounts::name_of(writing.txn(), attempt.user_id).await?;
    let connection = Connection {
        account: Some(account),
        linked_by: by.clone(),
        linked_at: now,
        missing: network_app.definition.missing(&approved.scopes),
        must_act_at: plan_of(network_app, attempt, &approved.kept, now).must_act_at,
        must_log_in: false,
    };
    let before = pages::grant_of(writing.txn(), attempt.page).await?;
    let new = new_grant(app, attempt, network_app, &approved, now);
    let grant = pages::put_grant(&writing, &app.vault, now, new).await?;
    let approval = Approval { grant, connection };
    match pages::approve(&mut writing, now, attempt.page, approval.clone(), Actor::Person(by.clone())).await {
        Ok(_) => {}
        Err(NotChanged::Impossible(Impossible::WrongAccount { expected, got })) => {
            drop(writing);
            return unwanted(app, attempt, Some(&approved), AttemptState::WrongAccount { expected, got }).await;
        }
        Err(error) => return Err(error.into()),
    }
    heal_siblings(&mut writing, now, attempt.page, &approval, &approved.pages).await?;
    let owed = match before.filter(|old| *old != grant) {
        Some(old) => returning::give_back_if_unused(&writing, app, old, None).await?,
        None => Left::Used,
    };
    attempts::forget(writing.txn(), &app.vault, attempt).await?;
    app.bus.commit(&app.store, writing).await?;
    if let Left::Owed(job) = owed {
        returning::settle_soon(app, job);
    }
    info!(page = %attempt.page, network = %network_app.definition.id, "connected");
    Ok(AttemptState::Approved)
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
    NewGrant {
        network_app: network_app.id,
        person_id: approved.person.id.clone(),
        person_name: approved.person.name.clone(),
        access: approved.kept.access(),
        refresh: approved.kept.refresh(),
        expires_at: access_end(network_app, &approved.kept, now),
        refresh_expires_at: refresh_end(network_app, &approved.kept, now),
        plan: plan_of(network_app, attempt, &approved.kept, now),
        scopes: approved.scopes.clone(),
        kept: approved.kept.kept.clone(),
        next_visit_at: now + every,
    }
}

async fn heal_siblings(
    writing: &mut Writing,
    now: Moment,
    page: PageId,
    approval: &Approval,
    pages_given: &[Account],
) -> Result<(), ConnectError> {
    for sibling in pages::pages_of(writing.txn(), approval.grant).await? {
        let view = pages::view(writing.txn(), writing.workspace(), sibling).await?;
        let Some(link) = view.filter(|view| view.id != page).map(|view| view.link) else { continue };
        let Some(account) = link.pinned_to().and_then(|pin| pages_given.iter().find(|given| given.id == pin.id)) else {
            continue;
        };
        let connection = Connection { account: Some(account.clone()), ..approval.connection.clone() };
        let actor = Actor::Person(connection.linked_by.clone());
        let approval = Approval { grant: approval.grant, connection };
        pages::approve(writing, now, sibling, approval, actor).await?;
    }
    Ok(())
}

/// As [`unwanted`], where it must first be asked whose approval it is.
pub(super) async fn give_up(app: &App, attempt: &Attempt, state: AttemptState) -> Result<AttemptState, ConnectError> {
    let network_app = app.networks.app(attempt.network_app).ok_or(ConnectError::NoApp)?;
    let approved = ask(app, &network_app, attempt).await.ok();
    unwanted(app, attempt, approved.as_ref(), state).await
}

/// The approval is not wanted: the attempt ends, and the permission goes back to the network unless somebody needs it.
pub(super) async fn unwanted(
    app: &App,
    attempt: &Attempt,
    approved: Option<&Approved>,
    state: AttemptState,
) -> Result<AttemptState, ConnectError> {
    let writing = app.store.write(attempt.workspace).await?;
    attempts::end(writing.txn(), attempt.id, &state).await?;
    let job = match attempts::kept(writing.txn(), &app.vault, attempt).await {
        Err(ConnectError::Vault(error)) if error.is_lost() => {
            error!(attempt = %attempt.id, %error, "a permission cannot be given back; its person must remove it by hand");
            None
        }
        kept => returning::owe(&writing, app, owed(attempt, approved, &kept?)).await?,
    };
    attempts::forget(writing.txn(), &app.vault, attempt).await?;
    app.bus.commit(&app.store, writing).await?;
    if let Some(job) = job {
        returning::settle_soon(app, job);
    }
    Ok(state)
}

fn owed(attempt: &Attempt, approved: Option<&Approved>, kept: &Kept) -> Owed {
    Owed {
        network_app: attempt.network_app,
        person_id: approved.map(|approved| approved.person.id.clone()),
        access: kept.access(),
        refresh: kept.refresh(),
        kept: kept.kept.clone(),
        page: None,
    }
}
