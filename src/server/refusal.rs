//! Why something was not done, as the server knows it, and what an outsider hears of it.

use axum::http::StatusCode;
use tracing::error;

use super::{
    connect::ConnectError,
    limits::Wait,
    networks::AppsError,
    pages::NotChanged,
    store::{self, StoreError},
    vault::VaultError,
};
use crate::domain::{ApiError, Field};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// There is no such thing, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// The role does not allow it.
    #[error("the role does not allow it")]
    NotAllowed,
    /// Somebody else was faster.
    #[error("changed meanwhile")]
    Changed,
    /// E-mail or password are wrong.
    #[error("wrong e-mail or password")]
    WrongPassword,
    /// A field is not as it must be.
    #[error("bad {0:?}")]
    BadInput(Field),
    /// Asked too often.
    #[error("too many tries")]
    TooMany(Wait),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault did not do it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Connecting did not work.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A law of ours was broken; nobody outside can mend it.
    #[error("internal: {0}")]
    Internal(&'static str),
}

impl Refusal {
    /// What an outsider hears. Logged here, once.
    #[must_use]
    pub fn as_told(&self) -> (StatusCode, ApiError) {
        let told = match self {
            Self::SignedOut => (StatusCode::UNAUTHORIZED, ApiError::SignedOut),
            Self::NotFound => (StatusCode::NOT_FOUND, ApiError::NotFound),
            Self::NotAllowed => (StatusCode::FORBIDDEN, ApiError::NotAllowed),
            Self::Changed => (StatusCode::CONFLICT, ApiError::Changed),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, ApiError::WrongPassword),
            Self::BadInput(field) => (StatusCode::UNPROCESSABLE_ENTITY, ApiError::BadInput(*field)),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, ApiError::TooMany),
            Self::Store(_) | Self::Vault(_) | Self::Connect(_) | Self::Internal(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, ApiError::Unavailable)
            }
        };
        if told.0.is_server_error() {
            let cure = if self.is_full_disk() { "make room on the database's disk" } else { "" };
            error!(error = %self, cure, "a request was not answered");
        }
        told
    }
}

impl Refusal {
    /// Whether the database's disk has no room.
    #[must_use]
    pub fn is_full_disk(&self) -> bool {
        store::is_full(self)
    }

    /// In how many seconds it is worth trying again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(wait) => Some(wait.seconds()),
            _ => None,
        }
    }
}

impl From<sea_orm::DbErr> for Refusal {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<AppsError> for Refusal {
    fn from(error: AppsError) -> Self {
        match error {
            AppsError::Store(error) => Self::Store(error),
            AppsError::Vault(error) => Self::Vault(error),
            AppsError::NoSuchNetwork(_) => Self::NotFound,
            AppsError::InSettings(_) | AppsError::NotByItself(_) => Self::NotAllowed,
            AppsError::Incomplete => Self::Internal("an app without an id or a secret"),
        }
    }
}

impl From<NotChanged> for Refusal {
    fn from(error: NotChanged) -> Self {
        match error {
            NotChanged::Impossible(_) => Self::Changed,
            NotChanged::NoPage => Self::NotFound,
            NotChanged::Store(error) => Self::Store(error),
        }
    }
}
