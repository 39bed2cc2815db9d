//! Grants: one consent of one person, holding the tokens that one or many pages hang on.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use secrecy::SecretString;
use uuid::Uuid;

pub use super::rows::grant::Model as Grant;
use super::rows::{grant, page};
use crate::{
    domain::{GrantId, Moment, NetworkAppId, NetworkId, PageId, WorkspaceId},
    server::{
        networks::Plan,
        store::{Json, StoreError, Writing, padded},
        vault::{Place, Vault, VaultError},
    },
};

/// What a consent brought.
pub struct NewGrant {
    /// The app that asked.
    pub network_app: NetworkAppId,
    /// The network's stable id of the person.
    pub person_id: String,
    /// How they are called there.
    pub person_name: String,
    /// The token that calls are made with.
    pub access: SecretString,
    /// The token that gets a new one, where the network gives one.
    pub refresh: Option<SecretString>,
    /// The key that they are bound to, where the network binds them.
    pub key: Option<SecretString>,
    /// When the access token ends, if that is known.
    pub expires_at: Option<Moment>,
    /// When the refresh token ends, if that is known.
    pub refresh_expires_at: Option<Moment>,
    /// When the app loses sight of the person's data, if that is known.
    pub data_access_expires_at: Option<Moment>,
    /// When the keeper renews the tokens, and when a person must act.
    pub plan: Plan,
    /// What was granted.
    pub scopes: Vec<String>,
    /// What requests name beside the token. Nothing secret.
    pub kept: BTreeMap<String, String>,
    /// When the keeper comes next.
    pub next_visit_at: Moment,
    /// The grant that it came with, where it is not what was asked for.
    pub beside: Option<GrantId>,
}

impl Grant {
    /// Where the access token is sealed.
    #[must_use]
    pub fn access(&self) -> Place {
        place(self.workspace, self.id, "access")
    }

    /// Where the refresh token is sealed, if there is one.
    #[must_use]
    pub fn refresh(&self) -> Place {
        place(self.workspace, self.id, "refresh")
    }

    /// Where the key is sealed that the tokens are bound to, if they are.
    #[must_use]
    pub fn key(&self) -> Place {
        place(self.workspace, self.id, "key")
    }
}

fn place(workspace: WorkspaceId, grant: GrantId, column: &'static str) -> Place {
    Place { workspace, table: "grants", column, row: grant.0 }
}

/// Stores what a consent brought: over the same person's earlier grant, or as a new one. Tokens are sealed here.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn put_grant(writing: &Writing, vault: &Vault, at: Moment, new: NewGrant) -> Result<GrantId, VaultError> {
    let (txn, workspace) = (writing.txn(), writing.workspace());
    let known = find_of_person(txn, workspace, new.network_app, &new.person_id).await?;
    let id = known.as_ref().map_or_else(|| GrantId(Uuid::now_v7()), |grant| grant.id);
    let row = grant::ActiveModel {
        id: Set(id),
        workspace: Set(workspace),
        network_app: Set(new.network_app),
        person_id: Set(new.person_id),
        person_name: Set(new.person_name),
        version: Set(known.as_ref().map_or(1, |grant| grant.version + 1)),
        expires_at: Set(new.expires_at),
        must_act_at: Set(new.plan.must_act_at),
        warned: Set(false),
        scopes: Set(Json(new.scopes)),
        kept: Set(Json(new.kept)),
        checked_at: Set(at),
        next_visit_at: Set(Some(new.next_visit_at)),
        lease_until: Set(None),
        doubted_at: Set(None),
        issued_at: Set(Some(at)),
        refresh_expires_at: Set(new.refresh_expires_at),
        data_access_expires_at: Set(new.data_access_expires_at),
        next_refresh_at: Set(new.plan.next_refresh_at),
        // Whoever refreshes the tokens before these now finds the mark gone, and gives back what comes late.
        attempt: Set(None),
        attempt_at: Set(None),
        attempt_owner: Set(None),
        attempt_until: Set(None),
        lost_at: Set(None),
        refused_at: Set(None),
        failures: Set(0),
        failure: Set(None),
        copied_at: Set(None),
        beside: Set(new.beside),
        told: Set(None),
        told_at: Set(None),
    };
    if known.is_some() {
        grant::Entity::update(row).exec_without_returning(txn).await?;
    } else {
        grant::Entity::insert(row).exec_without_returning(txn).await?;
    }
    vault.put(txn, place(workspace, id, "access"), &new.access).await?;
    for (column, secret) in [("refresh", new.refresh), ("key", new.key)] {
        match secret {
            Some(secret) => vault.put(txn, place(workspace, id, column), &secret).await?,
            None => vault.forget(txn, place(workspace, id, column)).await?,
        }
    }
    Ok(id)
}

