//! Permissions that are owed back to a network: made durable with the red icon, settled as soon as it goes, told by an
//! event. The tokens live as long as the job, a day at most.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{ConnectError, rows::revocation};
use crate::{
    domain::{Actor, EventKind, GrantId, Moment, NetworkAppId, PageId, Returned, WorkspaceId},
    server::{
        App,
        events::{self, New},
        networks::{self, Bearer, GivenBack, NetworkApp, Verdict, WhoError},
        pages::{self, Grant},
        store::{Json, Writing},
        vault::{Place, VaultError},
    },
};

/// A permission that could not be given back by then is told as failed, and its tokens are forgotten.
const LIFE: Duration = Duration::from_hours(24);
/// Longer than one try takes, so that no two processes are at one job.
const NEXT_TRY: Duration = Duration::from_secs(90);

/// What is owed.
pub struct Owed {
    /// The app that the permission was given to.
    pub network_app: NetworkAppId,
    /// Who gave it, if the network said so.
    pub person_id: Option<String>,
    /// The access token.
    pub access: SecretString,
    /// The refresh token, if there is one.
    pub refresh: Option<SecretString>,
    /// The key that they are bound to, if they are.
    pub key: Option<SecretString>,
    /// What was kept of the tokens' answer.
    pub kept: BTreeMap<String, String>,
    /// The page whose people are told how it ended.
    pub page: Option<PageId>,
}

fn place(workspace: WorkspaceId, job: Uuid, column: &'static str) -> Place {
    Place { workspace, table: "revocations", column, row: job }
}

/// Makes the debt durable, unless a grant still needs the permission: a revocation may reach all that a person gave.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn owe(writing: &Writing, app: &App, owed: Owed) -> Result<Option<Uuid>, ConnectError> {
    let (txn, workspace, now) = (writing.txn(), writing.workspace(), app.clock.now());
    // Where nobody knows whose it is, that is asked before it is given back.
    let person_id = owed.person_id.unwrap_or_default();
    if !person_id.is_empty() && pages::is_needed_elsewhere(txn, owed.network_app, Some(&person_id)).await? {
        return Ok(None);
    }
    let id = Uuid::now_v7();
    let row = revocation::ActiveModel {
        id: Set(id),
        workspace: Set(workspace),
        page: Set(owed.page),
        network_app: Set(owed.network_app),
        person_id: Set(person_id),
        kept: Set(Json(owed.kept)),
        tries: Set(0),
        next_try_at: Set(now),
        created_at: Set(now),
    };
    revocation::Entity::insert(row).exec_without_returning(txn).await?;
    app.vault.put(txn, place(workspace, id, "access"), &owed.access).await?;
    for (column, secret) in [("refresh", &owed.refresh), ("key", &owed.key)] {
        if let Some(secret) = secret {
            app.vault.put(txn, place(workspace, id, column), secret).await?;
        }
    }
    Ok(Some(id))
}

/// Owes a permission back that nobody holds: its page was disconnected before its new tokens came.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn give_back(app: &App, workspace: WorkspaceId, owed: Owed) -> Result<(), ConnectError> {
    let writing = app.store.write(workspace).await?;
    let job = owe(&writing, app, owed).await?;
    app.bus.commit(&app.store, writing).await?;
    if let Some(job) = job {
        settle_soon(app, job);
    }
    Ok(())
}

/// What became of a grant that a page has left.
pub enum Left {
    /// There is nothing to give back.
    Used,
    /// Its permission is owed back, by the first job; by the others, what came with it.
    Owed(Uuid, Vec<Uuid>),
    /// Its tokens do not open, so the network cannot be told.
    Lost,
}

