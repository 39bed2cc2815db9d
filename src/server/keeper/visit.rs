//! One visit to one grant: does it still work?

use std::time::Duration;

use tracing::warn;

use super::{
    super::{
        App,
        networks::{self, Bearer, NetworkApp, Verdict},
        pages::{self, Grant, NotChanged},
    },
    VisitError, deaths, reach, silence,
};
use crate::domain::{Actor, Change, EXPIRING_LEAD, Moment};

/// After a visit without an answer, the next one comes this soon at the latest.
const AFTER_A_MISS: Duration = Duration::from_mins(1);

/// Visits a due grant, if nobody else does.
pub async fn visit(app: App, grant: Grant) {
    let id = grant.id;
    if let Err(error) = claim_and_check(&app, grant).await {
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
    let every = app.check_every.unwrap_or_else(|| network_app.definition.check_every());
    match judge(app, &network_app, &grant).await? {
        Verdict::Alive => {
            silence::tell(app, grant.workspace, networks::answered(app.store.read(), &network_app).await?).await?;
            let is_doubted = reach::look(app, &network_app, &grant).await?;
            warn_of_end(app, &grant, now).await?;
            let pause = if is_doubted { every.min(AFTER_A_MISS) } else { every };
            pages::release(app.store.read(), &grant, Some(now + pause), Some(now)).await?;
        }
        Verdict::Dead(reason) => deaths::die(app, &grant, None, reason).await?,
        Verdict::PersonMustAct => {
            reach::must_log_in(app, &grant).await?;
            pages::release(app.store.read(), &grant, Some(now + every), Some(now)).await?;
        }
        // The check is about the person: whatever else is lost, the permission lives.
        Verdict::LostAbility | Verdict::LostPage => {
            pages::release(app.store.read(), &grant, Some(now + every), Some(now)).await?;
        }
        Verdict::SlowDown(pause) => {
            pages::release(app.store.read(), &grant, Some(now + pause.max(every)), None).await?;
        }
        Verdict::OurAppIsWrong => {
            warn!(network = %network_app.definition.id, "the network refuses our app; check its credentials");
            pages::release(app.store.read(), &grant, Some(now + AFTER_A_MISS), None).await?;
        }
        Verdict::NoAnswer => {
            silence::tell(app, grant.workspace, networks::missed(app.store.read(), &network_app, now).await?).await?;
            pages::release(app.store.read(), &grant, Some(now + every.min(AFTER_A_MISS)), None).await?;
        }
    }
    Ok(())
}

async fn judge(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<Verdict, VisitError> {
    let access = app.vault.get(app.store.read(), grant.access()).await?;
    let bearer = Bearer { access: &access, kept: &grant.kept.0 };
    Ok(networks::check(&app.client, network_app, bearer).await)
}

/// Writes the event at the moment in which a page becomes `expiring`, once.
async fn warn_of_end(app: &App, grant: &Grant, now: Moment) -> Result<(), VisitError> {
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
