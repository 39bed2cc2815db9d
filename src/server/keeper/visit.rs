//! One visit to one grant: does it still work?

use std::time::Duration;

use tracing::{info, warn};

use super::super::{
    App,
    events::{self, New},
    networks::{self, Bearer, NetworkApp, Silence, Verdict},
    pages::{self, Grant, NotChanged},
    store::Writing,
    vault::VaultError,
};
use crate::domain::{Actor, Change, EXPIRING_LEAD, EventKind, Moment, Reason, WorkspaceId};

/// After a visit without an answer, the next one comes this soon at the latest.
const AFTER_A_MISS: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
enum VisitError {
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
    #[error(transparent)]
    Store(#[from] crate::server::store::StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

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
            tell_silence(app, grant.workspace, networks::answered(app.store.read(), &network_app).await?).await?;
            warn_of_end(app, &grant, now).await?;
            pages::release(app.store.read(), &grant, Some(now + every), Some(now)).await?;
        }
        Verdict::Dead(reason) => break_all(app, &grant, now, reason).await?,
        // The check is about the person: whatever else is lost, the permission lives.
        Verdict::LostAbility | Verdict::LostPage | Verdict::PersonMustAct => {
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
            tell_silence(app, grant.workspace, networks::missed(app.store.read(), &network_app, now).await?).await?;
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

/// A death breaks every page of the grant, with one reason, in one transaction. No visit follows.
async fn break_all(app: &App, grant: &Grant, now: Moment, reason: Reason) -> Result<(), VisitError> {
    let mut writing = app.store.write(grant.workspace).await?;
    let current = pages::grant(writing.txn(), grant.id).await?;
    // Somebody reconnected, or gave it back, while the network was asked: the verdict is about what is gone.
    if current.is_none_or(|current| current.version != grant.version) {
        return Ok(());
    }
    for page in pages::pages_of(writing.txn(), grant.id).await? {
        match pages::transition(&mut writing, now, page, Change::Died(reason), Actor::Keeper).await {
            Ok(_) | Err(NotChanged::Impossible(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    pages::release(writing.txn(), grant, None, Some(now)).await?;
    app.bus.commit(&app.store, writing).await?;
    info!(grant = %grant.id, ?reason, "a permission is gone");
    Ok(())
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

/// One event per workspace, not one per page.
async fn tell_silence(app: &App, workspace: WorkspaceId, silence: Silence) -> Result<(), VisitError> {
    let Silence::Changed(card) = silence else { return Ok(()) };
    let mut all = pages::workspaces_at(app.store.read(), &card.id).await?;
    if !all.contains(&workspace) {
        all.push(workspace);
    }
    for workspace in all {
        let mut writing: Writing = app.store.write(workspace).await?;
        let kind = EventKind::NetworkAnswering;
        let new = New { kind, actor: Actor::Keeper, page: None, network: Some(card.clone()) };
        events::record(&mut writing, app.clock.now(), new).await?;
        app.bus.commit(&app.store, writing).await?;
    }
    Ok(())
}