/// Forgets the grant when no page hangs on it any more, and owes its permission back.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn give_back_if_unused(
    writing: &Writing,
    app: &App,
    id: GrantId,
    page: Option<PageId>,
) -> Result<Left, ConnectError> {
    if !pages::pages_of(writing.txn(), id).await?.is_empty() {
        return Ok(Left::Used);
    }
    let Some(grant) = pages::grant(writing.txn(), id).await? else { return Ok(Left::Used) };
    let tokens = match tokens(writing, app, &grant).await {
        Err(error) if error.is_lost() => {
            // Nobody may be kept from disconnecting by what cannot be read any more.
            error!(grant = %grant.id, %error, "a permission cannot be given back; its person must remove it by hand");
            None
        }
        tokens => Some(tokens?),
    };
    // Forgotten first: it is not itself the one that still needs the permission.
    pages::forget_grant(writing, &app.vault, &grant).await?;
    let mut jobs = Vec::new();
    for second in pages::beside(writing.txn(), id).await? {
        if let Left::Owed(job, _) = Box::pin(give_back_if_unused(writing, app, second.id, page)).await? {
            jobs.push(job);
        }
    }
    let Some(Held { access, refresh, key }) = tokens else { return Ok(Left::Lost) };
    let (person_id, kept) = (Some(grant.person_id.clone()), grant.kept.0.clone());
    let owed = Owed { network_app: grant.network_app, person_id, access, refresh, key, kept, page };
    Ok(owe(writing, app, owed).await?.map_or(Left::Used, |job| Left::Owed(job, jobs)))
}

struct Held {
    access: SecretString,
    refresh: Option<SecretString>,
    key: Option<SecretString>,
}

async fn tokens(writing: &Writing, app: &App, grant: &Grant) -> Result<Held, VaultError> {
    let (vault, db) = (&app.vault, writing.txn());
    let access = vault.get(db, grant.access()).await?;
    Ok(Held { access, refresh: vault.find(db, grant.refresh()).await?, key: vault.find(db, grant.key()).await? })
}

/// Settles the job without waiting for it.
pub fn settle_soon(app: &App, job: Uuid) {
    let app = app.clone();
    app.tasks.clone().spawn(async move {
        if let Err(error) = settle(&app, job).await {
            warn!(%error, "a permission is not given back yet");
        }
    });
}

/// Jobs that are due.
///
/// # Errors
/// When the database does not answer.
pub async fn due_returns(app: &App, at_most: u64) -> Result<Vec<Uuid>, ConnectError> {
    let now = app.clock.now();
    let due = revocation::Entity::find()
        // As `is_of_another_time`.
        .filter(revocation::Column::NextTryAt.lte(now).or(revocation::Column::CreatedAt.gt(now + NEXT_TRY)))
        .order_by_asc(revocation::Column::NextTryAt)
        .limit(at_most)
        .all(app.store.read())
        .await?;
    Ok(due.into_iter().map(|job| job.id).collect())
}

/// Tries the job once. `None`: somebody else is at it, or it is to be tried again.
///
/// # Errors
/// When the database or the vault does not do it; the job stays.
pub async fn settle(app: &App, job: Uuid) -> Result<Option<Returned>, ConnectError> {
    let now = app.clock.now();
    let Some(job) = claim(app, job, now).await? else { return Ok(None) };
    match give(app, &job).await? {
        Some(outcome) => close(app, job, outcome).await.map(Some),
        None if now.since(job.created_at) > LIFE => close(app, job, Returned::Failed).await.map(Some),
        None => Ok(None),
    }
}

/// `None`: try again later.
async fn give(app: &App, job: &revocation::Model) -> Result<Option<Returned>, ConnectError> {
    let db = app.store.read();
    let known = Some(job.person_id.as_str()).filter(|id| !id.is_empty());
    if known.is_some() && pages::is_needed_elsewhere(db, job.network_app, known).await? {
        return Ok(Some(Returned::StillUsed));
    }
    // Another process may have been given it a moment ago; or its credentials must be entered again.
    let Some(network_app) = app.networks.find(job.network_app).await? else { return Ok(None) };
    let access = match app.vault.get(db, place(job.workspace, job.id, "access")).await {
        Err(error) if error.is_lost() => {
            error!(%error, "a permission cannot be given back; its person must remove it by hand");
            return Ok(Some(Returned::Failed));
        }
        access => access?,
    };
    // Without it the access token does.
    let refresh = app.vault.find(db, place(job.workspace, job.id, "refresh")).await.ok().flatten();
    let key = app.vault.find(db, place(job.workspace, job.id, "key")).await.ok().flatten();
    let held = Held { access, refresh, key };
    let whose = match known {
        Some(id) => Whose::Persons(id.to_owned()),
        None => whose(app, &network_app, job, &held).await,
    };
    let person_id = match whose {
        Whose::Nobodys => return Ok(Some(Returned::Returned)),
        Whose::NotSaid => return Ok(None),
        Whose::Persons(id) if pages::is_needed_elsewhere(db, job.network_app, Some(&id)).await? => {
            return Ok(Some(Returned::StillUsed));
        }
        // It could be anybody's: giving it back could end a permission that somebody needs.
        Whose::Unknown if pages::is_needed_elsewhere(db, job.network_app, None).await? => {
            error!(job = %job.id, "nobody knows whose permission it is, so it is not given back; remove it by hand");
            return Ok(Some(Returned::Failed));
        }
        Whose::Persons(id) => id,
        Whose::Unknown => String::new(),
    };
    let Held { access, refresh, key } = &held;
    let (person_id, kept) = (person_id.as_str(), &job.kept.0);
    let given = GivenBack { access, refresh: refresh.as_ref(), person_id, key: key.as_ref(), kept };
    Ok(networks::revoke(&app.client, &network_app, given).await.ok().flatten())
}

