//! What a check of a permission found of the pages that hang on it, and what follows for each.

use super::{Grant, NotChanged, grant as current, standing_on, transition};
use crate::{
    domain::{Ability, Actor, Change, Connection, Link, Moment, Reason},
    server::store::Writing,
};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The ids of the accounts that the permission reaches and that can be used; `None` where it is not known.
    pub reached: Option<Vec<String>>,
    /// What is asked for and not granted; `None` where it is not known.
    pub missing: Option<Vec<Ability>>,
    /// Whether the network wants a person to log in there.
    pub must_log_in: bool,
}

impl Found {
    /// Whether the page is linked and not among what is reached.
    #[must_use]
    pub fn misses(&self, link: &Link) -> bool {
        let Link::Linked(Connection { account: Some(account), .. }) = link else { return false };
        self.reached.as_ref().is_some_and(|reached| !reached.contains(&account.id))
    }

    /// What follows for a page. A page that is not reached any more is lost; the permission lives.
    #[must_use]
    pub fn changes(&self, link: &Link) -> Vec<Change> {
        let Link::Linked(connection) = link else { return vec![] };
        if self.misses(link) {
            return vec![Change::Died(Reason::PageLost)];
        }
        let log_in = Change::LogIn { wanted: self.must_log_in };
        let log_in = Some(log_in).filter(|_| connection.must_log_in != self.must_log_in);
        let missing = self.missing.clone().filter(|missing| *missing != connection.missing);
        log_in.into_iter().chain(missing.map(|missing| Change::AbilitiesFound { missing })).collect()
    }
}

/// Lets what was found happen to every page of the grant; nothing if the grant was renewed since it was checked.
///
/// # Errors
/// When the database does not do it.
pub async fn take_in(writing: &mut Writing, at: Moment, grant: &Grant, found: &Found) -> Result<(), NotChanged> {
    let now = current(writing.txn(), grant.id).await?;
    if now.is_none_or(|now| now.version != grant.version) {
        return Ok(());
    }
    for standing in standing_on(writing.txn(), grant.id).await? {
        for change in found.changes(&standing.link) {
            transition(writing, at, standing.page, change, Actor::Keeper).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;

    fn linked(account: Option<&str>) -> Link {
        Link::Linked(Connection {
            account: account.map(|id| Account { id: id.into(), name: id.into() }),
            linked_by: "Ada".into(),
            linked_at: Moment(0),
            missing: vec![],
            must_act_at: None,
            must_log_in: false,
        })
    }

    #[test]
    fn a_page_that_vanished_is_lost_whatever_else_was_found() {
        let found = Found { reached: Some(vec!["b".into()]), missing: Some(vec![Ability::Read]), must_log_in: true };
        assert_eq!(found.changes(&linked(Some("a"))), [Change::Died(Reason::PageLost)]);
        assert_eq!(found.changes(&linked(Some("b"))).len(), 2);
        assert_eq!(found.changes(&linked(None)).len(), 2, "nobody has chosen it, so it cannot have vanished");
        assert_eq!(found.changes(&Link::Unlinked), []);
    }

    #[test]
    fn what_is_not_known_changes_nothing() {
        assert_eq!(Found::default().changes(&linked(Some("a"))), []);
        let Link::Linked(connection) = linked(Some("a")) else { return };
        let lacking = Link::Linked(Connection { missing: vec![Ability::Publish], must_log_in: true, ..connection });
        assert_eq!(Found::default().changes(&lacking), [Change::LogIn { wanted: false }]);
    }
}
