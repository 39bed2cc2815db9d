//! The life of a grant: a person says yes, codes and tokens come of it, and one day it ends for one reason.

use serde::Serialize;

use super::Ledger;
use crate::server::sandbox::{
    networks::{Again, Network},
    people::Person,
    tickets::{Binding, Kind, Ticket, fresh},
    way_back::Ask,
};

/// "A maximum authorization code lifetime of 10 minutes is RECOMMENDED" (RFC 6749, section 4.1.2); most networks take one.
const CODE_LIFE_MS: i64 = 60_000;

/// The place of a grant in the ledger, from one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(in crate::server::sandbox) struct GrantId(usize);

/// One yes of one person to one application.
#[derive(Clone, Serialize)]
pub(in crate::server::sandbox) struct Grant {
    pub id: GrantId,
    pub network: &'static str,
    pub person: &'static str,
    pub client_id: String,
    pub scopes: Vec<String>,
    /// Asked for, and unticked by the person.
    pub declined: Vec<String>,
    pub alive: bool,
    pub ended: Option<Ended>,
    pub created_at_ms: i64,
}

/// Why a grant is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::server::sandbox) enum Ended {
    /// By the person, in the network's list of apps.
    Removed,
    /// By the application.
    Revoked,
    PasswordChanged,
    /// Nothing that was issued for it works any more.
    Expired,
    /// A code or a rotated refresh token came a second time.
    Replayed,
}

impl Ledger {
    pub(in crate::server::sandbox) fn grant(&self, id: GrantId) -> &Grant {
        &self.grants[id.0 - 1]
    }

