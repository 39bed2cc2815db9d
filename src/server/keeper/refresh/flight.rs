//! One refresh of one grant: marked, sent, and told what became of it.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use tracing::warn;

use super::{End, RefreshFailure, Why, landing, wire::Wire};
use crate::{
    domain::{GrantId, Moment, Reason},
    server::{
        App,
        networks::{self, Admission, Held, NetworkApp, Proofs, RefreshError, Sent, Tokens, Verdict},
        pages::{self, Grant, Mark},
        vault::Sealer,
    },
};

/// When the outcome is unknown, the same token again: at once first, because a network with a grace window takes it only
/// within seconds (SECURITY 4.3, G).
const REPEATS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];
/// A place in the queue that is due this soon is waited for.
const WAITS: Duration = Duration::from_secs(3);
/// A process that was stopped after its mark was written may be followed by another when it goes on.
const MARK_IS_NEW: Duration = Duration::from_secs(5);

/// A flight that has its mark.
pub(super) struct Flight<'a> {
    pub app: &'a App,
    pub grant: Grant,
    pub network_app: Arc<NetworkApp>,
    pub mark: Mark,
}

/// Why there are no new tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing left.
    NotSent,
    /// It left, and the token may be spent.
    Unclear,
    /// The network does not work just now.
    Trouble,
    /// It wants to be asked less.
    SlowDown(Duration),
    /// It refuses our app; no grant is to blame.
    Ours,
    /// It wants to see the person first.
    Person,
    /// It refuses the token.
    Refused(Reason),
}

/// Flies. Whatever goes wrong on our side is logged, and tried again when it is due.
pub(super) async fn fly(app: &App, id: GrantId, seen: i64, why: Why) -> End {
    match try_to_fly(app, id, seen, why).await {
        Ok(end) => end,
        Err(error) => {
            warn!(grant = %id, %error, "a refresh ended early");
            End::NotNow(None)
        }
    }
}

async fn try_to_fly(app: &App, id: GrantId, seen: i64, why: Why) -> Result<End, RefreshFailure> {
    let db = app.store.read();
    let Some(grant) = pages::grant(db, id).await?.filter(Grant::is_alive) else { return Ok(End::Gone) };
    if grant.version != seen {
        return Ok(End::Renewed);
    }
    if why == Why::Due && grant.is_held(app.clock.now()) {
        return Ok(End::Held);
    }
    let Some(network_app) = app.networks.app(grant.network_app) else {
        return put_off(app, &grant).await;
    };
    let held = match held(app, &network_app, &grant).await {
        // It stays as it is, and a person can connect it anew; asking again brings nothing back.
        Err(RefreshFailure::Vault(error)) if error.is_lost() => {
            warn!(grant = %id, %error, "a permission cannot be renewed");
            pages::put_off(db, &grant, None).await?;
            return Ok(End::NoMeans);
        }
        held => held?,
    };
    if !network_app.definition.clocks().can_renew(held.refresh.is_some()) {
        pages::put_off(db, &grant, None).await?;
        return Ok(End::NoMeans);
    }
    let sealer = app.vault.sealer(db, grant.workspace).await?;
    match mark(app, &grant, why).await? {
        Marked::Taken(mark) => Flight { app, grant, network_app, mark }.run(held, sealer).await,
        Marked::Held => Ok(End::Held),
        Marked::NotNow(until) => Ok(End::NotNow(Some(until))),
    }
}

/// Its app was taken out of the settings: it may come back.
async fn put_off(app: &App, grant: &Grant) -> Result<End, RefreshFailure> {
    let later = app.clock.now() + Duration::from_mins(10);
    pages::put_off(app.store.read(), grant, Some(later)).await?;
    Ok(End::NotNow(Some(later)))
}

async fn held(app: &App, network_app: &NetworkApp, grant: &Grant) -> Result<Held, RefreshFailure> {
    let db = app.store.read();
    let access: SecretString = app.vault.get(db, grant.access()).await?;
    let refresh = app.vault.find(db, grant.refresh()).await?;
    let key = app.vault.find(db, grant.key()).await?;
    let redirect_uri = app.base_url.callback(network_app.callback);
    Ok(Held { access, refresh, key, scopes: grant.scopes.0.clone(), kept: grant.kept.0.clone(), redirect_uri })
}

