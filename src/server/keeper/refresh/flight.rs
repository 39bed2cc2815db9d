//! One refresh of one grant: marked, sent, and told what became of it.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tracing::{debug, warn};

use super::{
    End, RefreshFailure, Seen, Ticket, Why, landing,
    looking::{Looked, Looking, Secrets},
    marking::{self, Marked},
    saving,
    wire::Wire,
};
use crate::{
    domain::{Moment, Reason},
    server::{
        App,
        counts::Counted,
        networks::{self, Held, NetworkApp, Proofs, RefreshError, Sent, Tokens, Verdict},
        pages::{self, Grant, Mark},
        vault::Sealer,
    },
};

/// When the outcome is unknown, the same token again: at once first, because a network with a grace window takes it only
/// within seconds (SECURITY 4.3, G).
const REPEATS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// A flight that has its mark.
pub(super) struct Flight<'a> {
    pub app: &'a App,
    pub grant: Grant,
    pub network_app: Arc<NetworkApp>,
    pub mark: Mark,
    /// Whether a refresh token was stored with the tokens that are spent.
    pub has_refresh: bool,
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
pub(super) async fn fly(app: &App, seen: Seen, why: Why, waits: Option<(Ticket, Arc<Notify>)>) -> End {
    match try_to_fly(app, seen, why, waits).await {
        Ok(end) => end,
        Err(error) => {
            warn!(grant = %seen.grant, %error, "a refresh ended early");
            End::NotNow(None)
        }
    }
}

async fn try_to_fly(
    app: &App,
    seen: Seen,
    why: Why,
    waits: Option<(Ticket, Arc<Notify>)>,
) -> Result<End, RefreshFailure> {
    let looking = Looking { grant: seen.grant, workspace: seen.workspace };
    let looked = app.refreshing.looks.share(app, looking).await?;
    let Some(Looked { grant, secrets, sealer }) = looked.filter(|looked| looked.grant.is_alive()) else {
        return Ok(End::Gone);
    };
    if grant.version != seen.version {
        return Ok(End::Renewed);
    }
    if why == Why::Due && grant.is_held(app.clock.now()) {
        return Ok(End::Held);
    }
    let Some(network_app) = app.networks.app(grant.network_app) else {
        return put_off(app, &grant).await;
    };
    let secrets = match secrets {
        // It stays as it is, and a person can connect it anew; asking again brings nothing back.
        Err(error) if error.is_lost() => {
            warn!(grant = %grant.id, %error, "a permission cannot be renewed");
            return no_means(app, &grant).await;
        }
        secrets => secrets?,
    };
    let has_refresh = secrets.refresh.is_some();
    if !network_app.definition.clocks().can_renew(has_refresh) {
        return no_means(app, &grant).await;
    }
    let (held, sealer) = (held(app, &network_app, &grant, secrets), sealer?);
    let mut ticket = None;
    if let Some((own, is_wanted)) = waits {
        let own = ticket.insert(own);
        // In this order: a seat that is free by now is no reason to begin when the process is to stop.
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return Ok(End::NotNow(None)),
            () = is_wanted.notified() => {}
            () = own.sit() => {}
        }
    }
    match marking::mark(app, &grant, why).await? {
        Marked::Taken(mark) => Flight { app, grant, network_app, mark, has_refresh }.run(held, sealer, ticket).await,
        Marked::Held => Ok(End::Held),
        Marked::NotNow(until) => Ok(End::NotNow(Some(until))),
    }
}

async fn no_means(app: &App, grant: &Grant) -> Result<End, RefreshFailure> {
    pages::put_off(app.store.read(), grant, None).await?;
    Ok(End::NoMeans)
}

/// Its app was taken out of the settings: it may come back.
async fn put_off(app: &App, grant: &Grant) -> Result<End, RefreshFailure> {
    let later = app.clock.now() + Duration::from_mins(10);
    pages::put_off(app.store.read(), grant, Some(later)).await?;
    Ok(End::NotNow(Some(later)))
}