    pub(in crate::server::sandbox) fn living(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|grant| grant.alive)
    }

    /// A person says yes to some of the scopes; answers the code. As at most networks, a person's yes to an
    /// application is one grant however often it is given.
    pub(in crate::server::sandbox) fn approve(
        &mut self,
        network: &'static Network,
        person: &'static Person,
        ask: &Ask,
        scopes: Vec<String>,
    ) -> String {
        self.settle();
        self.remember(network, person.id, &ask.client_id, &scopes);
        let scopes = self.as_granted(network, person, ask, scopes);
        let declined = ask.scopes.iter().filter(|scope| !scopes.contains(scope)).cloned().collect();
        let known = self.grants.iter_mut().find(|grant| {
            grant.alive && grant.network == network.id && grant.person == person.id && grant.client_id == ask.client_id
        });
        let id = if let Some(grant) = known {
            (grant.scopes, grant.declined) = (scopes, declined);
            grant.id
        } else {
            let (id, created_at_ms) = (GrantId(self.grants.len() + 1), self.now());
            self.grants.push(Grant {
                id,
                network: network.id,
                person: person.id,
                client_id: ask.client_id.clone(),
                scopes,
                declined,
                alive: true,
                ended: None,
                created_at_ms,
            });
            id
        };
        let binding = Binding { redirect_uri: ask.way_back.redirect_uri.clone(), challenge: ask.challenge.clone() };
        self.issue(id, Kind::Code, Some(CODE_LIFE_MS), Some(binding))
    }

    /// Some networks add to what a person gave before; some take a no for good, unless they are made to ask again.
    fn as_granted(&self, network: &Network, person: &Person, ask: &Ask, mut scopes: Vec<String>) -> Vec<String> {
        let known = self
            .living()
            .find(|grant| grant.network == network.id && grant.person == person.id && grant.client_id == ask.client_id);
        let Some(known) = known else { return scopes };
        if network.again == Again::Adds {
            scopes.extend(known.scopes.iter().filter(|scope| !scopes.contains(scope)).cloned().collect::<Vec<_>>());
        }
        if network.again == Again::KeepsTheNo && !ask.again {
            scopes.retain(|scope| !known.declined.contains(scope));
        }
        scopes
    }

    /// Issues an access or refresh token, which takes the place of the one before it.
    pub(in crate::server::sandbox) fn issue_token(
        &mut self,
        grant: GrantId,
        kind: Kind,
        life_ms: Option<i64>,
    ) -> String {
        self.issue(grant, kind, life_ms, None)
    }

    fn issue(&mut self, grant: GrantId, kind: Kind, life_ms: Option<i64>, bound_to: Option<Binding>) -> String {
        // Two codes may be on their way at once; of tokens the latest counts.
        let now = self.now();
        let takes_its_place =
            |ticket: &&mut Ticket| ticket.current && ticket.grant == grant && ticket.kind == kind && kind != Kind::Code;
        for older in self.tickets.iter_mut().filter(takes_its_place) {
            (older.current, older.replaced_at_ms) = (false, Some(now));
        }
        let (value, network) = (fresh(kind), self.grant(grant).network);
        let expires_at_ms = life_ms.map(|life| self.now().saturating_add(life));
        let ticket = Ticket {
            value: value.clone(),
            kind,
            network,
            grant,
            current: true,
            presented: 0,
            expires_at_ms,
            page: None,
            replaced_at_ms: None,
            bound_to,
        };
        self.tickets.push(ticket);
        value
    }

    /// The page's own token under this grant: the same one each time.
    pub(in crate::server::sandbox) fn page_token(&mut self, grant: GrantId, page: &'static str) -> String {
        let known = self.tickets.iter().find(|ticket| ticket.grant == grant && ticket.page == Some(page));
        if let Some(known) = known.filter(|ticket| ticket.current) {
            return known.value.clone();
        }
        let (value, network) = (fresh(Kind::Page), self.grant(grant).network);
        self.tickets.push(Ticket {
            value: value.clone(),
            kind: Kind::Page,
            network,
            grant,
            current: true,
            presented: 0,
            expires_at_ms: None,
            replaced_at_ms: None,
            page: Some(page),
            bound_to: None,
        });
        value
    }

    /// Takes the value out of use.
    pub(in crate::server::sandbox) fn spend(&mut self, value: &str) {
        if let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.value == value) {
            ticket.current = false;
        }
    }

    /// Ends a grant; the first reason stays.
    pub(in crate::server::sandbox) fn end(&mut self, id: GrantId, why: Ended) {
        let grant = &mut self.grants[id.0 - 1];
        if grant.alive {
            (grant.alive, grant.ended) = (false, Some(why));
        }
        for ticket in self.tickets.iter_mut().filter(|ticket| ticket.grant == id) {
            ticket.current = false;
        }
    }

    /// Ends everything that this person gave, to one application or to all.
    pub(in crate::server::sandbox) fn end_all(
        &mut self,
        network: &Network,
        person: &str,
        client_id: Option<&str>,
        why: Ended,
    ) {
        self.settle();
        let of_client = |grant: &&Grant| client_id.is_none_or(|id| grant.client_id == id);
        let of_person = |grant: &&Grant| grant.network == network.id && grant.person == person;
        let ids: Vec<_> = self.living().filter(of_person).filter(of_client).map(|grant| grant.id).collect();
        for id in ids {
            self.end(id, why);
        }
        // A person who removes an application, or fears for the account, is asked again; one whose application gave
        // its token back is not.
        if matches!(why, Ended::Removed | Ended::PasswordChanged) {
            self.forget(network, person, client_id);
        }
    }

    /// Ends the grants of which nothing works any more, such as a code that nobody came for.
    pub(in crate::server::sandbox) fn settle(&mut self) {
        let now = self.now();
        let works = |ticket: &Ticket| match ticket.kind {
            Kind::Code | Kind::Refresh => ticket.current && !ticket.is_expired(now),
            Kind::Access => !ticket.is_expired(now),
            // It lives by what it was made from.
            Kind::Page => false,
        };
        let used: Vec<_> = self.tickets.iter().filter(|ticket| works(ticket)).map(|ticket| ticket.grant).collect();
        let over: Vec<_> = self.living().map(|grant| grant.id).filter(|id| !used.contains(id)).collect();
        for id in over {
            self.end(id, Ended::Expired);
        }
    }
}
