//! The doors of an attempt: the click's form, the network's callback, the choice of a page.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{Form, Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    Page, address,
    popup::{self, Choice},
};
use crate::{
    domain::{AttemptId, AttemptState, NetworkAppId, PageId, words},
    server::{
        App, Caller, Refusal,
        connect::{self, Arrived, Attempt, Callback, Started},
        networks, pages, workspaces,
    },
};

/// As long as the attempt.
const COOKIE_LIFE: Duration = Duration::from_mins(10);
/// Longer queries carry no code that any network gives.
const QUERY_LIMIT: usize = 8 * 1024;

#[derive(Deserialize)]
pub struct Click {
    /// The attempt's id, where the tab has made one to wait for.
    attempt: Option<String>,
}

/// `POST /connect/{page}`: opens an attempt and sends the popup on its way.
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    Path(page): Path<String>,
    Form(click): Form<Click>,
) -> Result<Response, Page> {
    let page: PageId = page.parse().ok().ok_or(Refusal::NotFound)?;
    let suggested = click.attempt.and_then(|id| id.parse().ok());
    let Started { attempt, url, network, cookie, ended } = connect::start(&caller, page, suggested).await?;
    let mut response = popup::on_the_way(&network, &url);
    for old in ended {
        address::set(response.headers_mut(), app.cookies.attempt(old, "", Duration::ZERO));
    }
    address::set(response.headers_mut(), app.cookies.attempt(attempt, &cookie, COOKIE_LIFE));
    Ok(response)
}

/// `GET /oauth/callback/{network app}`: the network sends the person back.
pub async fn callback(
    State(app): State<App>,
    caller: Caller,
    Path(network_app): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Page> {
    // A browser that looks ahead must not spend what the person has not seen yet.
    if headers.get("sec-purpose").is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch")) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Some(callback) = read(&network_app, &query.unwrap_or_default()) else {
        return Ok(popup::nowhere(words::BAD_CALLBACK));
    };
    let cookie = |id| app.cookies.read_attempt(&headers, id);
    let (attempt, state) = match connect::arrive(&caller, callback, cookie).await? {
        Arrived::Unknown => return Ok(popup::nowhere(words::UNKNOWN_CALLBACK)),
        Arrived::Ended(attempt, state) => (attempt, state),
        Arrived::Approved(attempt, code) => {
            let state = connect::finish(&app, attempt.clone(), code).await.map_err(Refusal::from)?;
            (attempt, state)
        }
    };
    let mut response = told(&caller, &attempt, &state).await?;
    address::set(response.headers_mut(), app.cookies.attempt(attempt.id, "", Duration::ZERO));
    Ok(response)
}

/// `HEAD` on the callback or a sign-in link: a link scanner learns nothing and spends nothing.
pub async fn look_ahead() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Reads the query. `None` for everything that no network sends: no state, both a code and an error or neither,
/// anything twice, too much of it (SECURITY: O-24).
pub(in crate::server) fn read(network_app: &str, query: &str) -> Option<Callback> {
    if query.len() > QUERY_LIMIT {
        return None;
    }
    let mut fields: HashMap<String, String> = HashMap::new();
    for (name, value) in oauth2::url::form_urlencoded::parse(query.as_bytes()) {
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return None;
        }
    }
    let answer = match (fields.remove("code"), fields.remove("error")) {
        (Some(code), None) if !code.is_empty() => Ok(SecretString::from(code)),
        (None, Some(error)) if !error.is_empty() => Err(error),
        _ => return None,
    };
    let state = fields.remove("state").filter(|state| !state.is_empty())?;
    let network_app: NetworkAppId = network_app.parse().ok()?;
    Some(Callback { network_app, state, answer, iss: fields.remove("iss") })
}

#[derive(Deserialize)]
pub struct Chosen {
    account: String,
}

/// `POST /connect/attempt/{attempt}/choose`: links the chosen page.
pub async fn choose(caller: Caller, Path(attempt): Path<String>, Form(chosen): Form<Chosen>) -> Result<Response, Page> {
    let id: AttemptId = attempt.parse().ok().ok_or(Refusal::NotFound)?;
    let attempt = connect::choices(&caller, id).await?.attempt;
    let state = connect::choose(&caller, id, &chosen.account).await?;
    told(&caller, &attempt, &state).await
}

/// The page that says how the attempt stands; to its own person with names, to anybody else without.
async fn told(caller: &Caller, attempt: &Attempt, state: &AttemptState) -> Result<Response, Page> {
    let is_own = caller.session().is_ok_and(|session| session.user == attempt.user_id);
    if !is_own {
        return Ok(popup::nowhere(words::UNKNOWN_CALLBACK));
    }
    let (location, network) = names(caller.app(), attempt).await?;
    let names = (location.as_str(), network.as_str());
    if *state == AttemptState::Choosing {
        return Ok(popup::choose(names, attempt.id, offered(caller, attempt).await?));
    }
    Ok(popup::ended(attempt.page, names, attempt.id, state))
}

async fn offered(caller: &Caller, attempt: &Attempt) -> Result<Vec<Choice>, Refusal> {
    let locations = workspaces::locations(caller.app(), attempt.workspace).await?;
    let name_of = |id| locations.iter().find(|location| location.id == id).map(|location| location.name.clone());
    let offered = connect::choices(caller, attempt.id).await?.pages;
    let choice = |(page, taken): (crate::domain::Account, Option<_>)| Choice {
        id: page.id,
        name: page.name,
        taken_by: taken.map(|location| name_of(location).unwrap_or_default()),
    };
    Ok(offered.into_iter().map(choice).collect())
}

async fn names(app: &App, attempt: &Attempt) -> Result<(String, String), Refusal> {
    let view = pages::view(app.store.read(), attempt.workspace, attempt.page).await?;
    let locations = workspaces::locations(app, attempt.workspace).await?;
    let cards = networks::cards(app.store.read(), &app.networks).await?;
    let location = view.as_ref().and_then(|view| locations.into_iter().find(|location| location.id == view.location));
    let network = view.and_then(|view| cards.into_iter().find(|card| card.id == view.network));
    let location = location.map_or_else(|| "The page".to_owned(), |location| location.name);
    Ok((location, network.map_or_else(|| "the network".to_owned(), |card| card.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "01234567-89ab-4def-8123-456789abcdef";

    #[test]
    fn a_callback_is_read_only_when_it_is_one() {
        let read_state = |query: &str| read(APP, query).map(|callback| callback.state);
        assert_eq!(read_state("code=c&state=s&iss=i").as_deref(), Some("s"));
        assert_eq!(read_state("error=access_denied&state=s").as_deref(), Some("s"));
        for bad in [
            "",
            "code=c",
            "state=s",
            "code=&state=s",
            "code=c&state=",
            "code=c&error=e&state=s",
            "code=c&code=d&state=s",
            "code=c&state=s&state=t",
            "code=c&state=s&iss=a&iss=b",
        ] {
            assert!(read(APP, bad).is_none(), "{bad}");
        }
        assert!(read(APP, &format!("code={}&state=s", "c".repeat(QUERY_LIMIT))).is_none());
        assert!(read("x", "code=c&state=s").is_none());
    }
}
