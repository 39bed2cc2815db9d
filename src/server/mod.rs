//! What only the server knows. The data's way: [`http`] lets a request in, [`connect`] runs an attempt, [`networks`]
//! talks to the network, [`pages`] changes a page's facts, [`events`] tells; [`keeper`] does the same without a click.
//! The arrows between the rooms are in ARCHITECTURE.md, and a test checks them.

pub mod accounts;
pub mod clock;
pub mod command;
pub mod connect;
pub mod counts;
pub mod courier;
pub mod demo;
pub mod doctor;
pub mod events;
pub mod http;
pub mod keeper;
pub mod limits;
pub mod logging;
pub mod networks;
pub mod pages;
#[cfg(any(test, fuzzing))]
pub mod readers;
pub mod sandbox;
pub mod serve;
pub mod settings;
pub mod setup;
pub mod store;
pub mod vault;
pub mod workspaces;

mod app;
mod caller;
mod refusal;

pub use app::{App, Parts};
pub use caller::{Caller, Member, Owner, answer};
pub use refusal::Refusal;
