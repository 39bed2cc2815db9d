//! A person gives a page's permission back: red at once, and owed to the network in the same transaction.

use std::time::Duration;

use tracing::warn;

use super::{
    ConnectError,
    returning::{self, Left},
};
use crate::{
    domain::{Actor, Change, PageId, Returned},
    server::{App, Member, Refusal, pages},
};

/// A person waits for the outcome no longer than this; the job goes on, and its outcome is an event.
const PATIENCE: Duration = Duration::from_secs(4);

/// Makes the page red, forgets its tokens when no other page needs them, and gives the permission back.
///
/// # Errors
/// [`Refusal::Changed`] when the page is not connected any more, [`Refusal::NotAllowed`] for those who only look.
pub async fn disconnect(member: &Member, page: PageId) -> Result<Returned, Refusal> {
    member.must_be_able_to_connect()?;
    let (app, now) = (member.app(), member.app().clock.now());
    let mut writing = app.store.write(member.workspace().id).await?;
    let grant = pages::grant_of(writing.txn(), page).await?;
    let actor = Actor::Person(member.name().to_owned());
    pages::transition(&mut writing, now, page, Change::Disconnected, actor).await?;
    app.vault.forget(writing.txn(), pages::token_of(writing.workspace(), page)).await.map_err(ConnectError::from)?;
    let owed = match grant {
        Some(grant) => returning::give_back_if_unused(&writing, app, grant, Some(page)).await?,
        None => Left::Used,
    };
    app.bus.commit(&app.store, writing).await?;
    match owed {
        Left::Used => Ok(Returned::StillUsed),
        Left::Owed(first, others) => {
            for job in others {
                returning::settle_soon(app, job);
            }
            Ok(wait_for(app, first).await)
        }
        Left::Lost => Ok(Returned::Failed),
    }
}

async fn wait_for(app: &App, job: uuid::Uuid) -> Returned {
    let settling = app.clone();
    let task = app.tasks.spawn(async move { returning::settle(&settling, job).await });
    let settled: Result<Option<Returned>, ConnectError> = match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(settled)) => settled,
        // Still at it, and it stays at it.
        _ => return Returned::UnderWay,
    };
    match settled {
        Ok(Some(outcome)) => outcome,
        Ok(None) => Returned::UnderWay,
        Err(error) => {
            warn!(%error, "a permission is not given back yet");
            Returned::UnderWay
        }
    }
}
