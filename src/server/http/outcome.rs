//! How an attempt ended, at an address with neither code nor state in it; and where an answer that came by a form is
//! fetched by the browser that posted it.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    Page, address, picker,
    popup::{self, Names},
};
use crate::{
    domain::{AttemptId, AttemptState, Link, LocationId, words},
    server::{
        App, Caller, Refusal,
        connect::{self, Arrived, Attempt, Callback, Chosen},
        networks, pages,
        store::Json,
        workspaces,
    },
};

/// `GET /oauth/finish/{attempt}`.
pub async fn finish(
    State(app): State<App>,
    caller: Caller,
    Path(attempt): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Page> {
    if looks_ahead(&headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Ok(id) = attempt.parse() else { return Ok(popup::nowhere(words::UNKNOWN_CALLBACK)) };
    let posted = match app.cookies.read_posted(&headers, id) {
        Some(cookie) => connect::posted(&app, id, &cookie).await?,
        None => None,
    };
    let Some(callback) = posted else { return told(&caller, id).await };
    settle(&app, &caller, callback, &headers).await?;
    let mut response = told(&caller, id).await?;
    for gone in [app.cookies.attempt(id, "", Duration::ZERO), app.cookies.posted(id, "", Duration::ZERO)] {
        address::set(response.headers_mut(), gone);
    }
    Ok(response)
}

/// Takes the attempt back, compares, and sends the code. `None`: nothing waits for this answer.
pub(super) async fn settle(
    app: &App,
    caller: &Caller,
    callback: Callback,
    headers: &HeaderMap,
) -> Result<Option<AttemptId>, Refusal> {
    let cookie = |id| app.cookies.read_attempt(headers, id);
    match connect::arrive(caller, callback, cookie).await? {
        Arrived::Unknown => Ok(None),
        Arrived::Ended(attempt) => Ok(is_own(caller, &attempt).then_some(attempt.id)),
        Arrived::Approved(attempt, code) => {
            let id = attempt.id;
            connect::finish(app, attempt, code).await?;
            Ok(Some(id))
        }
    }
}

/// 303, so that the browser's history keeps only where it goes.
pub(super) fn goes_on(attempt: AttemptId, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut response =
        (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/oauth/finish/{attempt}"))]).into_response();
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for cookie in cookies {
        address::set(headers, cookie);
    }
    response
}

/// A browser that fetches before its person asks for it, by each of the names that this has had.
pub(super) fn looks_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].into_iter().any(|name| {
        let purpose = headers.get(name).and_then(|purpose| purpose.to_str().ok()).unwrap_or_default();
        ["prefetch", "prerender", "preview"].iter().any(|ahead| purpose.to_ascii_lowercase().starts_with(ahead))
    })
}

fn is_own(caller: &Caller, attempt: &Attempt) -> bool {
    caller.session().is_ok_and(|session| session.user == attempt.user_id)
}

/// The page that says how the attempt stands; to its own person with names, to anybody else without.
pub(super) async fn told(caller: &Caller, id: AttemptId) -> Result<Response, Page> {
    let Some(attempt) = connect::returned(caller, id).await? else {
        return Ok(popup::nowhere(words::UNKNOWN_CALLBACK));
    };
    let (names, link) = about(caller.app(), &attempt).await?;
    if attempt.state.0 == AttemptState::Open {
        return Ok(popup::goes_on(&names));
    }
    if attempt.state.0 != AttemptState::Choosing {
        let is_unchosen = link.is_some_and(|link| link != Link::Unlinked && link.pinned_to().is_none());
        let unfit = connect::unfit(caller.app(), &attempt).await?;
        let unfit =
            if unfit.is_empty() { None } else { Some(picker::unfit(&unfit, &locations(caller, &attempt).await?)) };
        return Ok(popup::ended(&attempt, &names, is_unchosen, unfit));
    }
    let choices = connect::choices(caller, attempt.id).await?;
    if choices.pages.is_empty() && choices.others.is_empty() {
        // Nothing is left to choose: the network gave no more than the page has.
        let state = connect::choose(caller, id, Chosen { later: true, ..Chosen::default() }).await?;
        return Ok(popup::ended(&Attempt { state: Json(state), ..attempt }, &names, false, None));
    }
    let locations = locations(caller, &choices.attempt).await?;
    Ok(picker::picker(&names, choices, &locations))
}

async fn locations(caller: &Caller, attempt: &Attempt) -> Result<HashMap<LocationId, String>, Refusal> {
    let locations = workspaces::locations(caller.app(), attempt.workspace).await?;
    Ok(locations.into_iter().map(|location| (location.id, location.name)).collect())
}

/// The names of the location and the network, and the page's link.
async fn about(app: &App, attempt: &Attempt) -> Result<(Names, Option<Link>), Refusal> {
    let view = pages::view(app.store.read(), attempt.workspace, attempt.page).await?;
    let locations = workspaces::locations(app, attempt.workspace).await?;
    let cards = networks::cards(app.store.read(), &app.networks).await?;
    let location = view.as_ref().and_then(|view| locations.into_iter().find(|location| location.id == view.location));
    let network = view.as_ref().and_then(|view| cards.into_iter().find(|card| card.id == view.network));
    let location = location.map_or_else(|| "The page".to_owned(), |location| location.name);
    let network = network.map_or_else(|| "the network".to_owned(), |card| card.name);
    Ok((Names { location, network }, view.map(|view| view.link)))
}
