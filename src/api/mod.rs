//! The wire: what the browser may ask of the server, one file per noun, each function a sentence and one line.
//!
//! Every function here is a public address (`/api/…`) whoever calls it; what a caller may do is decided by
//! [`crate::server`], never here.

#![expect(missing_docs, reason = "the macro makes public fields of the arguments")]

pub mod attempts;
pub mod networks;
pub mod pages;
pub mod session;
pub mod workspace;

mod wire;

pub use wire::{Wire, ask};
