//! Pages: their stored facts, the board that shows them, and the one way in which a fact changes.
//!
//! [`transition()`] is that way: it moves a page's link by [`crate::domain::Link::after`] and writes the event in the
//! same transaction. Nothing else writes a page's facts.

mod activity;
mod add;
mod board;
mod census;
mod copied;
mod due;
mod found;
mod grants;
mod hanging;
mod hosts;
mod marks;
mod opened;
mod renewed;
mod roster;
mod rows;
mod standing;
mod told;
mod transition;

pub use activity::{Wanted, activity};
pub use add::{add, add_locations};
pub use board::{board, details, view};
pub use census::{Behind, behind, count_grants, count_pages};
pub use copied::{are_copied, copied};
pub use due::{
    claim_due, due, due_refreshes, next_visit, plan_anew, refresh_all_now, visit_all_now, visit_by, visit_now,
};
pub use found::{Found, take_in};
pub use grants::{
    Grant, NewGrant, beside, doubt, find_of_person, forget_grant, grant, grant_of, grants, is_needed_elsewhere,
    keep_scopes, pages_of, put_grant, release, warn_once, workspaces_at,
};
pub use hanging::hanging_on;
pub use hosts::{last_host, remember_host};
#[cfg(test)]
pub use marks::living;
pub use marks::{Mark, Setback, bury, hold, interrupted, mark_again, mark_all, marked_by, put_off, set_back};
pub use opened::{Opened, open};
pub use renewed::{Renewed, renew_all};
pub use roster::Rosters;
pub use standing::{Standing, standing, standing_on, token_of};
pub use told::{Told, holders, told_of};
pub use transition::{Approval, NotChanged, approve, transition};
