//! What a flight knows before it is marked: its grant, the tokens that it spends, and what seals those that come. It is read
//! for many flights at once.

use std::{collections::HashMap, sync::Arc};

use secrecy::SecretString;
use uuid::Uuid;

use super::{RefreshFailure, together::Shares};
use crate::{
    domain::{GrantId, WorkspaceId},
    server::{
        App,
        pages::{self, Grant},
        vault::{Sealer, VaultError},
    },
};

/// A grant that is to be looked at.
pub(super) struct Looking {
    pub grant: GrantId,
    pub workspace: WorkspaceId,
}

/// How it stands with it.
pub(super) struct Looked {
    pub grant: Grant,
    pub secrets: Result<Secrets, VaultError>,
    pub sealer: Result<Sealer, Arc<RefreshFailure>>,
}

/// What is stored of its tokens.
pub(super) struct Secrets {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub key: Option<SecretString>,
}

impl Shares for Looking {
    type Done = Option<Looked>;

    fn order(&self) -> Uuid {
        self.workspace.0
    }

    async fn do_all(app: &App, all: &[Self]) -> Result<Vec<Option<Looked>>, RefreshFailure> {
        let db = app.store.read();
        let mut grants = pages::grants(db, all.iter().map(|looking| looking.grant)).await?;
        let places: Vec<_> = grants.values().flat_map(|grant| [grant.access(), grant.refresh(), grant.key()]).collect();
        let mut secrets: HashMap<_, _> = places.iter().copied().zip(app.vault.find_all(db, &places).await?).collect();
        let (mut looked, mut sealers) = (vec![], HashMap::new());
        for Self { grant, workspace } in all {
            let Some(grant) = grants.remove(grant) else {
                looked.push(None);
                continue;
            };
            if !sealers.contains_key(workspace) {
                // One without a key keeps no other's from being refreshed.
                let sealer = app.vault.sealer(db, *workspace).await.map_err(|error| Arc::new(error.into()));
                sealers.insert(*workspace, sealer);
            }
            let mut of = |place| secrets.remove(&place).unwrap_or(Ok(None));
            let found = [of(grant.access()), of(grant.refresh()), of(grant.key())];
            looked.push(Some(Looked { secrets: all_of(&grant, found), sealer: sealers[workspace].clone(), grant }));
        }
        Ok(looked)
    }
}

fn all_of(
    grant: &Grant,
    [access, refresh, key]: [Result<Option<SecretString>, VaultError>; 3],
) -> Result<Secrets, VaultError> {
    let access = access?.ok_or(VaultError::Missing(grant.access()))?;
    Ok(Secrets { access, refresh: refresh?, key: key? })
}
