//! What has happened on the stage: one person, one app, the codes and tokens between them.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Ask, Pkce, proofs::Book};
use crate::server::sandbox::CANARY;

/// An answer.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub kind: &'static str,
}

impl Reply {
    #[expect(clippy::needless_pass_by_value, reason = "an answer is written where it is given")]
    pub fn json(status: u16, json: Value) -> Self {
        Self { status, headers: vec![], body: json.to_string(), kind: "application/json" }
    }

    /// An answer without a word.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: vec![], body: String::new(), kind: "text/plain" }
    }

    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// There is nothing there; a page for people says so.
    pub fn nothing(ask: &Ask) -> Self {
        let body = format!("<!doctype html><h1>404</h1><p>{}</p>", ask.place);
        Self { status: 404, headers: vec![], body, kind: "text/html" }
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Works,
    /// It worked once; its person has removed the app, or the app has given it back.
    Removed,
    Expired,
    Unknown,
}

struct Access {
    value: String,
    issued: u64,
    lives: Option<u64>,
}

/// How refresh tokens behave.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refreshes {
    /// A new one each time; a second use of an old one ends everything.
    Rotating,
    /// The same one, which answers do not repeat.
    Stable,
}

/// What has happened.
pub struct Scene {
    pub now: u64,
    pub asked: Vec<String>,
    /// The same, whole.
    pub heard: Vec<Ask>,
    /// What the person has allowed.
    pub scopes: Vec<String>,
    /// What the signed words about the person must say.
    pub nonce: Option<String>,
    /// Whether the permission stands.
    pub alive: bool,
    /// All values that are secret, for whoever looks for leaks.
    pub secrets: Vec<String>,
    /// What an app has told when it registered itself.
    pub told: BTreeMap<String, String>,
    /// What a server remembers that binds its tokens.
    pub book: Book,
    /// What stands between the app and another who approved with the person, where the network tells the two apart.
    pub other: Option<Box<Scene>>,
    pkce: Pkce,
    code: Option<(String, Option<String>, String)>,
    access: Vec<Access>,
    refresh: Vec<(String, bool)>,
}

impl Scene {
    pub fn new(pkce: Pkce) -> Self {
        let nothing = || Vec::new();
        Self {
            now: 0,
            asked: vec![],
            heard: vec![],
            scopes: vec![],
            nonce: None,
            alive: false,
            secrets: vec![],
            told: BTreeMap::new(),
            book: Book::default(),
            other: None,
            pkce,
            code: None,
            access: nothing(),
            refresh: vec![],
        }
    }

    pub fn approve(&mut self, scopes: Vec<String>, challenge: Option<String>, redirect_uri: &str) -> String {
        (self.scopes, self.alive) = (scopes, true);
        let code = self.secret("code");
        self.code = Some((code.clone(), challenge, redirect_uri.to_owned()));
        code
    }

    /// The person removes the app in the network's own list.
    pub fn remove(&mut self) {
        self.alive = false;
    }

    fn secret(&mut self, kind: &str) -> String {
        let value = format!("{CANARY}-{kind}-{:04}-{}", self.secrets.len(), uuid::Uuid::now_v7().simple());
        self.secrets.push(value.clone());
        value
    }

    /// Takes a code: once, with the redirect address it was for, and with the verifier of its challenge.
    pub fn takes_code(&mut self, ask: &Ask) -> bool {
        let Some((code, challenge, redirect_uri)) = self.code.take() else { return false };
        let is_proven = match (challenge, ask.form.get("code_verifier")) {
            (Some(challenge), Some(verifier)) => {
                BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
            }
            (None, None) => self.pkce != Pkce::Needed,
            _ => false,
        };
        ask.form("grant_type") == "authorization_code"
            && ask.form("code") == code
            && ask.form("redirect_uri") == redirect_uri
            && is_proven
    }

    /// A new access token.
    pub fn access(&mut self, lives: Option<u64>) -> String {
        let value = self.secret("at");
        self.access.push(Access { value: value.clone(), issued: self.now, lives });
        value
    }

    /// A new refresh token, which takes the place of the one before.
    pub fn refresh(&mut self) -> String {
        let value = self.secret("rt");
        self.refresh.iter_mut().for_each(|(_, is_current)| *is_current = false);
        self.refresh.push((value.clone(), true));
        value
    }

    /// Takes a refresh token.
    pub fn takes_refresh(&mut self, ask: &Ask, behave: Refreshes) -> bool {
        let token = ask.form("refresh_token");
        let known = self.refresh.iter_mut().find(|(value, _)| value == token);
        let Some((_, is_current)) = known.filter(|_| ask.form("grant_type") == "refresh_token") else { return false };
        if !*is_current {
            self.alive = false;
            return false;
        }
        if behave == Refreshes::Rotating {
            *is_current = false;
        }
        self.alive
    }

    /// Old access tokens end.
    pub fn ends_access(&mut self) {
        for access in &mut self.access {
            access.lives = Some(0);
        }
    }

    pub fn life(&self, token: &str) -> Life {
        let Some(access) = self.access.iter().find(|access| access.value == token) else { return Life::Unknown };
        if access.lives.is_some_and(|lives| self.now >= access.issued + lives) {
            return Life::Expired;
        }
        if self.alive { Life::Works } else { Life::Removed }
    }

    /// How long ago the token was made.
    pub fn age(&self, token: &str) -> u64 {
        self.access.iter().find(|access| access.value == token).map_or(0, |access| self.now - access.issued)
    }

    pub fn knows(&self, token: &str) -> bool {
        self.life(token) != Life::Unknown || self.refresh.iter().any(|(value, _)| value == token)
    }

    /// Takes a permission back by one of its tokens; whether there was one.
    pub fn gives_back(&mut self, token: &str) -> bool {
        let was = self.alive && self.knows(token);
        self.alive &= !was;
        was
    }

    pub fn scopes(&self, separator: &str) -> String {
        self.scopes.join(separator)
    }

    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}
