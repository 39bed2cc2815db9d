//! What an access token shows: the person, what they granted, the accounts that it reaches.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{
    Here,
    answers::{NO_STORE, Refusal},
    calls::{Call, living_grant},
    faults::Faults,
    ledger::{Grant, Ledger},
    networks::{Dialect, Network},
    people::{ALL_TASKS, PEOPLE, Page, Person},
};

/// What somebody needs who wants to see the pages of a person.
const READS_PAGES: &str = "pages_read";

/// `GET /{network}/me`.
pub(super) async fn me(State(here): State<Here>, headers: HeaderMap) -> Response {
    show(&here, "me", &headers, |_, _, person| {
        Ok(json!({ "id": person.id, "name": person.name, "handle": person.handle }))
    })
    .await
}

/// `GET /{network}/me/permissions`.
pub(super) async fn permissions(State(here): State<Here>, headers: HeaderMap) -> Response {
    show(&here, "permissions", &headers, |_, grant, _| {
        let granted = grant.scopes.iter().map(|scope| json!({ "permission": scope, "status": "granted" }));
        let declined = grant.declined.iter().map(|scope| json!({ "permission": scope, "status": "declined" }));
        Ok(json!({ "data": granted.chain(declined).collect::<Vec<_>>() }))
    })
    .await
}

/// `GET /{network}/me/accounts`.
pub(super) async fn accounts(State(here): State<Here>, headers: HeaderMap) -> Response {
    let call = Call::with_bearer(&here, "accounts", &headers);
    let token = call.value.clone();
    let network = here.network;
    let work = |ledger: &mut Ledger, faults: &Faults| {
        let grant = living_grant(network, ledger, token.as_deref())?.clone();
        passes(faults)?;
        let person = Person::called(grant.person).expect("only persons approve");
        let list = match network.speaks {
            Dialect::Meta if !grant.scopes.iter().any(|scope| scope == READS_PAGES) => {
                return Err(Refusal::Forbidden("(#200) Requires pages_read permission"));
            }
            Dialect::Meta => pages(ledger, &grant, person, faults),
            Dialect::Standard => json!({ "data": [{ "id": person.id, "name": person.name, "tasks": ALL_TASKS }] }),
        };
        Ok((NO_STORE, Json(list)).into_response())
    };
    call.answer(&here, work).await
}

/// As at Meta, each page comes with a token of its own.
fn pages(ledger: &mut Ledger, grant: &Grant, person: &Person, faults: &Faults) -> Value {
    let is_in = |list: &[String], page: &Page| list.iter().any(|id| id == page.id);
    let others = PEOPLE.iter().flat_map(|person| person.pages).filter(|page| is_in(&faults.also_pages, page));
    let pages = person.pages.iter().chain(others).filter(|page| !is_in(&faults.lost_pages, page));
    let row = |page: &Page| {
        let token = ledger.page_token(grant.id, page.id);
        let tasks = if is_in(&faults.watched_pages, page) { &["READ"] } else { page.tasks };
        json!({ "id": page.id, "name": page.name, "tasks": tasks, "access_token": token })
    };
    let mut list = json!({ "data": pages.map(row).collect::<Vec<_>>() });
    if let Some(next) = &faults.accounts_go_on {
        list["paging"] = json!({ "next": next });
    }
    list
}

async fn show(
    here: &Here,
    endpoint: &'static str,
    headers: &HeaderMap,
    what: impl FnOnce(&Network, &Grant, &Person) -> Result<Value, Refusal>,
) -> Response {
    let call = Call::with_bearer(here, endpoint, headers);
    let token = call.value.clone();
    let work = |ledger: &mut Ledger, faults: &Faults| {
        let grant = living_grant(here.network, ledger, token.as_deref())?;
        passes(faults)?;
        let person = Person::called(grant.person).expect("only persons approve");
        Ok((NO_STORE, Json(what(here.network, grant, person)?)).into_response())
    };
    call.answer(here, work).await
}

/// Whether the person need not log in first.
fn passes(faults: &Faults) -> Result<(), Refusal> {
    if faults.checkpoint { Err(Refusal::Checkpoint) } else { Ok(()) }
}