/// The grant, if it is there still.
///
/// # Errors
/// When the database does not answer.
pub async fn grant(db: &impl ConnectionTrait, id: GrantId) -> Result<Option<Grant>, StoreError> {
    Ok(grant::Entity::find_by_id(id).one(db).await?)
}

/// Those of these grants that are there still, by id.
///
/// # Errors
/// When the database does not answer.
pub async fn grants(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = GrantId>,
) -> Result<HashMap<GrantId, Grant>, StoreError> {
    let found = grant::Entity::find().filter(grant::Column::Id.is_in(padded(ids))).all(db).await?;
    Ok(found.into_iter().map(|grant| (grant.id, grant)).collect())
}

/// The workspace's grant of that person, if it has one.
///
/// # Errors
/// When the database does not answer.
pub async fn find_of_person(
    db: &impl ConnectionTrait,
    workspace: WorkspaceId,
    app: NetworkAppId,
    person: &str,
) -> Result<Option<Grant>, sea_orm::DbErr> {
    grant::Entity::find()
        .filter(grant::Column::Workspace.eq(workspace))
        .filter(grant::Column::NetworkApp.eq(app))
        .filter(grant::Column::PersonId.eq(person))
        .one(db)
        .await
}

/// Whether any workspace holds a living grant of that person by that app, so that a revocation there would kill it.
/// `None`: of anybody.
///
/// # Errors
/// When the database does not answer.
pub async fn is_needed_elsewhere(
    db: &impl ConnectionTrait,
    app: NetworkAppId,
    person: Option<&str>,
) -> Result<bool, StoreError> {
    // As `Grant::is_alive` has it: a dead one is needed by nobody, and its permission may live.
    let is_alive = grant::Column::NextVisitAt.is_not_null().or(grant::Column::NextRefreshAt.is_not_null());
    let of_app = grant::Entity::find()
        .filter(grant::Column::NetworkApp.eq(app))
        .filter(is_alive.or(grant::Column::Attempt.is_not_null()));
    let found = match person {
        Some(person) => of_app.filter(grant::Column::PersonId.eq(person)),
        None => of_app,
    };
    Ok(found.one(db).await?.is_some())
}

/// The grants that came with this one.
///
/// # Errors
/// When the database does not answer.
pub async fn beside(db: &impl ConnectionTrait, id: GrantId) -> Result<Vec<Grant>, StoreError> {
    Ok(grant::Entity::find().filter(grant::Column::Beside.eq(id)).order_by_asc(grant::Column::Id).all(db).await?)
}

/// The pages that hang on the grant.
///
/// # Errors
/// When the database does not answer.
pub async fn pages_of(db: &impl ConnectionTrait, id: GrantId) -> Result<Vec<PageId>, StoreError> {
    let rows = page::Entity::find().filter(page::Column::GrantId.eq(id)).order_by_asc(page::Column::Id).all(db).await?;
    Ok(rows.into_iter().map(|page| page.id).collect())
}

/// The grant that the page hangs on.
///
/// # Errors
/// When the database does not answer.
pub async fn grant_of(db: &impl ConnectionTrait, id: PageId) -> Result<Option<GrantId>, StoreError> {
    Ok(page::Entity::find_by_id(id).one(db).await?.and_then(|page| page.grant_id))
}

