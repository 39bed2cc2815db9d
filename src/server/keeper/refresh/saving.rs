//! New tokens are saved whatever it takes.

use std::time::Duration;

use sea_orm::DatabaseTransaction;
use secrecy::SecretString;
use tracing::warn;
use uuid::Uuid;

use super::{End, RefreshFailure, flight::Flight, landing, together::Shares};
use crate::{
    domain::{Actor, Change, Moment},
    server::{
        App, connect,
        keeper::silence,
        networks::{self, Clocked, NetworkApp, Plan, Second, Tokens},
        pages::{self, Grant, NotChanged, Renewed},
        store::{StoreError, Writing},
    },
};

/// Between tries to save what has arrived.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// New tokens that are to be saved.
pub(super) struct Saving {
    grant: Grant,
    new: Renewed,
    access: SecretString,
    /// An answer without a refresh token means that the old one stays good (RFC 6749, section 6).
    refresh: Option<SecretString>,
}

/// What became of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Saved {
    InTime,
    /// And the network had not answered before.
    AfterMisses,
    /// They come too late.
    TooLate,
}

impl Shares for Saving {
    type Done = Saved;

    fn order(&self) -> Uuid {
        self.grant.workspace.0
    }

    async fn do_all(app: &App, all: &[Self]) -> Result<Vec<Saved>, RefreshFailure> {
        let txn = app.store.begin().await?;
        let saved = Self::within(app, &txn, all).await?;
        txn.commit().await.map_err(StoreError::from)?;
        Ok(saved)
    }
}

impl Saving {
    async fn within(app: &App, txn: &DatabaseTransaction, all: &[Self]) -> Result<Vec<Saved>, RefreshFailure> {
        let mut workspaces: Vec<_> = all.iter().map(|saving| saving.grant.workspace).collect();
        workspaces.dedup();
        Writing::hold_all(txn, &workspaces).await?;
        let mut current = pages::hold(txn, all.iter().map(|saving| saving.grant.id)).await?;
        let silent = networks::silent_of(txn, all.iter().map(|saving| saving.grant.network_app)).await?;
        let (mut saved, mut renewed, mut values) = (vec![], vec![], vec![]);
        for saving in all {
            let held = current.remove(&saving.grant.id).filter(|held| held.version == saving.grant.version);
            saved.push(match held {
                None => Saved::TooLate,
                Some(_) if silent.contains(&saving.grant.network_app) => Saved::AfterMisses,
                Some(_) => Saved::InTime,
            });
            if let Some(held) = held {
                renewed.push((held, saving.new.clone()));
                values.extend(saving.values());
            }
        }
        pages::renew_all(txn, renewed).await?;
        app.vault.put_all(txn, &values).await?;
        Ok(saved)
    }

    fn values(&self) -> impl Iterator<Item = (crate::server::vault::Place, &SecretString)> {
        let refresh = self.refresh.as_ref().map(|refresh| (self.grant.refresh(), refresh));
        std::iter::once((self.grant.access(), &self.access)).chain(refresh)
    }
}

/// Saves new tokens, until they are saved: a token in hand is never thrown away. `lies_elsewhere`: the next start finds
/// them too.
pub(super) async fn keep(flight: &Flight<'_>, tokens: &Tokens, sent_at: Moment, lies_elsewhere: bool) -> End {
    let (app, grant, attempt) = (flight.app, &flight.grant, flight.mark.attempt);
    let (mut pause, mut shares) = (FIRST_PAUSE, true);
    loop {
        match save(flight, tokens, sent_at, shares).await {
            Ok(end) => {
                app.refreshing.is_done(app, attempt);
                return end;
            }
            Err(error) => warn!(grant = %grant.id, %error, "new tokens are not saved yet; they are kept"),
        }
        tokio::select! {
            () = app.stopping.cancelled(), if lies_elsewhere => return End::NotNow(None),
            () = tokio::time::sleep(pause) => {}
        }
        // Whatever is wrong with another's may not keep these.
        (pause, shares) = (LONGEST_PAUSE.min(pause * 2), false);
    }
}

