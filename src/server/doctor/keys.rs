//! The vault's keys: whether those that are here open what the database holds.

use super::{Finding, Known, counted, unread};
use crate::server::{
    serve::key_file,
    settings::Settings,
    vault::{self, KeyFound, Keys, Opens},
};

const ABOUT: &str = "keys";

pub(super) async fn look(settings: &Settings, store: Known<'_>) -> Vec<Finding> {
    let file = key_file(settings);
    let keys = match &settings.vault_keys {
        Some(keys) => Keys::parse(keys, "the setting vault_keys"),
        None if !file.exists() => return none_yet(store, &file).await,
        None => Keys::read(&file),
    };
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => return vec![Finding::problem(ABOUT, error.to_string())],
    };
    let Some(store) = store else {
        return vec![Finding::ok(ABOUT, format!("there are keys in {}", keys.place()))];
    };
    match vault::look(&keys, store).await {
        Ok(found) => found.iter().map(|found| judged(&keys, found)).collect(),
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

fn judged(keys: &Keys, KeyFound { id, opens, workspaces }: &KeyFound) -> Finding {
    let (hang, place) = (counted(*workspaces, "workspace"), keys.place());
    match opens {
        Opens::Yes => Finding::ok(ABOUT, format!("{id} in {place} is the right one; {hang} hang on it")),
        Opens::No => Finding::problem(
            ABOUT,
            format!(
                "{id} in {place} is not the key that sealed this database, and {hang} hang on it; put the right one back"
            ),
        ),
        Opens::NotHere => Finding::problem(
            ABOUT,
            format!("{id} sealed this database, {hang} hang on it, and it is not in {place}; add its line"),
        ),
    }
}
