//! What becomes of a flight without new tokens, or with tokens that come too late: a refusal counts when it is certain,
//! and everything else is tried again.

use std::time::Duration;

use tracing::{error, info, warn};
use uuid::Uuid;

use super::{
    End, RefreshFailure,
    flight::{Class, Flight},
};
use crate::{
    domain::{EXPIRING_LEAD, Moment, Reason},
    server::{
        App, connect,
        keeper::{
            deaths::{self, Finder},
            reach, silence, visit,
        },
        networks::{self, Clocked, Tokens},
        pages::{self, Grant, Setback},
    },
};

/// A refusal counts when it comes again after this long: a network that was mistaken has mended by then.
const CONFIRMED_AFTER: Duration = Duration::from_mins(1);
/// Backoff: this, twice as long each time, and not longer than that.
const FIRST_BACKOFF: Duration = Duration::from_secs(2);
const LONGEST_BACKOFF: Duration = Duration::from_mins(15);
/// A person who is wanted at the network takes their time.
const FOR_A_PERSON: Duration = Duration::from_hours(1);
/// An app that is refused waits for its operator.
const OURS: Duration = Duration::from_mins(15);

/// Somebody disconnected or connected anew meanwhile: the page stays as they left it, and what came too late goes back.
pub(super) async fn late(app: &App, grant: &Grant, tokens: &Tokens) -> Result<End, RefreshFailure> {
    connect::give_back_all(app, (grant.workspace, grant.network_app, &grant.person_id), tokens.clone()).await?;
    info!(grant = %grant.id, "new tokens came too late");
    now_stands(app, grant).await
}

/// The network gave what somebody else has approved. It is nobody's here, so it goes back; and since the old tokens may be
/// spent for it, the person is told now and not when they end (OpenID Connect Core, section 12.2; atproto's OAuth profile).
pub(super) async fn somebody_elses(flight: &Flight<'_>, tokens: &Tokens, other: &str) -> Result<End, RefreshFailure> {
    let Flight { app, grant, mark, .. } = flight;
    warn!(grant = %grant.id, "new tokens are somebody else's; they are given back");
    deaths::die(app, grant, Finder::Refresh(*mark), Reason::SomebodyElse).await?;
    connect::give_back_all(app, (grant.workspace, grant.network_app, other), tokens.clone()).await?;
    app.refreshing.is_done(app, mark.attempt);
    now_stands(app, grant).await
}

/// How it stands with a grant that somebody else has changed meanwhile.
async fn now_stands(app: &App, grant: &Grant) -> Result<End, RefreshFailure> {
    let current = pages::grant(app.store.read(), grant.id).await?;
    Ok(match current.filter(Grant::is_alive) {
        None => End::Gone,
        Some(current) if current.version != grant.version => End::Renewed,
        // Another process goes on with the attempt.
        Some(_) => End::Held,
    })
}

/// No new tokens: what that means for the grant, and for its network.
pub(super) async fn set_back(flight: &Flight<'_>, class: Class) -> Result<End, RefreshFailure> {
    let Flight { app, grant, network_app, mark, .. } = flight;
    let (db, now) = (app.store.read(), app.clock.now());
    app.refreshing.is_done(app, mark.attempt);
    let must_act_at = failing_must_act_at(flight, now);
    // A no is an answer too.
    if !matches!(class, Class::NotSent | Class::Unclear | Class::Trouble) {
        silence::tell(app, grant.workspace, networks::answered(db, network_app, now).await?).await?;
    }
    let next = match class {
        Class::Refused(reason) => return refused(flight, reason).await,
        Class::NotSent | Class::Unclear | Class::Trouble => {
            let silence = networks::missed(db, network_app, now).await?;
            silence::tell(app, grant.workspace, silence).await?;
            now + backoff(grant.failures)
        }
        Class::Person => {
            reach::must_log_in(app, grant).await?;
            now + FOR_A_PERSON
        }
        Class::SlowDown(pause) => {
            networks::pause(db, network_app.id, now + pause).await?;
            now + pause
        }
        Class::Ours => {
            error!(network = %network_app.definition.id, "the network refuses our app; check its credentials");
            networks::pause(db, network_app.id, now + OURS).await?;
            now + OURS
        }
    };
    let failure = match class {
        Class::NotSent => "not_sent",
        Class::Unclear => "unclear",
        Class::SlowDown(_) => "slow_down",
        Class::Person => "person",
        Class::Ours => "our_app",
        _ => "trouble",
    };
    let (lost_at, refused_at) = (mark.lost_at, grant.refused_at);
    let setback = Setback { failure, next_refresh_at: Some(next), lost_at, refused_at, must_act_at };
    if !pages::set_back(db, grant, *mark, now, setback).await? {
        return now_stands(app, grant).await;
    }
    visit::warn_of_end(app, &Grant { must_act_at, ..grant.clone() }, now).await?;
    Ok(End::NotNow(Some(next)))
}

