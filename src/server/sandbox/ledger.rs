//! Everything that happened here: who approved what, what was issued for it, who sent what when.
//!
//! It is the judge of the app's tests, so it tells facts and decides nothing that a network would not decide.

mod approvals;
mod grants;
mod visits;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;
use serde::Serialize;

pub(super) use self::{
    approvals::Approval,
    grants::{Ended, Grant, GrantId},
    visits::{Claims, Visit},
};
use super::{
    faults::{Faults, Switchboard},
    networks::Network,
    tickets::{Kind, Ticket},
    way_back::Ask,
};

/// The memory of one sandbox.
#[derive(Default)]
pub(super) struct Ledger {
    pub faults: Switchboard,
    grants: Vec<Grant>,
    tickets: Vec<Ticket>,
    visits: Vec<Visit>,
    authorizations: Vec<Authorization>,
    referers: Vec<Referer>,
    approvals: Vec<Approval>,
    /// Consent pages that wait for an answer.
    waiting: Vec<Waiting>,
    /// How far its clock is ahead of the real one.
    ahead: Duration,
}

/// What `GET /ledger` shows.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    grants: &'a [Grant],
    tokens: &'a [Ticket],
    requests: &'a [Visit],
    authorizations: &'a [Authorization],
    referers: &'a [Referer],
}

/// What a browser told the authorization endpoint about where it came from.
#[derive(Serialize)]
struct Referer {
    network: &'static str,
    referer: String,
}

/// One authorisation request that came from a known application.
#[derive(Serialize)]
struct Authorization {
    network: &'static str,
    client_id: String,
    state: Option<String>,
    code_challenge: Option<String>,
    redirect_uri: String,
    scope: String,
    at_ms: i64,
}

struct Waiting {
    id: String,
    network: &'static str,
    ask: Ask,
    since: i64,
}

/// An unanswered consent page is forgotten after this long.
const PATIENCE_MS: i64 = 24 * 3_600_000;

impl Ledger {
    /// Milliseconds since 1970, by the sandbox's own clock.
    pub(super) fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the sandbox stands alone, and this is its clock")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + self.ahead;
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }

    pub(super) fn shown(&mut self) -> Shown<'_> {
        self.settle();
        Shown {
            grants: &self.grants,
            tokens: &self.tickets,
            requests: &self.visits,
            authorizations: &self.authorizations,
            referers: &self.referers,
        }
    }

    /// The faults that hold for whoever stands behind this code or token.
    pub(super) fn faults_for(&self, network: &Network, value: Option<&str>) -> Faults {
        let person = value.and_then(|value| self.ticket(value)).map(|ticket| self.grant(ticket.grant).person);
        self.faults.at(network, person)
    }

    pub(super) fn ticket(&self, value: &str) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| ticket.value == value)
    }

    /// A code or token of this kind, if this network issued it.
    pub(super) fn ticket_at(&self, network: &Network, kind: Kind, value: &str) -> Option<&Ticket> {
        self.ticket(value).filter(|ticket| ticket.network == network.id && ticket.kind == kind)
    }

    /// Writes down the `Referer` of a browser, if it sends one.
    pub(super) fn came_from(&mut self, network: &'static Network, referer: Option<&HeaderValue>) {
        let Some(referer) = referer else { return };
        let referer = String::from_utf8_lossy(referer.as_bytes()).into_owned();
        self.referers.push(Referer { network: network.id, referer });
    }

    /// Writes down that an application asked.
    pub(super) fn asked(&mut self, network: &'static Network, ask: &Ask) {
        let at_ms = self.now();
        self.authorizations.push(Authorization {
            network: network.id,
            client_id: ask.client_id.clone(),
            state: ask.way_back.state.clone(),
            code_challenge: ask.challenge.clone(),
            redirect_uri: ask.way_back.redirect_uri.clone(),
            scope: ask.scopes.join(" "),
            at_ms,
        });
    }

    /// Keeps a request while a person reads the consent page, and names it.
    pub(super) fn wait(&mut self, network: &'static Network, ask: Ask) -> String {
        let since = self.now();
        self.waiting.retain(|waiting| since - waiting.since < PATIENCE_MS);
        let id = super::tickets::random();
        self.waiting.push(Waiting { id: id.clone(), network: network.id, ask, since });
        id
    }

    /// Takes the request out: each consent page is answered once.
    pub(super) fn answered(&mut self, network: &Network, id: &str) -> Option<Ask> {
        let place = self.waiting.iter().position(|waiting| waiting.network == network.id && waiting.id == id)?;
        Some(self.waiting.swap_remove(place).ask)
    }
}
