//! The vault's keys: whether those that are here open what the database holds.

use super::{Finding, Known, unread};
use crate::server::{
    serve::{key_file, read_keys},
    settings::Settings,
    vault::{self, Canary, KeyUse},
};

const ABOUT: &str = "keys";

pub(super) async fn look(settings: &Settings, store: Known<'_>) -> Vec<Finding> {
    let file = key_file(settings);
    if settings.vault_keys.is_none() && !file.exists() {
        return none_yet(store, &file).await;
    }
    let keys = match read_keys(settings) {
        Ok(keys) => keys,
        Err(error) => return vec![Finding::problem(ABOUT, error.to_string())],
    };
    let Some(store) = store else {
        return vec![Finding::ok(ABOUT, format!("there are keys in {}", keys.place()))];
    };
    match vault::key_uses(&keys, store).await {
        Ok(uses) => uses.iter().map(|one| judged(&keys.place(), one)).collect(),
        Err(error) => vec![unread(ABOUT, &error)],
    }
}

async fn none_yet(store: Known<'_>, file: &std::path::Path) -> Vec<Finding> {
    let is_sealed = match store {
        Some(store) => vault::Vault::has_canary(store).await,
        None => Ok(false),
    };
    vec![match is_sealed {
        Ok(true) => Finding::problem(
            ABOUT,
            format!(
                "{} is not there, and the database was sealed by a key; put back the file, or name it in vault_key_file",
                file.display()
            ),
        ),
        Ok(false) => Finding::ok(ABOUT, format!("there is none yet; the first start makes {}", file.display())),
        Err(error) => unread(ABOUT, &error),
    }]
}

fn judged(place: &str, KeyUse { id, needs, canary, .. }: &KeyUse) -> Finding {
    match canary {
        Canary::Opens => Finding::ok(ABOUT, format!("{id} in {place} is the right one{needs}")),
        Canary::None => Finding::ok(ABOUT, format!("{id} in {place} has sealed nothing yet")),
        Canary::Retired => {
            Finding::warning(ABOUT, format!("{id} in {place} is retired; take its line out when no backup needs it"))
        }
        Canary::DoesNotOpen => Finding::problem(
            ABOUT,
            format!("{id} in {place} is not the key that sealed this database{needs}; put the right one back"),
        ),
        Canary::NotTried => {
            Finding::problem(ABOUT, format!("{id} sealed this database and is not in {place}{needs}; add its line"))
        }
    }
}
