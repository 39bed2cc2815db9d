//! A permission that works may reach less than before: a page that its person lost, an ability that somebody took away.

use super::VisitError;
use crate::{
    domain::Account,
    server::{
        App,
        networks::{self, NetworkApp, RemotePage},
        pages::{self, Found, Grant},
    },
};

/// Compares what the permission reaches and allows now with what is stored. What the network does not say just now
/// changes nothing.
pub(super) async fn look(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<(), VisitError> {
    let access = app.vault.get(app.store.read(), grant.access()).await?;
    let definition = &network_app.definition;
    let person = Account { id: grant.person_id.clone(), name: grant.person_name.clone() };
    let given = networks::remote_pages(&app.client, definition, &access, &person).await.ok();
    let granted = networks::granted_scopes(&app.client, definition, &access).await.ok().flatten();
    let usable = |given: Vec<RemotePage>| {
        given.into_iter().filter(|page| page.usable.is_ok()).map(|page| page.account.id).collect()
    };
    let found = Found {
        reached: given.map(usable),
        missing: granted.as_ref().map(|scopes| definition.missing(scopes)),
        must_log_in: false,
    };
    let granted = granted.filter(|scopes| *scopes != grant.scopes.0);
    if granted.is_none() && !pages::is_news(app.store.read(), grant, &found).await? {
        return Ok(());
    }
    let mut writing = app.store.write(grant.workspace).await?;
    if let Some(granted) = granted {
        pages::keep_scopes(writing.txn(), grant, granted).await?;
    }
    pages::take_in(&mut writing, app.clock.now(), grant, &found).await?;
    Ok(app.bus.commit(&app.store, writing).await?)
}
