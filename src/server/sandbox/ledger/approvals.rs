//! What a person approved before, remembered apart from the grants: giving a token back does not make a network forget
//! that its owner once said yes.

use super::Ledger;
use crate::server::sandbox::networks::Network;

/// A yes that a silent network repeats by itself.
pub(in crate::server::sandbox) struct Approval {
    network: &'static str,
    person: &'static str,
    client_id: String,
    scopes: Vec<String>,
}

impl Ledger {
    /// Adds to what this person approved for this application.
    pub(super) fn remember(&mut self, network: &Network, person: &'static str, client_id: &str, scopes: &[String]) {
        let (network, client_id, scopes) = (network.id, client_id.to_owned(), scopes.to_vec());
        self.approvals.push(Approval { network, person, client_id, scopes });
    }

    /// Whether each of these scopes was approved before.
    pub(in crate::server::sandbox) fn approved_before(
        &self,
        network: &Network,
        person: &str,
        client_id: &str,
        scopes: &[String],
    ) -> bool {
        let theirs = |yes: &&Approval| yes.network == network.id && yes.person == person && yes.client_id == client_id;
        let approved: Vec<_> = self.approvals.iter().filter(theirs).flat_map(|yes| &yes.scopes).collect();
        !approved.is_empty() && scopes.iter().all(|scope| approved.contains(&scope))
    }

    /// Forgets what this person approved, for one application or for all.
    pub(super) fn forget(&mut self, network: &Network, person: &str, client_id: Option<&str>) {
        self.approvals.retain(|yes| {
            let is_meant = client_id.is_none_or(|client_id| yes.client_id == client_id);
            yes.network != network.id || yes.person != person || !is_meant
        });
    }
}
