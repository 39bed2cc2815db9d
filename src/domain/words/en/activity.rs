//! What happened, in plain sentences: who, what, which page, and why.

use serde::{Deserialize, Serialize};

use super::{cannot, date, page_name, reason_in_short};
use crate::domain::{Actor, Event, EventKind, Link, Moment, Returned};

/// A sentence, taken apart where it names what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What comes before it.
    pub before: String,
    /// "Bondi Beach on Facebook".
    pub about: String,
    /// What comes after it.
    pub after: String,
}

impl Said {
    fn new(before: impl Into<String>, about: impl Into<String>, after: impl Into<String>) -> Self {
        Self { before: before.into(), about: about.into(), after: after.into() }
    }

    /// The whole sentence.
    #[must_use]
    pub fn whole(&self) -> String {
        format!("{}{}{}", self.before, self.about, self.after)
    }
}

/// What happened. `location` and `network` are the names of where it did, as far as they are known.
#[must_use]
pub fn happened(event: &Event, location: Option<&str>, network: Option<&str>) -> Said {
    let who = match &event.actor {
        Actor::Person(name) => name.as_str(),
        Actor::Keeper => super::PRODUCT,
    };
    let place = location.unwrap_or("a location");
    let network = network.unwrap_or("its network");
    let page = page_name(place, network);
    match &event.kind {
        EventKind::LocationAdded => match location {
            Some(name) => Said::new(format!("{who} added the location "), name, "."),
            None => Said::new(format!("{who} added "), place, "."),
        },
        EventKind::NetworkAnswering => {
            let is_silent = event.network.as_ref().is_some_and(|card| card.silent_since.is_some());
            let after = if is_silent {
                " does not answer. Its pages stay as they are, and it is asked again."
            } else {
                " answers again."
            };
            Said::new(format!("{who} noticed: "), network, after)
        }
        EventKind::PageAdded => Said::new(format!("{who} added "), page, "."),
        EventKind::Connected => Said::new(format!("{who} connected "), page, connected(event)),
        EventKind::Unchosen => Said::new(format!("{who} approved "), page, ". Nobody has chosen yet which page it is."),
        EventKind::Disconnected => Said::new(format!("{who} disconnected "), page, "."),
        EventKind::Broken { reason } => {
            Said::new(format!("{who} found "), page, format!(" broken: {}.", reason_in_short(*reason, network)))
        }
        EventKind::AbilitiesChanged => Said::new(format!("{who} found that "), page, abilities(event)),
        EventKind::LogInWanted => {
            Said::new(format!("{who} found that {network} wants a person to log in there for "), page, ".")
        }
        EventKind::LoggedIn => {
            Said::new(format!("{who} found that {network} wants no log-in any more for "), page, ".")
        }
        EventKind::Expiring => Said::new(format!("{who} warned that "), page, needs_a_person(event)),
        EventKind::Renewed => Said::new(format!("{who} renewed "), page, ", which needs no person any more."),
        EventKind::PermissionReturned { outcome } => returned_later(who, network, page, *outcome),
        EventKind::AppEntered { host } => {
            Said::new(format!("{who} entered the app at "), at_host(network, host.as_deref()), ".")
        }
        EventKind::AppRemoved { host } => {
            Said::new(format!("{who} removed the app at "), at_host(network, host.as_deref()), ".")
        }
        EventKind::Switched { on: true } => Said::new(format!("{who} switched "), network, " on."),
        EventKind::Switched { on: false } => Said::new(format!("{who} switched "), network, " off."),
    }
}

/// "GitLab at git.example".
fn at_host(network: &str, host: Option<&str>) -> String {
    host.map_or_else(|| network.to_owned(), |host| super::network_at(network, host))
}

fn link(event: &Event) -> Option<&Link> {
    event.page.as_ref().map(|page| &page.link)
}

fn connected(event: &Event) -> String {
    let Some(connection) = link(event).and_then(Link::connection) else { return ".".into() };
    let account = connection.account.as_ref().map_or(String::new(), |account| format!(" as {}", account.name));
    match connection.missing.as_slice() {
        [] => format!("{account}."),
        missing => format!("{account}. Not everything was allowed: {}.", cannot(missing)),
    }
}

fn abilities(event: &Event) -> String {
    match link(event).and_then(Link::connection).map(|connection| connection.missing.as_slice()) {
        None | Some([]) => " may do everything that it needs.".into(),
        Some(missing) => format!(" may not do everything any more: {}.", cannot(missing)),
    }
}

fn needs_a_person(event: &Event) -> String {
    let day = link(event).and_then(Link::connection).and_then(|connection| connection.must_act_at);
    day.map_or_else(|| " needs a person soon.".into(), |day| format!(" needs a person before {}.", date(day)))
}

fn returned_later(who: &str, network: &str, page: String, outcome: Returned) -> Said {
    let gave = format!("{who} gave the permission of ");
    match outcome {
        Returned::Returned => Said::new(gave, page, format!(" back, and {network} confirmed it.")),
        Returned::ByHand => Said::new(
            gave,
            page,
            format!(
                " up. {network} cannot be told by an app: somebody must remove it in {network}’s own list of apps."
            ),
        ),
        Returned::Failed => Said::new(
            gave,
            page,
            format!(
                " up, but {network} did not take it back: somebody must remove it in {network}’s own list of apps."
            ),
        ),
        Returned::StillUsed => {
            Said::new(format!("{network} keeps the permission of "), page, ", because other pages use it.")
        }
        Returned::UnderWay => Said::new(gave, page, format!(" back; {network} is being told.")),
    }
}

/// From when to when the events are that are shown.
#[must_use]
pub fn between(first: Moment, last: Moment) -> String {
    let (first, last) = (date(first), date(last));
    if first == last { first } else { format!("{first} to {last}") }
}

/// That only one page's events are shown.
#[must_use]
pub fn only_of(page: &str) -> String {
    format!("Only {page}.")
}

#[cfg(test)]
mod tests;