fn held(app: &App, network_app: &NetworkApp, grant: &Grant, Secrets { access, refresh, key }: Secrets) -> Held {
    let redirect_uri = app.base_url.callback(network_app.callback);
    Held { access, refresh, key, scopes: grant.scopes.0.clone(), kept: grant.kept.0.clone(), redirect_uri }
}

impl Class {
    /// Its name where figures and logs name it.
    fn key(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Unclear => "unclear",
            Self::Trouble => "trouble",
            Self::SlowDown(_) => "slow_down",
            Self::Ours => "our_app_is_wrong",
            Self::Person => "person_must_act",
            Self::Refused(_) => "refused",
        }
    }
}

impl Flight<'_> {
    fn counts(&self, verdict: &'static str) {
        self.app.counts.add(Counted::Refresh, Some(&self.network_app.definition.id), verdict);
        debug!(attempt = %self.mark.attempt, verdict, "refreshed");
    }

    async fn run(mut self, held: Held, sealer: Sealer, ticket: Option<Ticket>) -> Result<End, RefreshFailure> {
        let wire = Arc::new(Wire::new(&self, sealer, ticket));
        let mut pauses = REPEATS.iter();
        loop {
            let sent_at = self.app.clock.now();
            match exchange(&wire, self.app.client.proofs(), (&self.network_app, &held)).await {
                Ok(tokens) => {
                    self.counts("renewed");
                    let sent_at = wire.sent_at().unwrap_or(sent_at);
                    return self.land(&tokens, sent_at, wire.is_kept()).await;
                }
                Err(error) => {
                    let class = class(error, wire.was_unclear());
                    let pause = pauses.next().filter(|_| class == Class::Unclear && !self.app.stopping.is_cancelled());
                    if class == Class::Unclear {
                        self.mark.lost_at = self.mark.lost_at.or(Some(self.app.clock.now()));
                    }
                    let Some(pause) = pause else {
                        self.counts(class.key());
                        return landing::set_back(&self, class).await;
                    };
                    tokio::time::sleep(*pause).await;
                    if !self.goes_on().await {
                        return Ok(End::Held);
                    }
                }
            }
        }
    }

    /// The same token once more: in a place of its own, and under a mark that lasts, since the first try may have used it
    /// up. A database that does not answer gives the mark to nobody else either.
    async fn goes_on(&mut self) -> bool {
        match self.try_to_go_on().await {
            Ok(goes_on) => goes_on,
            Err(error) => {
                warn!(grant = %self.grant.id, %error, "a refresh goes on without a place of its own");
                true
            }
        }
    }

    async fn try_to_go_on(&mut self) -> Result<bool, RefreshFailure> {
        let place = marking::reserved(self.app, &self.grant).await?;
        tokio::time::sleep(place.since(self.app.clock.now())).await;
        let db = self.app.store.read();
        // Given back: the answer is fetched all the same, and what is in it goes back too.
        let Some(current) = pages::grant(db, self.grant.id).await? else { return Ok(true) };
        let is_ours = marking::is_of(&current, self.mark);
        Ok(is_ours && pages::mark_again(db, &current, self.mark, self.app.clock.now()).await?.is_some())
    }
}

impl Flight<'_> {
    /// Tokens that are somebody else's are worse than none.
    async fn land(&self, tokens: &Tokens, sent_at: Moment, lies_elsewhere: bool) -> Result<End, RefreshFailure> {
        let Self { app, grant, network_app, .. } = self;
        let about = (grant.person_id.as_str(), app.clock.now());
        match networks::somebody_elses(&app.client, network_app, (tokens, &grant.kept.0), about).await {
            Ok(None) => {}
            Ok(Some(other)) => return landing::somebody_elses(self, tokens, &network_app.qualified(&other)).await,
            Err(error) => {
                warn!(grant = %grant.id, %error, "the words about new tokens are not believed; they are not kept");
                return landing::set_back(self, Class::Trouble).await;
            }
        }
        Ok(saving::keep(self, tokens, sent_at, lies_elsewhere).await)
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
