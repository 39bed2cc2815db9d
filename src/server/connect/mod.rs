//! The way of a click, each step in its file: [`mod@start`] opens an attempt and sends the popup on its way,
//! [`mod@which`] asks at which address first, where a network has many, [`mod@callback`]
//! takes the attempt back and compares, [`mod@finish`] turns the code into an approval, which [`mod@kept`] keeps and [`mod@later`] goes on with when it was interrupted, [`mod@given`] compares what it gives
//! with the workspace's pages, [`mod@link`] links them, [`mod@choose`] asks which page where there are several, [`mod@look`] tells the tab, [`mod@posted`] keeps an answer that came by a form; [`mod@disconnect`] and [`mod@returning`] give a permission back.

mod attempts;
mod binding;
mod callback;
mod census;
mod choose;
mod disconnect;
mod finish;
mod given;
mod kept;
mod later;
mod link;
mod look;
mod posted;
mod returning;
mod rows;
mod second;
mod start;
mod which;

pub use attempts::Attempt;
pub use callback::{Arrived, Callback, arrive};
pub use census::{count_attempts, count_owed};
pub use choose::{Choices, Chosen, Other, choices, choose, unfit};
pub use disconnect::disconnect;
pub use finish::finish;
pub use given::{Offered, WhyNot};
pub use later::{IN_FLIGHT, recover, recover_at_start, sweep};
pub use look::{look, returned, stop};
pub use posted::{post, posted};
pub use returning::{due_returns, settle};
pub use second::{give_back_all, put as put_second};
pub use start::{Started, Way, Wish, start};
pub use which::Which;

use super::{
    networks::{AppsError, ExchangeError, WhoError},
    pages::NotChanged,
    store::StoreError,
    vault::VaultError,
};

/// Why connecting did not go on, for reasons of ours. What the network or the person did is an
/// [`crate::domain::AttemptState`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault did not do it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The page did not change.
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
    /// The network did not say who approved.
    #[error(transparent)]
    Who(#[from] WhoError),
    /// The network did not finish its answer.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Our apps at the networks could not be read.
    #[error(transparent)]
    Apps(#[from] AppsError),
    /// The definition's address, or ours, cannot be used.
    #[error("the network's definition or base_url holds an address that cannot be used")]
    BadAddress,
    /// What was sealed for the attempt cannot be read.
    #[error("what was kept for an attempt cannot be read")]
    Unreadable,
    /// A permission could not be given back.
    #[error("the network did not take the permission back")]
    NotReturned,
    /// The network's app was taken out of the settings meanwhile.
    #[error("the network is not set up any more")]
    NoApp,
}

impl From<sea_orm::DbErr> for ConnectError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}