/// When a person must act if it goes on like this; but only once that is near, and told at once: in the last quarter of
/// what lives shorter than a month. Most trouble is over before, and what nobody was told of is forgotten without a word.
fn failing_must_act_at(flight: &Flight<'_>, now: Moment) -> Option<Moment> {
    let Flight { grant, network_app, .. } = flight;
    let Some(issued_at) = grant.issued_at else { return grant.must_act_at };
    let known = Clocked {
        issued_at,
        expires_at: grant.expires_at,
        refresh_expires_at: grant.refresh_expires_at,
        data_access_expires_at: grant.data_access_expires_at,
        has_refresh: flight.has_refresh,
        is_failing: true,
        phase: 0,
    };
    let clocks = network_app.definition.clocks();
    let failing = networks::plan(&known, &clocks).must_act_at;
    let is_near = failing.is_some_and(|day| now + EXPIRING_LEAD.min(day.since(issued_at) / 4) >= day);
    if is_near { failing } else { networks::plan(&Clocked { is_failing: false, ..known }, &clocks).must_act_at }
}

/// A refusal is a death when it cannot be anything else: nobody else has refreshed meanwhile, and it comes twice, or it
/// follows an answer that was lost.
async fn refused(flight: &Flight<'_>, reason: Reason) -> Result<End, RefreshFailure> {
    let Flight { app, grant, network_app, mark, .. } = flight;
    let (db, now) = (app.store.read(), app.clock.now());
    // Somebody else may have refreshed, or be at it: then the refusal is about what is spent.
    let current = pages::grant(db, grant.id).await?;
    if current.is_none_or(|now| now.version != grant.version || now.attempt_owner != Some(mark.owner)) {
        return now_stands(app, grant).await;
    }
    let is_single_use = network_app.definition.clocks().is_single_use;
    let lost_at = mark.lost_at.filter(|_| is_single_use);
    let is_confirmed = grant.refused_at.is_some_and(|first| now.since(first) >= CONFIRMED_AFTER);
    let dies_of = match lost_at {
        Some(at) if reason == Reason::Refused => Some(Reason::AnswerLost { at }),
        _ => is_confirmed.then(|| {
            let outdated = grant.copied_at.filter(|_| is_single_use).map(|at| Reason::Outdated { at });
            outdated.unwrap_or(visit::said(grant, reason))
        }),
    };
    if let Some(reason) = dies_of {
        deaths::die(app, grant, Finder::Refresh(*mark), reason).await?;
        return now_stands(app, grant).await;
    }
    let first = grant.refused_at.unwrap_or(now);
    let setback = Setback {
        failure: "refused",
        next_refresh_at: Some(first + CONFIRMED_AFTER),
        lost_at: None,
        refused_at: Some(first),
        must_act_at: grant.must_act_at,
    };
    if !pages::set_back(db, grant, *mark, now, setback).await? {
        return now_stands(app, grant).await;
    }
    Ok(End::NotNow(Some(first + CONFIRMED_AFTER)))
}

/// Full jitter: anything up to the bound, so that what failed together does not come back together.
fn backoff(failures: i64) -> Duration {
    let bound = LONGEST_BACKOFF.min(FIRST_BACKOFF * 2_u32.pow(u32::try_from(failures).unwrap_or(0).min(10)));
    bound.mul_f64(f64::from(networks::phase(Uuid::now_v7())) / f64::from(u32::MAX))
}
