//! A permission that works may reach less than before: a page that its person lost, an ability that somebody took away.

use super::VisitError;
use crate::{
    domain::Account,
    server::{
        App,
        networks::{self, Bearer, NetworkApp, RemotePage},
        pages::{self, Found, Grant},
    },
};

/// Compares what the permission reaches and allows now with what is stored. What the network does not say just now
/// changes nothing.
pub(super) async fn look(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<(), VisitError> {
    let access = app.vault.get(app.store.read(), grant.access()).await?;
    let bearer = Bearer { access: &access, kept: &grant.kept.0 };
    let person = Account { id: grant.person_id.clone(), name: grant.person_name.clone() };
    let given = networks::remote_pages(&app.client, network_app, bearer, &person).await.ok();
    let granted = networks::granted_scopes(&app.client, network_app, bearer).await.ok().flatten();
    let usable = |given: Vec<RemotePage>| {
        given.into_iter().filter(|page| page.usable.is_ok()).map(|page| page.account.id).collect()
    };
    let found = Found {
        reached: given.map(usable),
        missing: granted.as_ref().map(|scopes| network_app.definition.missing(scopes)),
        must_log_in: false,
    };
    take_in(app, grant, &found, granted.filter(|scopes| *scopes != grant.scopes.0)).await
}

/// The network wants to see the person before it goes on.
pub(super) async fn must_log_in(app: &App, grant: &Grant) -> Result<(), VisitError> {
    take_in(app, grant, &Found { reached: None, missing: None, must_log_in: true }, None).await
}

async fn take_in(app: &App, grant: &Grant, found: &Found, granted: Option<Vec<String>>) -> Result<(), VisitError> {
    if granted.is_none() && !pages::is_news(app.store.read(), grant, found).await? {
        return Ok(());
    }
    let mut writing = app.store.write(grant.workspace).await?;
    if let Some(granted) = granted {
        pages::keep_scopes(writing.txn(), grant, granted).await?;
    }
    pages::take_in(&mut writing, app.clock.now(), grant, found).await?;
    Ok(app.bus.commit(&app.store, writing).await?)
}
