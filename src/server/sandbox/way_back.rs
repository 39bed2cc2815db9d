//! An application's request for permission, and the way back to it.

use axum::{
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse as _, Redirect, Response},
};
use oauth2::url::Url;
use serde::{Deserialize, Serialize};

use super::{clients, faults::Faults, html, networks::Network, params::Params};

/// What an application asks of a person.
#[derive(Clone)]
pub(super) struct Ask {
    pub client_id: String,
    pub way_back: WayBack,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    /// Ask the person even if the answer is known.
    pub force: bool,
    /// Ask again for what the person has unticked before.
    pub again: bool,
}

/// Where the answer goes.
#[derive(Clone)]
pub(super) struct WayBack {
    pub redirect_uri: String,
    pub state: Option<String>,
    mode: Option<Mode>,
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    Query,
    /// A page with a form that submits itself (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// What is wrong with a request, in the words of RFC 6749, section 4.1.2.1.
pub(super) type Wrong = &'static str;

impl WayBack {
    /// Who asks, and where the answer goes. Until both are believed nobody is redirected; the error is for the person.
    pub(super) fn read(network: &Network, params: &Params, faults: &Faults) -> Result<(String, Self), &'static str> {
        let client_id = params.one("client_id").filter(|id| clients::is_known(network, id));
        let client_id = client_id.ok_or("No application of this client_id is registered here.")?;
        let redirect_uri = params.one("redirect_uri").filter(|uri| is_acceptable(uri));
        let redirect_uri = redirect_uri.ok_or("The redirect_uri is missing or not one that this network accepts.")?;
        if !faults.is_registered(client_id, redirect_uri) {
            return Err("The redirect_uri is not the one that this application has registered.");
        }
        if params.repeated() {
            return Err("A parameter of the request came twice.");
        }
        let state = params.one("state").map(str::to_owned);
        let mode = match params.one("response_mode") {
            None | Some("query") => Some(Mode::Query),
            Some("form_post") => Some(Mode::FormPost),
            Some(_) => None,
        };
        Ok((client_id.to_owned(), Self { redirect_uri: redirect_uri.to_owned(), state, mode }))
    }

    /// The browser goes back with the outcome, with `state` and `iss` (RFC 9207) as the faults will have it. `status` is
    /// that of a redirect.
    pub(super) fn answer(
        &self,
        outcome: (&'static str, &str),
        issuer: &str,
        faults: &Faults,
        status: StatusCode,
    ) -> Response {
        let state = faults.state(self.state.as_deref()).map(|state| ("state", state));
        let issuers = faults.issuers(issuer).into_iter().map(|issuer| ("iss", issuer));
        let fields: Vec<_> = [(outcome.0, outcome.1.to_owned())].into_iter().chain(state).chain(issuers).collect();
        match faults.response_mode.or(self.mode).unwrap_or(Mode::Query) {
            Mode::Query => (status, [(LOCATION, self.address(&fields))]).into_response(),
            Mode::FormPost => html::posts_itself(&self.redirect_uri, &fields),
        }
    }

    fn address(&self, fields: &[(&str, String)]) -> String {
        let mut address = Url::parse(&self.redirect_uri).expect("it was parsed when the request came");
        address.query_pairs_mut().extend_pairs(fields);
        address.into()
    }
}

impl Ask {
    pub(super) fn read(
        network: &Network,
        client_id: String,
        way_back: WayBack,
        params: &Params,
    ) -> Result<Self, Wrong> {
        if params.one("response_type") != Some("code") {
            return Err("unsupported_response_type");
        }
        if way_back.mode.is_none() {
            return Err("invalid_request");
        }
        let (scopes, challenge) = (scopes(network, params)?, challenge(network, params)?);
        let again = params.one("auth_type") == Some("rerequest");
        Ok(Self { client_id, way_back, scopes, challenge, force: params.one("force").is_some(), again })
    }
}

fn scopes(network: &Network, params: &Params) -> Result<Vec<String>, Wrong> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in params.one("scope").unwrap_or_default().split(network.asked_with).filter(|scope| !scope.is_empty()) {
        let scope = network.scope(scope).ok_or("invalid_scope")?.id;
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.is_empty() { Err("invalid_scope") } else { Ok(scopes) }
}

/// S256 or nothing: `plain` protects from nobody (RFC 9700, section 2.1.1).
fn challenge(network: &Network, params: &Params) -> Result<Option<String>, Wrong> {
    match (params.one("code_challenge"), params.one("code_challenge_method")) {
        (Some(challenge), Some("S256")) => Ok(Some(challenge.to_owned())),
        (None, None) if !network.needs_pkce => Ok(None),
        _ => Err("invalid_request"),
    }
}

/// https anywhere, http only to this machine.
fn is_acceptable(uri: &str) -> bool {
    let Ok(uri) = Url::parse(uri) else { return false };
    let is_here = matches!(uri.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let is_safe = uri.scheme() == "https" || (uri.scheme() == "http" && is_here);
    is_safe && uri.fragment().is_none() && uri.username().is_empty()
}

/// After a form: 303, so that the browser does not post it again.
pub(super) fn see_other(address: &str) -> Response {
    Redirect::to(address).into_response()
}
