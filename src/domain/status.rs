//! What a person sees of a page: one pure function of the stored facts, of this tab's popup, and of the time.

use std::time::Duration;

use super::{Ability, Connection, Link, Moment, Reason};

/// `expiring` begins this long before the day on which a person must act.
pub const EXPIRING_LEAD: Duration = Duration::from_hours(7 * 24);

/// The icon of a page. "No page here" is not among them: where there is no page there is no status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Green tick.
    Connected,
    /// Red broken link: nobody connected it.
    NotConnected,
    /// Turning arc: this tab holds the popup.
    Connecting,
    /// Red broken link: it was connected and died.
    Broken(Reason),
    /// Amber tick with a clock.
    Expiring {
        /// Whole days until a person must act, rounded up.
        days: u32,
    },
    /// Amber tick with an exclamation mark.
    Partly(Lack),
    /// Green tick with a cloud: the network does not answer, and nothing says that the permission is gone.
    NotAnswering,
}

/// What a partly connected page lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A person has not chosen which of the network's pages it is.
    Page,
    /// The network wants a person to log in there.
    LogIn,
    /// What was asked for and not granted.
    Abilities(Vec<Ability>),
}

impl Lack {
    fn of(connection: &Connection) -> Option<Self> {
        match connection {
            Connection { account: None, .. } => Some(Self::Page),
            Connection { must_log_in: true, .. } => Some(Self::LogIn),
            Connection { missing, .. } if !missing.is_empty() => Some(Self::Abilities(missing.clone())),
            _ => None,
        }
    }
}

impl Status {
    /// The only place that decides an icon.
    ///
    /// `silent_since` is the network's, `waiting` says whether this tab waits for a popup of this page.
    #[must_use]
    pub fn of(link: &Link, silent_since: Option<Moment>, waiting: bool, now: Moment) -> Self {
        if waiting {
            return Self::Connecting;
        }
        let connection = match link {
            Link::Unlinked => return Self::NotConnected,
            Link::Broken(_, reason) => return Self::Broken(*reason),
            Link::Linked(connection) => connection,
        };
        if let Some(lack) = Lack::of(connection) {
            return Self::Partly(lack);
        }
        match connection.must_act_at {
            Some(day) if now + EXPIRING_LEAD >= day => Self::Expiring { days: now.days_until(day) },
            _ if silent_since.is_some() => Self::NotAnswering,
            _ => Self::Connected,
        }
    }

    /// The name that style sheets and tests hang on: `data-status`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::NotConnected => "not-connected",
            Self::Connecting => "connecting",
            Self::Broken(_) => "broken",
            Self::Expiring { .. } => "expiring",
            Self::Partly(_) => "partly",
            Self::NotAnswering => "not-answering",
        }
    }

    /// Whether the page works now, however long that lasts.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected | Self::NotAnswering | Self::Expiring { .. } | Self::Partly(_))
    }

    /// Whether it waits for a person: nothing works until somebody acts.
    #[must_use]
    pub fn needs_you(&self) -> bool {
        matches!(self, Self::NotConnected | Self::Broken(_) | Self::Partly(_))
    }

    /// Whether the click opens the network's popup; otherwise it opens the page's dialog.
    #[must_use]
    pub fn opens_popup(&self) -> bool {
        matches!(self, Self::NotConnected | Self::Broken(_) | Self::Expiring { .. } | Self::Partly(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;

    const NOW: Moment = Moment(1_795_305_600_000);

    fn linked(missing: Vec<Ability>, must_act_in_days: Option<u64>) -> Link {
        Link::Linked(Connection {
            account: Some(Account { id: "1".into(), name: "One".into() }),
            linked_by: "Ada".into(),
            linked_at: NOW,
            missing,
            must_act_at: must_act_in_days.map(|days| NOW + Duration::from_secs(days * 86_400)),
            must_log_in: false,
        })
    }

    #[test]
    fn what_is_lacked_most_is_told() {
        let Link::Linked(all) = linked(vec![Ability::Read], Some(2)) else { return };
        let lacks = |connection| Status::of(&Link::Linked(connection), Some(NOW), false, NOW);
        let unchosen = Connection { account: None, must_log_in: true, ..all.clone() };
        assert_eq!(lacks(unchosen), Status::Partly(Lack::Page));
        assert_eq!(lacks(Connection { must_log_in: true, ..all.clone() }), Status::Partly(Lack::LogIn));
        assert_eq!(lacks(all), Status::Partly(Lack::Abilities(vec![Ability::Read])));
    }

    #[test]
    fn the_more_urgent_status_wins() {
        let both = linked(vec![Ability::Publish], Some(2));
        assert_eq!(Status::of(&both, Some(NOW), true, NOW), Status::Connecting);
        assert_eq!(Status::of(&both, Some(NOW), false, NOW), Status::Partly(Lack::Abilities(vec![Ability::Publish])));
        assert_eq!(Status::of(&linked(vec![], Some(2)), Some(NOW), false, NOW), Status::Expiring { days: 2 });
        assert_eq!(Status::of(&linked(vec![], Some(30)), Some(NOW), false, NOW), Status::NotAnswering);
        assert_eq!(Status::of(&linked(vec![], None), None, false, NOW), Status::Connected);
        assert_eq!(Status::of(&Link::Unlinked, Some(NOW), false, NOW), Status::NotConnected);
    }

    #[test]
    fn an_unknown_end_is_never_expiring() {
        assert_eq!(Status::of(&linked(vec![], None), None, false, Moment(i64::MAX / 2)), Status::Connected);
    }

    #[test]
    fn expiring_begins_seven_days_before() {
        assert_eq!(Status::of(&linked(vec![], Some(7)), None, false, NOW), Status::Expiring { days: 7 });
        assert_eq!(Status::of(&linked(vec![], Some(8)), None, false, NOW), Status::Connected);
    }
}