/// Whose permission is given back, as far as the network says so.
enum Whose {
    Persons(String),
    /// It is gone.
    Nobodys,
    /// Not now.
    NotSaid,
    /// It will never be known.
    Unknown,
}

async fn whose(app: &App, network_app: &NetworkApp, job: &revocation::Model, held: &Held) -> Whose {
    if network_app.definition.revoke.is_none() {
        return Whose::Unknown;
    }
    let mut kept = job.kept.0.clone();
    let asked = async {
        let confirmed = networks::confirmed(&app.client, network_app, &kept).await?;
        kept.extend(confirmed);
        let bearer = Bearer { access: &held.access, key: held.key.as_ref(), kept: &kept };
        networks::who_am_i(&app.client, network_app, bearer).await
    };
    match asked.await {
        Ok(person) => Whose::Persons(person.id),
        // An access token may have ended by itself.
        Err(WhoError::Refused(Verdict::Dead(_))) if held.refresh.is_none() => Whose::Nobodys,
        Err(WhoError::Refused(
            Verdict::NoAnswer | Verdict::SlowDown(_) | Verdict::OurAppIsWrong | Verdict::PersonMustAct,
        )) => Whose::NotSaid,
        Err(_) => Whose::Unknown,
    }
}

/// Takes the job, if it is due still, by moving its next try, further away each time.
async fn claim(app: &App, job: Uuid, now: Moment) -> Result<Option<revocation::Model>, ConnectError> {
    let db = app.store.read();
    let found = revocation::Entity::find_by_id(job).one(db).await?;
    let Some(job) = found.filter(|job| job.next_try_at <= now || is_of_another_time(job, now)) else {
        return Ok(None);
    };
    let later = NEXT_TRY * 2_u32.saturating_pow(Ord::min(u32::try_from(job.tries).unwrap_or(0), 6));
    let claimed = revocation::Entity::update_many()
        .set(revocation::ActiveModel {
            tries: Set(job.tries + 1),
            next_try_at: Set(now + later),
            created_at: Set(Ord::min(job.created_at, now)),
            ..Default::default()
        })
        .filter(revocation::Column::Id.eq(job.id))
        .filter(revocation::Column::Tries.eq(job.tries))
        .exec(db)
        .await?;
    Ok((claimed.rows_affected == 1).then_some(job))
}

/// One that was made later than now was made by a clock that was wrong.
fn is_of_another_time(job: &revocation::Model, now: Moment) -> bool {
    job.created_at > now + NEXT_TRY
}

async fn close(app: &App, job: revocation::Model, outcome: Returned) -> Result<Returned, ConnectError> {
    let mut writing = app.store.write(job.workspace).await?;
    for column in ["access", "refresh", "key"] {
        app.vault.forget(writing.txn(), place(job.workspace, job.id, column)).await?;
    }
    revocation::Entity::delete_by_id(job.id).exec(writing.txn()).await?;
    if let Some(page) = job.page {
        let page = pages::view(writing.txn(), job.workspace, page).await?;
        let kind = EventKind::PermissionReturned { outcome };
        let new = New { kind, actor: Actor::Keeper, page, network: None };
        events::record(&mut writing, app.clock.now(), new).await?;
    }
    app.bus.commit(&app.store, writing).await?;
    info!(?outcome, "a permission was given back");
    Ok(outcome)
}
