//! The wire: what the browser may ask of the server, one file per noun, each function a sentence and one line.
//!
//! Every function here is a public address (`/api/…`) whoever calls it; what a caller may do is decided by
//! [`crate::server`], never here.

#![expect(missing_docs, reason = "the macro makes public fields of the arguments")]

pub mod attempts;
pub mod pages;
pub mod session;
pub mod workspace;

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

use crate::domain::ApiError;

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unavailable
    }
}
