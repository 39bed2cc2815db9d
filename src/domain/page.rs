//! The life of a page's link: what it can be, what can happen to it, and what follows.
//!
//! Nothing here knows a database, a clock or a network. [`Link::after`] is the only place where one link becomes
//! another; the server calls it inside the transaction that also writes the event.

use serde::{Deserialize, Serialize};

use super::{Ability, Moment};

/// The account at the network that a page is pinned to while it is linked or broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The network's own, stable id.
    pub id: String,
    /// The name that people see there.
    pub name: String,
}

/// The facts of a page that was connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Whom the page is pinned to; `None` until a person has chosen one of several that the network gave.
    pub account: Option<Account>,
    /// The name of the person who connected it.
    pub linked_by: String,
    /// When they did.
    pub linked_at: Moment,
    /// What was asked for and not granted.
    pub missing: Vec<Ability>,
    /// The day on which a person must act; `None` where nothing is known to end. Never the expiry of a token that
    /// refreshes itself.
    pub must_act_at: Option<Moment>,
    /// Whether the network wants a person to log in there before it goes on.
    #[serde(default)]
    pub must_log_in: bool,
}

/// Why a page broke. Each has four words for the icon and a sentence for the dialog (see [`super::words`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody removed the permission in the network's own list of apps.
    Removed,
    /// The person's password changed, which ends permissions at some networks.
    PasswordChanged,
    /// The permission reached its end.
    Expired,
    /// The network refuses the token and says no more.
    Refused,
    /// The permission works, and the page is not among what it reaches any more.
    PageLost,
    /// The network's answer with the new token was lost on the wire, and the old token is spent.
    AnswerLost {
        /// When it was sent for.
        at: Moment,
    },
    /// The network answered a renewal with the tokens of somebody else.
    SomebodyElse,
    /// Greentick was restored from a backup, and the token in it was replaced at the network since.
    Outdated {
        /// When the backup was made.
        at: Moment,
    },
}

/// What a page's link is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Never connected, or disconnected: pinned to nobody.
    Unlinked,
    /// Connected, and as far as anybody knows it works.
    Linked(Connection),
    /// Was connected and died at the network. Still pinned, so that nobody takes over a page by reconnecting it.
    Broken(Connection, Reason),
}

/// What can happen to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A person approved at the network, or chose the page of what was approved before.
    Approved(Connection),
    /// A person gave the permission back here.
    Disconnected,
    /// The network definitely refuses the permission.
    Died(Reason),
    /// A check found other abilities than were stored.
    AbilitiesFound {
        /// What is asked for and not granted.
        missing: Vec<Ability>,
    },
    /// The network wants a person to log in there, or no longer does.
    LogIn {
        /// Whether it does.
        wanted: bool,
    },
    /// The day on which a person must act has come near.
    Expiring,
    /// That day has moved away by itself.
    Renewed,
}

/// Why a change cannot follow a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// The page is pinned to somebody else.
    #[error("approved as another account than the page is pinned to")]
    WrongAccount {
        /// Whom the page is pinned to.
        expected: Account,
        /// Who approved.
        got: Account,
    },
    /// The page is not connected, so there is nothing to end.
    #[error("the page is not connected")]
    NotConnected,
    /// It is so already.
    #[error("nothing changes")]
    NothingChanges,
}

/// How giving a permission back ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// The network confirmed.
    Returned,
    /// The network has no call for it: its own list of apps has.
    ByHand,
    /// It was tried and did not work: its own list of apps has it still.
    Failed,
    /// Other pages still use the permission, so it stays at the network.
    StillUsed,
    /// A job is at it; its outcome will be an event.
    UnderWay,
}

