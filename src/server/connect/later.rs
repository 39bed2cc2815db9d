//! When something of ours does not work after the network has answered: what was kept goes on as soon as it can, and
//! what could not be kept goes back to the network.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{ConnectError, attempts::Attempt, finish};
use crate::{
    domain::{AttemptState, Returned},
    server::{
        App,
        networks::{self, Bearer, GivenBack, NetworkApp, Second, Tokens},
        pages,
    },
};

/// Between the first tries; each pause is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// About an hour. What does not go on by then is found at the next start.
const TRIES: u32 = 64;

/// Goes on with an answer that is kept. If that does not work now, the caller hears why, and it is tried again
/// until it does: the approval was given and is not asked for twice.
pub(super) async fn go_on_at_last(app: &App, attempt: Attempt) -> Result<AttemptState, ConnectError> {
    let done = finish::go_on(app, attempt.clone()).await;
    if done.is_err() {
        let app = app.clone();
        app.tasks.clone().spawn(async move { go_on_until_it_works(&app, attempt).await });
    }
    done
}

async fn go_on_until_it_works(app: &App, attempt: Attempt) {
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        match finish::go_on(app, attempt.clone()).await {
            Ok(state) => return info!(attempt = %attempt.id, ?state, "an attempt went on at last"),
            Err(error) => warn!(attempt = %attempt.id, %error, "an attempt cannot go on yet; its answer is kept"),
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Nobody will ever hold these tokens again, so the network is told at once, unless the person's permission is needed.
pub(super) async fn give_back_unkept(app: &App, network_app: &NetworkApp, tokens: &Tokens) {
    let network = &network_app.definition.id;
    match give_back(app, network_app, tokens).await {
        Ok(outcome) => warn!(%network, ?outcome, "an answer could not be kept, and its permission was given back"),
        Err(error) => error!(
            %network, %error,
            "an answer could not be kept, nor its permission given back; remove Greentick there, in the list of apps"
        ),
    }
}

async fn give_back(app: &App, network_app: &NetworkApp, tokens: &Tokens) -> Result<Returned, ConnectError> {
    let mut kept = tokens.kept.clone();
    kept.extend(networks::confirmed(&app.client, network_app, &kept).await?);
    let bearer = Bearer { access: &tokens.access, key: tokens.key.as_ref(), kept: &kept };
    if let Some(Second { person_id, access, refresh, .. }) = &tokens.second {
        let (person_id, kept) = (&network_app.qualified(person_id), &<_>::default());
        if !pages::is_needed_elsewhere(app.store.read(), network_app.id, person_id).await? {
            let given = GivenBack { access, refresh: refresh.as_ref(), person_id, key: None, kept };
            networks::revoke(&app.client, network_app, given).await.ok().flatten().ok_or(ConnectError::NotReturned)?;
        }
    }
    let person = networks::who_am_i(&app.client, network_app, bearer).await?;
    if pages::is_needed_elsewhere(app.store.read(), network_app.id, &person.id).await? {
        return Ok(Returned::StillUsed);
    }
    let Tokens { access, refresh, key, .. } = tokens;
    let given = GivenBack { access, refresh: refresh.as_ref(), person_id: &person.id, key: key.as_ref(), kept: &kept };
    let told = networks::revoke(&app.client, network_app, given).await;
    told.ok().flatten().ok_or(ConnectError::NotReturned)
}
