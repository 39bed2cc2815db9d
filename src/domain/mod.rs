//! What both sides speak: the product's words as types.
//!
//! Pure: no input or output, no clock, no leptos, no feature. The browser and the server compile the same laws, so an
//! icon cannot mean one thing here and another there. Start with [`page`], then [`status`].

mod activity;
mod board;
mod choice;
mod error;
mod event;
mod ids;
mod moment;
mod network;
mod page;
mod person;
mod role;
mod setup;
mod status;
#[cfg(test)]
mod tests;
pub mod words;

mod attempt;

pub use activity::{Activity, EVENTS_AT_ONCE, EVENTS_OF_A_PAGE, PastEvent, Told};
pub use attempt::{AttemptState, AttemptView, Trouble};
pub use board::{Board, LocationCard, PageDetails, PageView, WorkspaceCard};
pub use choice::{Choice, SHOWN_AT_ONCE, Show, Span, Tally};
pub use error::{ApiError, Field};
pub use event::{Actor, CatchUp, Event, EventKind};
pub use ids::{AttemptId, GrantId, LocationId, NetworkAppId, NetworkId, PageId, SessionId, UserId, WorkspaceId};
pub use moment::Moment;
pub use network::{Ability, NetworkCard};
pub use page::{Account, Change, Connection, Impossible, Link, Reason, Returned};
pub use person::{Me, SessionCard};
pub use role::Role;
pub use setup::{
    AppState, Checkup, Demand, Finding, HostWord, MetadataWord, NetworkLine, NetworkSetup, Places, TokenWord, Way,
    Weight,
};
pub use status::{EXPIRING_LEAD, Lack, Status};
