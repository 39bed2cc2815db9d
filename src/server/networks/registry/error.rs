//! Why our apps cannot be read or changed.

use crate::{
    domain::NetworkId,
    server::{store::StoreError, vault::VaultError},
};

/// Why our apps cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AppsError {
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault did not do it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is no network of that name.
    #[error("there is no network definition {0}")]
    NoSuchNetwork(NetworkId),
    /// The settings have it, and they win.
    #[error("the app at {0} is set in the settings or the environment; change it there")]
    InSettings(NetworkId),
    /// Its servers do not take apps that register themselves.
    #[error("apps do not register themselves at {0}; enter one")]
    NotByItself(NetworkId),
    /// An id or a secret is empty.
    #[error("an app needs an id and a secret")]
    Incomplete,
}

impl From<sea_orm::DbErr> for AppsError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}
