//! The one way out: what happened is recorded in the transaction in which it happened, and told after its commit.
//!
//! [`record()`] gives the next number of the workspace; [`Bus`] wakes whoever follows; [`history()`] reads back. Live icons, and later webhooks,
//! mails and the audit trail, read the record; none of them is told separately, so none can be forgotten.

mod bus;
mod history;
mod record;
mod rows;

pub use bus::{Bus, listen};
pub use history::{About, Place, Recorded, history};
pub use record::{New, after, after_in, current, record, record_at};
