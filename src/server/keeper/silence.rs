//! A network that stopped answering, or answers again, is told once per workspace and not once per page.

use super::VisitError;
use crate::{
    domain::{Actor, EventKind, WorkspaceId},
    server::{
        App,
        events::{self, New},
        networks::Silence,
        pages,
        store::Writing,
    },
};

/// Tells every workspace that has pages there.
pub(super) async fn tell(app: &App, workspace: WorkspaceId, silence: Silence) -> Result<(), VisitError> {
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
