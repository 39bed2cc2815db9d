//! One visit to one grant: does it still work?

use std::time::Duration;

use tracing::{Instrument, debug, info_span, warn};

use super::{
    super::{
        App,
        counts::Counted,
        networks::{self, Admission, NetworkApp, Queue, Verdict},
        pages::{self, Grant, NotChanged},
    },
    VisitError,
    deaths::{self, Finder},
    reach,
    refresh::{self, End},
    silence,
};
use crate::domain::{Actor, Change, EXPIRING_LEAD, Moment, Reason};

/// A token that is refused so soon after it was issued is not just too old.
const FRESH: Duration = Duration::from_mins(2);
/// A place in the queue that is due this soon is waited for.
const WAITS: Duration = Duration::from_secs(3);
/// After a visit without an answer, the next one comes this soon at the latest.
const AFTER_A_MISS: Duration = Duration::from_mins(1);

/// Visits a due grant, if nobody else does.
pub async fn visit(app: App, grant: Grant) {
    let id = grant.id;
    let span = info_span!("check", grant = %id, workspace = %grant.workspace, network_app = %grant.network_app);
    if let Err(error) = claim_and_check(&app, grant).instrument(span).await {
        // The lease runs out, and somebody comes again.
        warn!(grant = %id, %error, "a visit ended early");
    }
}

async fn claim_and_check(app: &App, grant: Grant) -> Result<(), VisitError> {
    let now = app.clock.now();
    if !pages::claim_due(&app.store, &grant, now).await? {
        return Ok(());
    }
    let Some(network_app) = app.networks.app(grant.network_app) else {
        return Ok(pages::release(app.store.read(), &grant, Some(now + AFTER_A_MISS), None).await?);
    };
    if let Some(later) = has_no_place(app, &grant).await? {
        return Ok(pages::release(app.store.read(), &grant, Some(later), None).await?);
    }
    let now = app.clock.now();
    let every = app.check_every.unwrap_or_else(|| network_app.definition.check_every());
    let verdict = judge(app, &network_app, &grant).await?;
    app.counts.add(Counted::Check, Some(&network_app.definition.id), verdict.key());
    debug!(verdict = verdict.key(), "checked");
    if verdict != Verdict::NoAnswer {
        silence::tell(app, grant.workspace, networks::answered(app.store.read(), &network_app, now).await?).await?;
    }
    let (pause, checked_at) = match verdict {
        Verdict::Dead(reason) => return dies(app, &network_app, &grant, reason).await,
        Verdict::Alive => {
            // What came with another reaches no page of its own.
            let is_doubted = grant.beside.is_none() && reach::look(app, &network_app, &grant).await?;
            (if is_doubted { every.min(AFTER_A_MISS) } else { networks::a_little_before(every) }, Some(now))
        }
        Verdict::PersonMustAct => {
            reach::must_log_in(app, &grant).await?;
            (every, Some(now))
        }
        // The check is about the person: whatever else is lost, the permission lives.
        Verdict::LostAbility | Verdict::LostPage => (every, Some(now)),
        Verdict::SlowDown(pause) => (pause.max(every), None),
        Verdict::OurAppIsWrong => {
            warn!(network = %network_app.definition.id, "the network refuses our app; check its credentials");
            (AFTER_A_MISS, None)
        }
        Verdict::NoAnswer => {
            silence::tell(app, grant.workspace, networks::missed(app.store.read(), &network_app, now).await?).await?;
            (every.min(AFTER_A_MISS), None)
        }
    };
    // The day comes whatever the network answers.
    warn_of_end(app, &grant, now).await?;
    let next = pages::next_visit(now, pause, grant.must_act_at);
    Ok(pages::release(app.store.read(), &grant, Some(next), checked_at).await?)
}

/// The network says that it is dead.
async fn dies(app: &App, network_app: &NetworkApp, grant: &Grant, reason: Reason) -> Result<(), VisitError> {
    if let Some(next) = renewed_instead(app, network_app, grant, reason).await? {
        return Ok(pages::release(app.store.read(), grant, Some(next), None).await?);
    }
    let finder = Finder::Check { is_bare: is_bare(reason) };
    if !deaths::die(app, grant, finder, said(grant, reason)).await? {
        pages::release(app.store.read(), grant, Some(app.clock.now() + AFTER_A_MISS), None).await?;
    }
    Ok(())
}

/// Whether the network says no more than that it does not take the token.
fn is_bare(reason: Reason) -> bool {
    matches!(reason, Reason::Refused | Reason::Expired)
}

/// Waits for the app's next place, so that what an outage has kept waiting does not come all at once. If that is far
/// away: when to come again.
async fn has_no_place(app: &App, grant: &Grant) -> Result<Option<Moment>, VisitError> {
    let queue = (grant.network_app, Queue::Checks);
    loop {
        let now = app.clock.now();
        match networks::admit(app.store.read(), queue, now, app.refreshing.per_second()).await? {
            Admission::At(_) => return Ok(None),
            Admission::Not(until) if until.since(now) > WAITS || app.stopping.is_cancelled() => return Ok(Some(until)),
            Admission::Not(until) => tokio::time::sleep(until.since(now)).await,
        }
    }
}

async fn judge(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<Verdict, VisitError> {
    let opened = pages::open(app.store.read(), &app.vault, grant).await?;
    Ok(networks::check(&app.client, network_app, opened.bearer(grant)).await)
}

/// The network's own message says more than its bare refusal.
pub(super) fn said(grant: &Grant, reason: Reason) -> Reason {
    grant.told.as_ref().filter(|_| reason == Reason::Refused).map_or(reason, |told| told.0)
}

/// A refused access token is no dead permission where another is to be had: it may have ended while the network was
/// down, or by the network's own doing. It is renewed, and the fresh one is asked about at once; a refusal to renew it is
/// the refresh's to judge. When to come again; `None`: the refusal stands.
async fn renewed_instead(
    app: &App,
    network_app: &NetworkApp,
    grant: &Grant,
    reason: Reason,
) -> Result<Option<Moment>, VisitError> {
    let now = app.clock.now();
    let is_fresh = grant.issued_at.is_some_and(|issued| now.since(issued) < FRESH);
    let has_refresh = app.vault.find(app.store.read(), grant.refresh()).await?.is_some();
    if !is_bare(reason) || is_fresh || !network_app.definition.clocks().can_renew(has_refresh) {
        return Ok(None);
    }
    match refresh::end_of(refresh::start(app, grant, refresh::Why::Due, None)).await {
        End::NoMeans => Ok(None),
        // The grant has another version by then, with a visit of its own: soon, but not before all of the network's
        // machines know the new token.
        End::Renewed => {
            pages::visit_by(app.store.read(), grant.id, now + AFTER_A_MISS).await?;
            Ok(Some(now))
        }
        _ => Ok(Some(now + AFTER_A_MISS)),
    }
}

/// Writes the event when a page becomes `expiring`, once.
pub(super) async fn warn_of_end(app: &App, grant: &Grant, now: Moment) -> Result<(), VisitError> {
    let is_near = grant.must_act_at.is_some_and(|day| now + EXPIRING_LEAD >= day);
    if grant.warned || !is_near {
        return Ok(());
    }
    let mut writing = app.store.write(grant.workspace).await?;
    if !pages::warn_once(&writing, grant).await? {
        return Ok(());
    }
    for page in pages::pages_of(writing.txn(), grant.id).await? {
        match pages::transition(&mut writing, now, page, Change::Expiring, Actor::Keeper).await {
            Ok(_) | Err(NotChanged::Impossible(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(app.bus.commit(&app.store, writing).await?)
}
