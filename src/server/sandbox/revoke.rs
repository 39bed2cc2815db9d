//! An application gives a permission back.

use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{
    Here,
    answers::Refusal,
    calls::{Call, living_grant},
    clients::Credentials,
    faults::Faults,
    ledger::{Ended, Ledger},
    networks::{Network, Revocation},
    params::Params,
    tickets::Kind,
};

/// `POST /{network}/oauth/revoke` (RFC 7009). A refresh token or an access token, and the whole grant ends.
pub(super) async fn token(State(here): State<Here>, headers: HeaderMap, Form(params): Form<Params>) -> Response {
    let credentials = Credentials::read(&headers, &params);
    let call = Call {
        endpoint: "revoke",
        client_id: credentials.as_ref().map(|credentials| credentials.id.clone()),
        value: params.one("token").map(str::to_owned),
        code_verifier: None,
    };
    let work = |ledger: &mut Ledger, faults: &Faults| {
        let is_refresh = |token| ledger.ticket(token).is_some_and(|ticket| ticket.kind == Kind::Refresh);
        is_taken(faults, params.one("token").is_some_and(is_refresh))?;
        let client = Credentials::prove(credentials.as_ref(), here.network)?;
        give_back(here.network, ledger, &client, params.one("token"))?;
        Ok(done(here.network).into_response())
    };
    call.answer(&here, work).await
}

/// Whether no error is switched on that this token gets.
fn is_taken(faults: &Faults, is_refresh: bool) -> Result<(), Refusal> {
    let error = faults.revoke_error.clone().filter(|error| is_refresh || error != "unsupported_token_type");
    error.map_or(Ok(()), |error| Err(Refusal::Switched(error)))
}

/// A token that nobody knows counts as given back (RFC 7009, section 2.2).
fn give_back(network: &Network, ledger: &mut Ledger, client: &str, token: Option<&str>) -> Result<(), Refusal> {
    let token = token.ok_or(Refusal::Request("no token"))?;
    let ticket = ledger.ticket(token).filter(|ticket| ticket.network == network.id && ticket.kind != Kind::Code);
    let Some(grant) = ticket.map(|ticket| ledger.grant(ticket.grant)) else { return Ok(()) };
    if grant.client_id != client {
        return Err(Refusal::Grant("issued to another client"));
    }
    ledger.end(grant.id, Ended::Revoked);
    Ok(())
}

fn done(network: &Network) -> StatusCode {
    let Revocation::Standard(status) = network.revocation else { return StatusCode::OK };
    StatusCode::from_u16(status).unwrap_or(StatusCode::OK)
}

/// `DELETE /{network}/me/permissions`: everything that this person gave to this application ends, as at Meta.
pub(super) async fn permissions(State(here): State<Here>, headers: HeaderMap) -> Response {
    let call = Call::with_bearer(&here, "revoke", &headers);
    let token = call.value.clone();
    let work = |ledger: &mut Ledger, faults: &Faults| {
        is_taken(faults, false)?;
        let grant = living_grant(here.network, ledger, token.as_deref())?.clone();
        ledger.end_all(here.network, grant.person, Some(&grant.client_id), Ended::Revoked);
        Ok(Json(json!({ "success": true })).into_response())
    };
    call.answer(&here, work).await
}