/// The workspaces that have connected pages on the network.
///
/// # Errors
/// When the database does not answer.
pub async fn workspaces_at(db: &impl ConnectionTrait, network: &NetworkId) -> Result<Vec<WorkspaceId>, StoreError> {
    let linked = page::Column::Network.eq(network.clone()).and(page::Column::GrantId.is_not_null());
    let rows: Vec<WorkspaceId> = page::Entity::find()
        .select_only()
        .column(page::Column::Workspace)
        .distinct()
        .filter(linked)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows)
}

/// Forgets the grant and its tokens. Whoever still owes the network a revocation has taken them before.
///
/// # Errors
/// When the database does not do it.
pub async fn forget_grant(writing: &Writing, vault: &Vault, grant: &Grant) -> Result<(), VaultError> {
    vault.forget(writing.txn(), grant.access()).await?;
    vault.forget(writing.txn(), grant.refresh()).await?;
    vault.forget(writing.txn(), grant.key()).await?;
    grant::Entity::delete_by_id(grant.id).exec(writing.txn()).await?;
    Ok(())
}

/// Gives the lease back and says when to come again; `None` for never, `checked_at` where the network answered. What the
/// network told meanwhile, or somebody who was refused, is no part of that answer: then it stays due.
///
/// # Errors
/// When the database does not do it.
pub async fn release(
    db: &impl ConnectionTrait,
    grant: &Grant,
    next_visit_at: Option<Moment>,
    checked_at: Option<Moment>,
) -> Result<(), StoreError> {
    let change = grant::ActiveModel {
        next_visit_at: Set(next_visit_at),
        lease_until: Set(None),
        told: checked_at.map_or(Unchanged(grant.told.clone()), |_| Set(None)),
        checked_at: checked_at.map_or(Unchanged(grant.checked_at), Set),
        ..Default::default()
    };
    // Of this version only: a person who reconnected meanwhile has set a visit of their own.
    let of_version = grant::Column::Id.eq(grant.id).and(grant::Column::Version.eq(grant.version));
    let as_claimed = grant::Column::NextVisitAt.eq(grant.next_visit_at);
    let released =
        grant::Entity::update_many().set(change).filter(of_version.clone()).filter(as_claimed).exec(db).await?;
    if released.rows_affected == 0 {
        let free = grant::ActiveModel { lease_until: Set(None), ..Default::default() };
        grant::Entity::update_many().set(free).filter(of_version).exec(db).await?;
    }
    Ok(())
}

/// Notes that a check has missed a page, or that none is missed any more.
///
/// # Errors
/// When the database does not do it.
pub async fn doubt(db: &impl ConnectionTrait, grant: &Grant, since: Option<Moment>) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .set(grant::ActiveModel { doubted_at: Set(since), ..Default::default() })
        .filter(grant::Column::Id.eq(grant.id))
        .filter(grant::Column::Version.eq(grant.version))
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps what a check found to be granted now.
///
/// # Errors
/// When the database does not do it.
pub async fn keep_scopes(db: &impl ConnectionTrait, grant: &Grant, scopes: Vec<String>) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .set(grant::ActiveModel { scopes: Set(Json(scopes)), ..Default::default() })
        .filter(grant::Column::Id.eq(grant.id))
        .filter(grant::Column::Version.eq(grant.version))
        .exec(db)
        .await?;
    Ok(())
}

/// Marks that the people were warned of this version's end; whether it was not marked before.
///
/// # Errors
/// When the database does not do it.
pub async fn warn_once(writing: &Writing, grant: &Grant) -> Result<bool, StoreError> {
    let marked = grant::Entity::update_many()
        .set(grant::ActiveModel { warned: Set(true), ..Default::default() })
        .filter(grant::Column::Id.eq(grant.id))
        .filter(grant::Column::Version.eq(grant.version))
        .filter(grant::Column::Warned.eq(false))
        .exec(writing.txn())
        .await?;
    Ok(marked.rows_affected == 1)
}