impl Link {
    /// The connection's facts, while there are any.
    #[must_use]
    pub fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Unlinked => None,
            Self::Linked(connection) | Self::Broken(connection, _) => Some(connection),
        }
    }

    /// Whom an approval must come from.
    #[must_use]
    pub fn pinned_to(&self) -> Option<&Account> {
        self.connection()?.account.as_ref()
    }

    /// The link that follows `change`.
    ///
    /// # Errors
    /// [`Impossible`] says why none does; the page then stays as it is and no event is written.
    pub fn after(self, change: Change) -> Result<Self, Impossible> {
        match (self, change) {
            (Self::Unlinked, Change::Approved(new)) => Ok(Self::Linked(new)),
            (Self::Linked(old) | Self::Broken(old, _), Change::Approved(new)) => {
                match (old.account, &new.account) {
                    (Some(expected), Some(got)) if expected.id != got.id => {
                        Err(Impossible::WrongAccount { expected, got: got.clone() })
                    }
                    // Nobody unpins a page by choosing nothing.
                    (Some(_), None) => Err(Impossible::NothingChanges),
                    _ => Ok(Self::Linked(new)),
                }
            }
            (Self::Linked(_) | Self::Broken(..), Change::Disconnected) => Ok(Self::Unlinked),
            (Self::Linked(old), Change::Died(reason)) => Ok(Self::Broken(old, reason)),
            (Self::Linked(old), Change::AbilitiesFound { missing }) => {
                if old.missing == missing {
                    return Err(Impossible::NothingChanges);
                }
                Ok(Self::Linked(Connection { missing, ..old }))
            }
            (Self::Linked(old), Change::LogIn { wanted }) if old.must_log_in != wanted => {
                Ok(Self::Linked(Connection { must_log_in: wanted, ..old }))
            }
            (Self::Linked(old), Change::Expiring | Change::Renewed) => Ok(Self::Linked(old)),
            (Self::Linked(_) | Self::Broken(..), _) => Err(Impossible::NothingChanges),
            // A late death does not revive a page that somebody disconnected meanwhile.
            (Self::Unlinked, _) => Err(Impossible::NotConnected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(account: &str) -> Connection {
        Connection { account: Some(Account { id: account.into(), name: account.to_uppercase() }), ..unchosen() }
    }

    fn unchosen() -> Connection {
        Connection {
            account: None,
            linked_by: "Ada".into(),
            linked_at: Moment(0),
            missing: vec![],
            must_act_at: None,
            must_log_in: false,
        }
    }

    #[test]
    fn a_page_without_an_account_takes_any_and_never_loses_it_again() {
        let linked = Link::Unlinked.after(Change::Approved(unchosen())).expect("an approval links");
        assert_eq!(linked.pinned_to(), None);
        let chosen = linked.after(Change::Approved(connection("a"))).expect("a choice pins");
        assert_eq!(chosen.clone().after(Change::Approved(unchosen())), Err(Impossible::NothingChanges));
        assert!(matches!(chosen.after(Change::Approved(connection("b"))), Err(Impossible::WrongAccount { .. })));
    }

    #[test]
    fn a_log_in_is_wanted_once_and_over_once() {
        let linked = Link::Linked(connection("a"));
        assert_eq!(linked.clone().after(Change::LogIn { wanted: false }), Err(Impossible::NothingChanges));
        let wanted = linked.clone().after(Change::LogIn { wanted: true }).expect("linked pages can want a log-in");
        assert_eq!(wanted.clone().after(Change::LogIn { wanted: true }), Err(Impossible::NothingChanges));
        assert_eq!(wanted.after(Change::LogIn { wanted: false }), Ok(linked));
    }

    #[test]
    fn a_broken_page_is_healed_only_by_its_own_account() {
        let broken = Link::Broken(connection("a"), Reason::Removed);
        assert_eq!(broken.clone().after(Change::Approved(connection("a"))), Ok(Link::Linked(connection("a"))));
        assert!(matches!(
            broken.after(Change::Approved(connection("b"))),
            Err(Impossible::WrongAccount { expected, got }) if expected.id == "a" && got.id == "b"
        ));
    }

    #[test]
    fn disconnecting_unpins() {
        let unlinked = Link::Linked(connection("a")).after(Change::Disconnected).expect("linked pages disconnect");
        assert_eq!(unlinked.pinned_to(), None);
        assert!(unlinked.after(Change::Approved(connection("b"))).is_ok());
    }

    #[test]
    fn a_late_death_does_not_touch_a_disconnected_page() {
        assert_eq!(Link::Unlinked.after(Change::Died(Reason::Removed)), Err(Impossible::NotConnected));
    }

    #[test]
    fn a_page_dies_once_and_keeps_its_first_reason() {
        let broken = Link::Linked(connection("a")).after(Change::Died(Reason::Removed)).expect("linked pages can die");
        assert_eq!(broken.after(Change::Died(Reason::Refused)), Err(Impossible::NothingChanges));
    }
}
