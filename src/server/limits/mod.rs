//! How often anybody may ask. All figures stand here; [`budget`] counts.
//!
//! Every request spends from its address's budget, so that no cookie and no header buys a second one; what a signed-in
//! browser does is counted by its session too. Ordinary use comes nowhere near: the figures are for whoever guesses,
//! and for a page that asks in a circle. They count in this process alone and are forgotten with it.

mod budget;

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use self::budget::Budget;
pub use self::budget::Wait;
use super::clock::Clock;
use crate::domain::SessionId;

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub IpAddr);

/// Nowhere: a request that no connection brought. All of them are one address.
impl Default for Address {
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED.into())
    }
}

impl Address {
    /// Who counts as one: an IPv4 address, or the 64 bits of IPv6 that one household or server gets.
    fn key(self) -> Vec<u8> {
        match self.0.to_canonical() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets()[..8].to_vec(),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page, or the events' stream.
    Page,
    /// A server function.
    Call,
    /// A popup that starts, or a choice in it.
    Connect,
    /// A network that sends somebody back.
    Callback,
    /// A sign-in or set-up link.
    Link,
}

/// All budgets of this process.
pub struct Limits {
    pages: Budget,
    calls: Budget,
    connects: Budget,
    callbacks: Budget,
    links: Budget,
    session_calls: Budget,
    session_connects: Budget,
    addresses: Budget,
    address_sign_ins: Budget,
    account_sign_ins: Budget,
    browser_sign_ins: Budget,
}

impl Limits {
    /// Full budgets, by that clock.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let a_minute = |times: u32| Budget::new(clock, times, Duration::from_mins(1) / times);
        Self {
            // An office of fifty behind one address, each with a new page every second.
            pages: a_minute(3_000),
            calls: a_minute(3_000),
            // A click a second by ten people; a robot that connects a whole workspace in one go.
            connects: a_minute(600),
            callbacks: a_minute(600),
            // Nobody guesses 256 bits; each try is a write, though.
            links: a_minute(300),
            // Eight tabs that each catch up every second.
            session_calls: a_minute(1_200),
            // Nobody clicks faster, and each click is a row that lives a day.
            session_connects: a_minute(300),
            // Each is a stranger's server that is asked in our name; nobody looks for theirs as long as that.
            addresses: Budget::new(clock, 30, Duration::from_secs(10)),
            // People who share an address and have new browsers; each try is 19 MiB and 20 ms of work.
            address_sign_ins: Budget::new(clock, 30, Duration::from_secs(6)),
            // From browsers that never signed in to this account, from everywhere together: about 300 guesses a day.
            account_sign_ins: Budget::new(clock, 10, Duration::from_mins(5)),
            // In a browser that has: room for a person who looks for the right one of their passwords.
            browser_sign_ins: Budget::new(clock, 10, Duration::from_mins(1)),
        }
    }

    /// One more request from `address`, in the session whose cookie is `session`.
    ///
    /// # Errors
    /// [`Wait`] says for how long.
    pub fn request(&self, kind: Kind, address: Address, session: Option<&str>) -> Result<(), Wait> {
        let (by_address, by_session) = match kind {
            Kind::Page => (&self.pages, None),
            Kind::Call => (&self.calls, Some(&self.session_calls)),
            Kind::Connect => (&self.connects, Some(&self.session_connects)),
            Kind::Callback => (&self.callbacks, None),
            Kind::Link => (&self.links, None),
        };
        by_address.spend(&address.key())?;
        match (by_session, session) {
            (Some(budget), Some(session)) => budget.spend(session.as_bytes()),
            _ => Ok(()),
        }
    }

    /// One more address that a person has typed, in that session.
    ///
    /// # Errors
    /// [`Wait`] says for how long.
    pub fn address(&self, session: SessionId) -> Result<(), Wait> {
        self.addresses.spend(session.0.as_bytes())
    }

    /// One more try to sign in as `email`; `browser` is the token's hash where that person has signed in before.
    ///
    /// # Errors
    /// [`Wait`], alike whether or not there is such a person.
    pub fn sign_in(&self, email: &str, address: Address, browser: Option<&[u8]>) -> Result<(), Wait> {
        if let Some(browser) = browser {
            return self.browser_sign_ins.spend(&[browser, email.as_bytes()].concat());
        }
        // The address first: one that is out of tries must not use up the account's.
        self.address_sign_ins.spend(&address.key())?;
        self.account_sign_ins.spend(email.as_bytes())
    }
}

#[cfg(test)]
mod tests;
