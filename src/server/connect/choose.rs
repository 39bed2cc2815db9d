//! One consent, several pages: which of them is this location's?

use super::{
    ConnectError,
    attempts::{self, Attempt},
    finish,
};
use crate::{
    domain::{Account, AttemptId, AttemptState, LocationId, Trouble},
    server::{Caller, Refusal, pages},
};

/// What the picker shows.
pub struct Choices {
    /// The attempt.
    pub attempt: Attempt,
    /// Pages that nobody here uses, and those that another location does, with that location.
    pub pages: Vec<(Account, Option<LocationId>)>,
}

/// The pages to choose from, the free ones first.
///
/// # Errors
/// [`Refusal::NotFound`] when the attempt is not the caller's, or does not wait for a choice.
pub async fn choices(caller: &Caller, id: AttemptId) -> Result<Choices, Refusal> {
    let session = caller.session()?;
    let db = caller.app().store.read();
    let found = attempts::find(db, id).await?;
    let attempt = found
        .filter(|attempt| attempt.user_id == session.user && attempt.session == session.id)
        .filter(|attempt| attempt.state.0 == AttemptState::Choosing)
        .ok_or(Refusal::NotFound)?;
    let taken = pages::pinned_at(db, attempt.workspace, attempt.page).await?;
    let mut pages: Vec<_> = attempt.choice.0.iter().map(|page| (page.clone(), taken.get(&page.id).copied())).collect();
    pages.sort_by_key(|(_, taken)| taken.is_some());
    Ok(Choices { attempt, pages })
}

/// Links the chosen page.
///
/// # Errors
/// As [`choices`], and [`Refusal::NotFound`] when `account` is not among them or another location has it.
pub async fn choose(caller: &Caller, id: AttemptId, account: &str) -> Result<AttemptState, Refusal> {
    let Choices { attempt, pages } = choices(caller, id).await?;
    let chosen = pages.into_iter().find(|(page, taken)| page.id == account && taken.is_none());
    let (account, _) = chosen.ok_or(Refusal::NotFound)?;
    let member = caller.member_at(attempt.page).await?;
    member.must_be_able_to_connect()?;
    let app = caller.app().clone();
    let network_app = app.networks.app(attempt.network_app).ok_or(ConnectError::NoApp)?;
    let task = app.tasks.clone().spawn(async move {
        let approved = finish::ask(&app, &network_app, &attempt).await?;
        // What the network gives now counts, not what was stored when it was offered.
        if !approved.pages.iter().any(|given| given.id == account.id) {
            let gone = AttemptState::Failed(Trouble::NoPages);
            return finish::unwanted(&app, &attempt, Some(&approved), gone).await;
        }
        finish::link(&app, &attempt, &network_app, approved, account).await
    });
    Ok(task.await.ok().ok_or(ConnectError::Unreadable)??)
}
