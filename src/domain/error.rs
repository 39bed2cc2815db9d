//! What a caller is told when something does not work: situations a person can act on, never a library's words.

use serde::{Deserialize, Serialize};

/// The part of a form that is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// A name is empty or longer than 80 characters.
    Name,
    /// Not an e-mail address.
    Email,
    /// Shorter than 12 characters, or longer than 200.
    Password,
    /// Not an id that a network gives.
    ClientId,
    /// Not a secret that a network gives.
    ClientSecret,
    /// The same, of the one by which it signs its own messages.
    HookSecret,
    /// Not a private key on P-256.
    ClientKey,
    /// Not an address of the network that is to have an app of its own.
    Address,
}

/// The answer to a call that did not work. No variant carries text: a text is where internals leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ApiError {
    /// Nobody is signed in here, or not any more.
    #[error("signed out")]
    SignedOut,
    /// There is no such thing, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// This person's role does not allow it.
    #[error("not allowed")]
    NotAllowed,
    /// Somebody else was faster; look again.
    #[error("changed meanwhile")]
    Changed,
    /// E-mail or password are wrong.
    #[error("wrong e-mail or password")]
    WrongPassword,
    /// A field is not as it must be.
    #[error("bad input")]
    BadInput(Field),
    /// Asked too often.
    #[error("too many tries")]
    TooMany,
    /// The server could not do it, or could not be reached; trying again may help.
    #[error("unavailable")]
    Unavailable,
}
