//! What applications hear when something is refused, in the network's own dialect.

use axum::{
    Json,
    http::{
        HeaderName, StatusCode,
        header::{CACHE_CONTROL, WWW_AUTHENTICATE},
    },
    response::{Html, IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{
    ledger::Ended,
    networks::{Dialect, Network},
};

/// Token answers and errors are for one reader, once (RFC 6749, section 5.1).
pub(super) const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// Why a request of an application is refused; the words are for its developer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Id or secret.
    Client(&'static str),
    /// Something is missing, twice or malformed.
    Request(&'static str),
    /// The code or refresh token.
    Grant(&'static str),
    GrantType,
    Scope,
    /// No token, or one that nobody issued.
    UnknownToken,
    /// An access token that worked once, and what happened to it.
    DeadToken(Ended),
    /// The person must log in at the network before it goes on.
    Checkpoint,
    /// The person did not give this permission.
    Forbidden(&'static str),
    /// A fault that was switched on.
    Switched(String),
}

impl Refusal {
    pub(super) fn told_by(&self, network: &Network) -> Response {
        let (status, body) = match network.speaks {
            Dialect::Standard => (self.status(), self.standard()),
            Dialect::Meta => (self.meta_status(), self.meta()),
        };
        let mut response = (status, NO_STORE, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, self.challenge().parse().expect("it is plain ASCII"));
        }
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Client(_) | Self::UnknownToken | Self::DeadToken(_) | Self::Checkpoint => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Switched(error) => switched_status(error),
            Self::Request(_) | Self::Grant(_) | Self::GrantType | Self::Scope => StatusCode::BAD_REQUEST,
        }
    }

    /// Meta answers 400 to a wrong client.
    fn meta_status(&self) -> StatusCode {
        if matches!(self, Self::Client(_)) { StatusCode::BAD_REQUEST } else { self.status() }
    }

    fn challenge(&self) -> &'static str {
        if matches!(self, Self::UnknownToken | Self::DeadToken(_)) { "Bearer error=\"invalid_token\"" } else { "Basic" }
    }

    fn standard(&self) -> Value {
        let mut body = json!({ "error": self.error(), "error_description": self.description() });
        if let Self::DeadToken(why) = self {
            body["reason"] = reason(*why).into();
        }
        body
    }

    /// RFC 6749, section 5.2, and RFC 6750, section 3.1.
    fn error(&self) -> &str {
        match self {
            Self::Client(_) => "invalid_client",
            Self::Request(_) => "invalid_request",
            Self::Grant(_) => "invalid_grant",
            Self::GrantType => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
            Self::UnknownToken | Self::DeadToken(_) => "invalid_token",
            Self::Checkpoint => "login_required",
            Self::Forbidden(_) => "insufficient_scope",
            Self::Switched(error) => error,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Client(words) | Self::Request(words) | Self::Grant(words) | Self::Forbidden(words) => words,
            Self::GrantType => "this network does not know this grant type",
            Self::Scope => "more scopes than the person granted",
            Self::UnknownToken => "no token that this network issued",
            Self::DeadToken(why) => story(*why),
            Self::Checkpoint => "the person has to log in at the network",
            Self::Switched(_) => "a fault that was switched on",
        }
    }

    /// Meta's shape: <https://developers.facebook.com/docs/graph-api/guides/error-handling>.
    fn meta(&self) -> Value {
        let (code, subcode) = self.meta_code();
        let kind = if code < 3 { "GraphMethodException" } else { "OAuthException" };
        let mut error = json!({ "message": self.description(), "type": kind, "code": code, "fbtrace_id": "sandbox" });
        if let Self::Switched(name) = self {
            error["message"] = name.as_str().into();
        }
        if let Some(subcode) = subcode {
            error["error_subcode"] = subcode.into();
        }
        json!({ "error": error })
    }

    fn meta_code(&self) -> (u32, Option<u32>) {
        match self {
            Self::Client(_) => (101, None),
            Self::Request(_) | Self::Grant(_) | Self::GrantType | Self::Scope => (100, None),
            Self::UnknownToken => (190, None),
            Self::DeadToken(why) => (190, Some(subcode(*why))),
            Self::Checkpoint => (190, Some(459)),
            Self::Forbidden(_) => (200, None),
            Self::Switched(error) => (switched_code(error), None),
        }
    }
}

fn switched_status(error: &str) -> StatusCode {
    match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
        "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn switched_code(error: &str) -> u32 {
    match error {
        "invalid_client" => 101,
        "server_error" | "temporarily_unavailable" => 2,
        // "Application request limit reached."
        "slow_down" => 4,
        _ => 100,
    }
}

fn reason(why: Ended) -> &'static str {
    match why {
        Ended::Removed => "app_removed",
        Ended::PasswordChanged => "password_changed",
        Ended::Expired => "token_expired",
        Ended::Revoked | Ended::Replayed => "revoked",
    }
}

fn subcode(why: Ended) -> u32 {
    match why {
        Ended::Removed => 458,
        Ended::PasswordChanged => 460,
        Ended::Expired => 463,
        Ended::Revoked | Ended::Replayed => 467,
    }
}

fn story(why: Ended) -> &'static str {
    match why {
        Ended::Removed => "the person removed this application",
        Ended::PasswordChanged => "the person changed the password",
        Ended::Expired => "the token has expired",
        Ended::Revoked => "the application gave the token back",
        Ended::Replayed => "a code or refresh token was used twice",
    }
}

/// What a load balancer says when nobody is behind it: not JSON, and nothing about tokens.
pub(super) fn down(network: &Network) -> Response {
    let page = format!("<!doctype html><title>{0}</title><h1>{0} is down for maintenance</h1>", network.name);
    (StatusCode::SERVICE_UNAVAILABLE, NO_STORE, Html(page)).into_response()
}