async fn save(flight: &Flight<'_>, tokens: &Tokens, sent_at: Moment, shares: bool) -> Result<End, RefreshFailure> {
    let Flight { app, grant, network_app, .. } = flight;
    let new = renewed(flight, tokens, sent_at);
    let changes = changes(flight, &new);
    let saving = Saving { grant: grant.clone(), new, access: tokens.access.clone(), refresh: tokens.refresh.clone() };
    let second = tokens.second.clone().map(|second| (second, sent_at));
    let saved = if shares && changes.is_empty() && second.is_none() {
        app.refreshing.saves.share(app, saving).await?
    } else {
        save_alone(flight, saving, changes, second).await?
    };
    match saved {
        Saved::TooLate => return landing::late(app, grant, tokens).await,
        Saved::AfterMisses => it_answered(app, grant, network_app).await,
        Saved::InTime => {}
    }
    Ok(End::Renewed)
}

/// If that cannot be written down, the next answer says it again.
async fn it_answered(app: &App, grant: &Grant, network_app: &NetworkApp) {
    match networks::answered(app.store.read(), network_app, app.clock.now()).await {
        Ok(silence) => drop(silence::tell(app, grant.workspace, silence).await),
        Err(error) => warn!(network_app = %network_app.id, %error, "it is not written down yet that it answers"),
    }
}

async fn save_alone(
    Flight { app, network_app, .. }: &Flight<'_>,
    saving: Saving,
    changes: Vec<Change>,
    second: Option<(Second, Moment)>,
) -> Result<Saved, RefreshFailure> {
    let turn = app.refreshing.turns.acquire().await;
    let mut writing = app.store.write(saving.grant.workspace).await?;
    let saved = Saving::within(app, writing.txn(), std::slice::from_ref(&saving)).await?[0];
    if saved != Saved::TooLate {
        if let Some((second, sent_at)) = second {
            let main = saving.grant.beside.unwrap_or(saving.grant.id);
            connect::put_second(&writing, app, (network_app, main), second, sent_at).await?;
        }
        for change in changes {
            tell(&mut writing, app.clock.now(), &saving.grant, &change).await?;
        }
        app.bus.commit(&app.store, writing).await?;
    }
    drop(turn);
    Ok(saved)
}

/// The grant as it is with the new tokens.
fn renewed(flight: &Flight<'_>, tokens: &Tokens, sent_at: Moment) -> Renewed {
    let Flight { grant, network_app, has_refresh, .. } = flight;
    let clocks = network_app.definition.clocks();
    let expires_at = tokens.lives.or(clocks.lives).map(|lives| sent_at + lives);
    let refresh_expires_at = if tokens.refresh_lives.is_some() || clocks.refresh_slides {
        tokens.refresh_lives.or(clocks.refresh_lives).map(|lives| sent_at + lives)
    } else {
        grant.refresh_expires_at
    };
    let known = Clocked {
        issued_at: sent_at,
        expires_at,
        refresh_expires_at,
        data_access_expires_at: grant.data_access_expires_at,
        has_refresh: tokens.refresh.is_some() || *has_refresh,
        is_failing: false,
        phase: networks::phase(grant.id.0),
    };
    let Plan { next_refresh_at, must_act_at } = networks::plan(&known, &clocks);
    let scopes = tokens.scopes.clone().unwrap_or_else(|| grant.scopes.0.clone());
    Renewed { issued_at: sent_at, expires_at, refresh_expires_at, must_act_at, next_refresh_at, scopes }
}

/// What the new tokens change for the pages.
fn changes(flight: &Flight<'_>, new: &Renewed) -> Vec<Change> {
    let Flight { grant, network_app, .. } = flight;
    let mut changes = vec![];
    if new.scopes != grant.scopes.0 {
        changes.push(Change::AbilitiesFound { missing: network_app.definition.missing(&new.scopes) });
    }
    if grant.warned && grant.is_put_off_until(new.must_act_at) {
        changes.push(Change::Renewed);
    }
    changes
}

/// Every page of the grant, those that it changes nothing for left out.
async fn tell(writing: &mut Writing, now: Moment, grant: &Grant, change: &Change) -> Result<(), RefreshFailure> {
    for page in pages::pages_of(writing.txn(), grant.id).await? {
        match pages::transition(writing, now, page, change.clone(), Actor::Keeper).await {
            Ok(_) | Err(NotChanged::Impossible(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
