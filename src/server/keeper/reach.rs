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

/// Compares what the permission reaches and allows now with what is stored; whether to look again soon. What the network
/// does not say just now changes nothing.
pub(super) async fn look(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<bool, VisitError> {
    let opened = pages::open(app.store.read(), &app.vault, grant).await?;
    let bearer = opened.bearer(grant);
    let person = Account { id: grant.person_id.clone(), name: grant.person_name.clone() };
    let granted = networks::granted_scopes(&app.client, network_app, bearer).await.ok().flatten();
    let scopes = granted.as_ref().unwrap_or(&grant.scopes.0);
    let given = networks::remote_pages(&app.client, network_app, bearer, (&person, scopes)).await.ok();
    let usable = |given: Vec<RemotePage>| {
        given.into_iter().filter(|page| page.usable.is_ok()).map(|page| page.account.id).collect()
    };
    let found = Found {
        // What a list that was cut off does not show may be there.
        reached: given.filter(|given| given.is_whole).map(|given| usable(given.pages)),
        missing: granted.as_ref().map(|scopes| network_app.definition.missing(scopes)),
        must_log_in: false,
    };
    take_in(app, grant, found, granted.filter(|scopes| *scopes != grant.scopes.0)).await
}

/// The network wants to see the person before it goes on.
pub(super) async fn must_log_in(app: &App, grant: &Grant) -> Result<(), VisitError> {
    take_in(app, grant, Found { reached: None, missing: None, must_log_in: true }, None).await.map(drop)
}

/// Whether a page was missed for the first time. One list without a page proves little, and what breaks then only a
/// person can mend: a page is lost when the next list misses it too.
async fn take_in(app: &App, grant: &Grant, found: Found, granted: Option<Vec<String>>) -> Result<bool, VisitError> {
    let standings = pages::standing_on(app.store.read(), grant.id).await?;
    let misses = standings.iter().any(|standing| found.misses(&standing.link));
    let is_doubt = misses && grant.doubted_at.is_none();
    let is_settled = found.reached.is_some() && grant.doubted_at.is_some();
    let found = if is_doubt { Found { reached: None, ..found } } else { found };
    let is_news = standings.iter().any(|standing| !found.changes(&standing.link).is_empty());
    if !is_news && granted.is_none() && !is_doubt && !is_settled {
        return Ok(false);
    }
    let now = app.clock.now();
    let mut writing = app.store.write(grant.workspace).await?;
    if let Some(granted) = granted {
        pages::keep_scopes(writing.txn(), grant, granted).await?;
    }
    if is_doubt || is_settled {
        pages::doubt(writing.txn(), grant, is_doubt.then_some(now)).await?;
    }
    pages::take_in(&mut writing, now, grant, &found).await?;
    app.bus.commit(&app.store, writing).await?;
    Ok(is_doubt)
}
