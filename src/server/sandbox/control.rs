//! The strings behind the stage: the ledger, the faults, and what happens to persons.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Sandbox,
    answers::NO_STORE,
    html,
    ledger::Ended,
    networks::{NETWORKS, Network},
    people::Person,
};

/// `GET /`.
pub(super) async fn index() -> Response {
    let names = NETWORKS.iter().map(|network| network.name).collect::<Vec<_>>().join(", ");
    let body = format!(
        "<h1>Sandbox</h1><p>Pretend networks ({names}) to connect to, to break, and to look behind. Nothing here is \
         real, and a restart forgets everything.</p><ul><li><a href=\"/apps\">Apps with access</a>: remove a \
         permission, as a person does at a real network</li><li><a href=\"/ledger\">Ledger</a>: every grant, token and \
         request, as JSON</li><li><a href=\"/faults\">Faults</a>: what is switched on to go wrong, as JSON</li></ul>"
    );
    html::page(None, "Sandbox", &body)
}

/// `GET /ledger`.
pub(super) async fn ledger(State(sandbox): State<Sandbox>) -> Response {
    sandbox.book(|ledger| (NO_STORE, Json(ledger.shown())).into_response())
}

/// `GET /faults`.
pub(super) async fn faults(State(sandbox): State<Sandbox>) -> Response {
    sandbox.book(|ledger| (NO_STORE, Json(ledger.faults.shown())).into_response())
}

/// `POST /faults`: merges, and answers what is switched on now.
pub(super) async fn set_fault(State(sandbox): State<Sandbox>, Json(message): Json<Map<String, Value>>) -> Response {
    sandbox.book(|ledger| match ledger.faults.set(message) {
        Ok(()) => Json(ledger.faults.shown()).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    })
}

/// `DELETE /faults`.
pub(super) async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.book(|ledger| ledger.faults.clear());
    StatusCode::NO_CONTENT
}

/// At which network; at every one if none is named.
#[derive(Deserialize)]
pub(super) struct Where {
    network: Option<String>,
}

/// `POST /people/{person}/password`: what the person gave to any application ends.
pub(super) async fn change_password(
    State(sandbox): State<Sandbox>,
    Path(person): Path<String>,
    Query(place): Query<Where>,
) -> StatusCode {
    let Some(person) = Person::called(&person) else { return StatusCode::NOT_FOUND };
    if place.network.as_deref().is_some_and(|id| Network::called(id).is_none()) {
        return StatusCode::NOT_FOUND;
    }
    let meant = NETWORKS.iter().filter(|network| place.network.as_deref().is_none_or(|id| id == network.id));
    sandbox.book(|ledger| meant.for_each(|network| ledger.end_all(network, person.id, None, Ended::PasswordChanged)));
    StatusCode::NO_CONTENT
}