enum Marked {
    Taken(Mark),
    Held,
    NotNow(Moment),
}

/// The app's place and the grant's mark, in one commit that is on the disk before anything leaves.
async fn mark(app: &App, grant: &Grant, why: Why) -> Result<Marked, RefreshFailure> {
    loop {
        let (now, began) = (app.clock.now(), app.clock.running());
        let turn = app.refreshing.turns.acquire().await;
        let txn = app.store.begin().await?;
        // What was interrupted is at the network already: it goes on whatever the rate, within a grace window.
        let admission = match why {
            Why::Due => networks::admit(&txn, grant.network_app, now, app.refreshing.per_second).await?,
            Why::Interrupted => Admission::Now,
        };
        match admission {
            Admission::Now => {}
            Admission::Not(until) if until.since(now) < WAITS && !app.stopping.is_cancelled() => {
                drop((txn, turn));
                tokio::time::sleep(until.since(now)).await;
                continue;
            }
            Admission::Not(until) => return Ok(Marked::NotNow(until)),
        }
        let Some(mark) = pages::mark(&txn, grant, app.refreshing.spool.owner(), now).await? else {
            return Ok(Marked::Held);
        };
        txn.commit().await.map_err(crate::server::store::StoreError::from)?;
        if app.clock.running().saturating_sub(began) < MARK_IS_NEW {
            return Ok(Marked::Taken(mark));
        }
        // Nothing has left: it is taken anew, unless somebody else has by now.
        let Some(again) = pages::grant(app.store.read(), grant.id).await? else { return Ok(Marked::Held) };
        if again.attempt != Some(mark.attempt) || again.attempt_owner != Some(app.refreshing.spool.owner()) {
            return Ok(Marked::Held);
        }
        return Box::pin(self::mark(app, &again, Why::Interrupted)).await;
    }
}

impl Flight<'_> {
    async fn run(mut self, held: Held, sealer: Sealer) -> Result<End, RefreshFailure> {
        let wire = Arc::new(Wire::new(&self, sealer));
        let mut pauses = REPEATS.iter();
        loop {
            let sent_at = self.app.clock.now();
            match exchange(&wire, self.app.client.proofs(), (&self.network_app, &held)).await {
                Ok(tokens) => return self.land(&tokens, sent_at).await,
                Err(error) => {
                    let class = class(error, wire.was_unclear());
                    let pause = pauses.next().filter(|_| class == Class::Unclear && !self.app.stopping.is_cancelled());
                    if class == Class::Unclear {
                        self.mark.lost_at = self.mark.lost_at.or(Some(self.app.clock.now()));
                    }
                    let Some(pause) = pause else { return landing::set_back(&self, class).await };
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }
}

impl Flight<'_> {
    /// Tokens that are somebody else's are worse than none.
    async fn land(&self, tokens: &Tokens, sent_at: Moment) -> Result<End, RefreshFailure> {
        let Self { app, grant, network_app, .. } = self;
        let about = (grant.person_id.as_str(), app.clock.now());
        if let Err(error) = networks::confirm_renewed(&app.client, network_app, tokens, about).await {
            warn!(grant = %grant.id, %error, "new tokens are not this person's; they are not kept");
            return landing::set_back(self, Class::Trouble).await;
        }
        Ok(landing::keep(self, tokens, sent_at).await)
    }
}

async fn exchange(
    wire: &Arc<Wire>,
    proofs: &Proofs,
    (app, held): (&NetworkApp, &Held),
) -> Result<Tokens, RefreshError> {
    let wire = wire.clone();
    let send = move |request| {
        let wire = wire.clone();
        async move { wire.send(request).await }
    };
    networks::refresh(send, proofs, app, held).await
}

fn class(error: RefreshError, was_unclear: bool) -> Class {
    match (error.verdict, error.was_sent) {
        (Verdict::Dead(reason), _) => Class::Refused(reason),
        (Verdict::OurAppIsWrong, _) => Class::Ours,
        (Verdict::PersonMustAct, _) => Class::Person,
        (Verdict::SlowDown(pause), _) => Class::SlowDown(pause),
        (_, Sent::No) => Class::NotSent,
        (_, Sent::Maybe) => Class::Unclear,
        (_, Sent::Yes) if was_unclear => Class::Unclear,
        (_, Sent::Yes) => Class::Trouble,
    }
}
