//! Which requests applications made.

use serde::Serialize;

use super::Ledger;
use crate::server::sandbox::networks::Network;

/// One request of an application and how it was answered.
#[derive(Serialize)]
pub(in crate::server::sandbox) struct Visit {
    network: &'static str,
    endpoint: &'static str,
    at_ms: i64,
    status: u16,
    /// As claimed: a wrong secret is written down too.
    client_id: Option<String>,
    /// The PKCE verifier that came along, so that a test can look for it elsewhere.
    code_verifier: Option<String>,
}

/// What a request said of itself.
pub(in crate::server::sandbox) struct Claims {
    pub endpoint: &'static str,
    pub client_id: Option<String>,
    pub code_verifier: Option<String>,
}

impl Ledger {
    /// Counts a code or token as sent, whatever the answer will be.
    pub(in crate::server::sandbox) fn presented(&mut self, value: &str) {
        if let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.value == value) {
            ticket.presented += 1;
        }
    }

    /// Writes down a request with its answer.
    pub(in crate::server::sandbox) fn visited(&mut self, network: &'static Network, claims: Claims, status: u16) {
        let at_ms = self.now();
        let Claims { endpoint, client_id, code_verifier } = claims;
        self.visits.push(Visit { network: network.id, endpoint, at_ms, status, client_id, code_verifier });
    }
}
