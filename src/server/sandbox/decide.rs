//! The person's answer to the consent page.

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};

use super::{
    Here,
    consent::{last_person_cookie, with_coop},
    html,
    networks::Network,
    params::Params,
    people::Person,
    way_back::Ask,
};

const ANSWERED: &str = "This question was answered already, or it is too old. Close this window and start again.";

/// `POST /{network}/oauth/decide`.
pub(super) async fn decide(State(here): State<Here>, jar: CookieJar, Form(params): Form<Params>) -> Response {
    let network = here.network;
    let Some(person) = params.one("person").and_then(Person::called) else {
        return html::mistake(Some(network), "Nobody here is called that.");
    };
    let id = params.one("request").unwrap_or_default();
    let Some(ask) = here.sandbox.book(|ledger| ledger.answered(network, id)) else {
        return html::mistake(Some(network), ANSWERED);
    };
    let coop = here.sandbox.book(|ledger| ledger.faults.at(network, Some(person.id)).coop);
    let response = match params.one("answer") {
        Some("approve") => (jar.add(remember(network, person)), approve(&here, person, &ask, &params)).into_response(),
        _ => here.sends_back(&ask.way_back, ("error", network.cancel_error), Some(person), StatusCode::SEE_OTHER),
    };
    with_coop(response, coop)
}

/// Grants what stayed ticked, and nothing that was not asked for.
fn approve(here: &Here, person: &'static Person, ask: &Ask, params: &Params) -> Response {
    let is_ticked = |scope: &&String| params.all("scope").any(|ticked| ticked == scope.as_str());
    let scopes = ask.scopes.iter().filter(is_ticked).cloned().collect();
    let code = here.sandbox.book(|ledger| ledger.approve(here.network, person, ask, scopes));
    here.sends_back(&ask.way_back, ("code", &code), Some(person), StatusCode::SEE_OTHER)
}

/// Lax, because the next visit comes from another site, as a navigation.
fn remember(network: &Network, person: &'static Person) -> Cookie<'static> {
    let path = format!("/{}", network.id);
    let named = Cookie::build((last_person_cookie(network), person.id));
    named.path(path).http_only(true).same_site(SameSite::Lax).build()
}
