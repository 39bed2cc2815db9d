//! A permission that came with another one in the same answer. It is a grant of its own, so that it is renewed, checked
//! and given back like every other; it comes and goes with the one that was asked for, and no page hangs on it.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{
    ConnectError,
    returning::{self, Owed},
};
use crate::{
    domain::{GrantId, Moment, NetworkAppId, WorkspaceId},
    server::{
        App,
        networks::{self, Clocked, NetworkApp, Second, Tokens},
        pages::{self, NewGrant},
        store::Writing,
    },
};

/// As it is sealed with the answer that it came in.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptSecond {
    person_id: String,
    access: String,
    refresh: Option<String>,
    lives: Option<Duration>,
    scopes: Option<Vec<String>>,
}

impl From<&Second> for KeptSecond {
    fn from(second: &Second) -> Self {
        let Second { person_id, access, refresh, lives, scopes } = second;
        Self {
            person_id: person_id.clone(),
            access: access.expose_secret().to_owned(),
            refresh: refresh.as_ref().map(|token| token.expose_secret().to_owned()),
            lives: *lives,
            scopes: scopes.clone(),
        }
    }
}

impl KeptSecond {
    pub(super) fn read(&self) -> Second {
        let Self { person_id, access, refresh, lives, scopes } = self;
        Second {
            person_id: person_id.clone(),
            access: access.clone().into(),
            refresh: refresh.clone().map(Into::into),
            lives: *lives,
            scopes: scopes.clone(),
        }
    }
}

/// Stores it beside `main`.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn put(
    writing: &Writing,
    app: &App,
    (network_app, main): (&NetworkApp, GrantId),
    second: Second,
    at: Moment,
) -> Result<(), ConnectError> {
    let clocks = network_app.definition.clocks();
    let expires_at = second.lives.or(clocks.lives).map(|lives| at + lives);
    let refresh_expires_at = clocks.refresh_lives.map(|lives| at + lives).filter(|_| second.refresh.is_some());
    let known = Clocked {
        issued_at: at,
        expires_at,
        refresh_expires_at,
        data_access_expires_at: None,
        has_refresh: second.refresh.is_some(),
        is_failing: false,
        phase: networks::phase(main.0),
    };
    let plan = networks::plan(&known, &clocks);
    let every = app.check_every.unwrap_or_else(|| network_app.definition.check_every());
    let next_visit_at = pages::next_visit(at, networks::a_little_before(every), plan.must_act_at);
    let person_id = network_app.qualified(&second.person_id);
    let new = NewGrant {
        network_app: network_app.id,
        person_name: person_id.clone(),
        person_id,
        access: second.access,
        refresh: second.refresh,
        key: None,
        expires_at,
        refresh_expires_at,
        data_access_expires_at: None,
        plan,
        scopes: second.scopes.unwrap_or_default(),
        kept: <_>::default(),
        next_visit_at,
        beside: Some(main),
    };
    pages::put_grant(writing, &app.vault, at, new).await?;
    Ok(())
}

/// As what is owed back of it.
pub(super) fn owed(network_app: &NetworkApp, second: Second) -> Owed {
    Owed {
        network_app: network_app.id,
        person_id: Some(network_app.qualified(&second.person_id)),
        access: second.access,
        refresh: second.refresh,
        key: None,
        kept: <_>::default(),
        page: None,
    }
}

/// Owes tokens back that nobody holds: all that came in one answer.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn give_back_all(
    app: &App,
    (workspace, network_app, person_id): (WorkspaceId, NetworkAppId, &str),
    tokens: Tokens,
) -> Result<(), ConnectError> {
    let Tokens { access, refresh, key, kept, second, .. } = tokens;
    let person_id = Some(person_id.to_owned());
    returning::give_back(app, workspace, Owed { network_app, person_id, access, refresh, key, kept, page: None })
        .await?;
    if let Some((second, network_app)) = second.zip(app.networks.app(network_app)) {
        returning::give_back(app, workspace, owed(&network_app, second)).await?;
    }
    Ok(())
}
