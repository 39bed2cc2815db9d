//! The network's answer, sealed under its attempt: from its arrival until it is linked or owed back.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    ConnectError,
    attempts::{Attempt, Secrets},
    second::KeptSecond,
};
use crate::{
    domain::Moment,
    server::{
        App,
        networks::{self, NetworkApp, Second, Tokens},
        vault::{Vault, VaultError},
    },
};

/// A network's token answer as it is sealed. Not `Debug`: it holds tokens.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    access: String,
    refresh: Option<String>,
    #[serde(default)]
    key: Option<String>,
    /// When the access token ends, if that is known.
    pub expires_at: Option<Moment>,
    /// When the refresh token ends, if the answer said so.
    #[serde(default)]
    pub refresh_expires_at: Option<Moment>,
    /// What was granted, if the answer said so.
    pub scopes: Option<Vec<String>>,
    #[serde(default)]
    id_token: Option<String>,
    /// When the answer came.
    #[serde(default)]
    pub came_at: Option<Moment>,
    /// What else the definition keeps of the answer. Nothing secret.
    #[serde(default)]
    pub named: BTreeMap<String, String>,
    #[serde(default)]
    second: Option<KeptSecond>,
    /// How many of the definition's steps are still to be gone.
    #[serde(default)]
    steps_left: usize,
}

impl Kept {
    /// What the network gave, where `steps_left` steps follow.
    #[must_use]
    pub fn of(tokens: &Tokens, at: Moment, steps_left: usize) -> Self {
        let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        Self {
            access: tokens.access.expose_secret().to_owned(),
            refresh: text(&tokens.refresh),
            key: text(&tokens.key),
            expires_at: tokens.lives.map(|lives| at + lives),
            refresh_expires_at: tokens.refresh_lives.map(|lives| at + lives),
            scopes: tokens.scopes.clone(),
            id_token: text(&tokens.id_token),
            came_at: Some(at),
            named: tokens.kept.clone(),
            second: tokens.second.as_ref().map(KeptSecond::from),
            steps_left,
        }
    }

    /// As the network gave it, with what is left of its lives.
    fn tokens(&self, now: Moment) -> Tokens {
        Tokens {
            access: self.access(),
            refresh: self.refresh(),
            key: self.key(),
            lives: self.expires_at.map(|end| end.since(now)),
            refresh_lives: self.refresh_expires_at.map(|end| end.since(now)),
            scopes: self.scopes.clone(),
            id_token: self.id_token(),
            kept: self.named.clone(),
            second: self.second(),
        }
    }

    /// The access token.
    pub fn access(&self) -> SecretString {
        self.access.clone().into()
    }

    /// The network's signed words about the person, if it has some.
    pub fn id_token(&self) -> Option<SecretString> {
        self.id_token.clone().map(Into::into)
    }

    /// The refresh token, if there is one.
    pub fn refresh(&self) -> Option<SecretString> {
        self.refresh.clone().map(Into::into)
    }

    /// The permission that came with it, if one did.
    pub fn second(&self) -> Option<Second> {
        self.second.as_ref().map(KeptSecond::read)
    }

    /// The key that they are bound to, if they are.
    pub fn key(&self) -> Option<SecretString> {
        self.key.clone().map(Into::into)
    }
}

/// Seals the network's answer under the attempt: from here on a crash loses nothing.
///
/// # Errors
/// When the database or the vault does not do it.
pub async fn keep(db: &impl ConnectionTrait, vault: &Vault, attempt: &Attempt, kept: &Kept) -> Result<(), VaultError> {
    let text = SecretString::from(serde_json::to_string(kept).expect("text and numbers are always JSON"));
    vault.put(db, Secrets(attempt).answer(), &text).await
}

/// Opens the network's answer again.
///
/// # Errors
/// When there is none, or it does not open.
pub async fn kept(db: &impl ConnectionTrait, vault: &Vault, attempt: &Attempt) -> Result<Kept, ConnectError> {
    let text = vault.get(db, Secrets(attempt).answer()).await?;
    serde_json::from_str(text.expose_secret()).ok().ok_or(ConnectError::Unreadable)
}

/// Opens the network's answer, and goes the steps that the definition has after it; each is sealed when it is gone.
///
/// # Errors
/// As [`kept`], and when a step does not end well; what was sealed stays.
pub async fn whole(app: &App, network_app: &NetworkApp, attempt: &Attempt) -> Result<Kept, ConnectError> {
    let db = app.store.read();
    let mut answer = kept(db, &app.vault, attempt).await?;
    let steps = &network_app.definition.then;
    for step in &steps[steps.len().saturating_sub(answer.steps_left)..] {
        let now = app.clock.now();
        let tokens = networks::after(&app.client, network_app, step, answer.tokens(now)).await?;
        let steps_left = answer.steps_left.saturating_sub(1);
        answer = Kept { came_at: answer.came_at, ..Kept::of(&tokens, now, steps_left) };
        keep(db, &app.vault, attempt, &answer).await?;
    }
    Ok(answer)
}
