//! The doors of an attempt: the click's form, the network's callback, the choice of a page.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{Form, Path, RawForm, RawQuery, State, rejection::RawFormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    Page, address,
    outcome::{goes_on, looks_ahead, settle, told},
    popup, which,
};
use crate::{
    domain::{AttemptId, NetworkAppId, PageId, words},
    server::{
        App, Caller, Refusal,
        connect::{self, Callback, Chosen, Started, Way, Wish},
        networks::{self, ResponseMode},
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
    /// Whether the network is to ask which account it is.
    choose_account: Option<String>,
    /// Whether the network is to ask which pages it gives.
    change_pages: Option<String>,
    /// What was typed, where the network has many addresses.
    address: Option<String>,
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
    let (choose_account, change_pages) = (click.choose_account.is_some(), click.change_pages.is_some());
    let wish = Wish { attempt: suggested, choose_account, change_pages, address: click.address };
    let Started { attempt, url, network, cookie, ended } = match connect::start(&caller, page, wish).await? {
        Way::There(started) => started,
        Way::Told(attempt) => return told(&caller, attempt).await,
        Way::Which(which) => return Ok(which::which(*which)),
    };
    let mut response = popup::on_the_way(&network, &url);
    for old in ended {
        address::set(response.headers_mut(), app.cookies.attempt(old, "", Duration::ZERO));
    }
    address::set(response.headers_mut(), app.cookies.attempt(attempt, &cookie, COOKIE_LIFE));
    Ok(response)
}

/// `GET /oauth/callback/{network app}`: the network sends the person back. Their browser goes on to an address with
/// neither code nor state in it, so that its history keeps none (SECURITY: O-27).
pub async fn callback(
    State(app): State<App>,
    caller: Caller,
    Path(network_app): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Page> {
    // A browser that looks ahead must not spend what the person has not seen yet.
    if looks_ahead(&headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let query = query.unwrap_or_default();
    let mut callback = read(&network_app, &query);
    if let Some(found) = &mut callback {
        // Another process may have been given the app a moment ago.
        let network_app = app.networks.find(found.network_app).await.map_err(Refusal::from)?;
        match network_app.map(|network_app| networks::is_signed(&network_app, &query)) {
            Some(Some(instance)) => found.instance = instance,
            // Not signed as this network signs: the state is not even looked for.
            Some(None) => callback = None,
            None => {}
        }
    }
    // A network whose page posts its answers sends none in an address.
    let Some(callback) = callback.filter(|callback| !posts(&app, callback.network_app)) else {
        return Ok(popup::nowhere(words::BAD_CALLBACK));
    };
    let Some(attempt) = settle(&app, &caller, callback, &headers).await? else {
        return Ok(popup::nowhere(words::UNKNOWN_CALLBACK));
    };
    let gone = app.cookies.attempt(attempt, "", Duration::ZERO);
    if app.stopping.is_cancelled() {
        // Nobody would answer where the browser is sent on to.
        let mut response = told(&caller, attempt).await?;
        address::set(response.headers_mut(), gone);
        return Ok(response);
    }
    Ok(goes_on(attempt, [gone]))
}

/// `POST /oauth/callback/{network app}`: the page of a network that answers by a form posts the answer. No cookie of ours
/// comes with it, so it is kept, and the browser goes on to where the cookies come along.
pub async fn posted(
    State(app): State<App>,
    Path(network_app): Path<String>,
    form: Result<RawForm, RawFormRejection>,
) -> Result<Response, Page> {
    let id: Option<NetworkAppId> = network_app.parse().ok();
    if let Some(id) = id {
        app.networks.find(id).await.map_err(Refusal::from)?;
    }
    if !id.is_some_and(|id| posts(&app, id)) {
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response());
    }
    let form = form.ok().and_then(|RawForm(form)| String::from_utf8(form.into()).ok());
    let Some(callback) = form.and_then(|form| read(&network_app, &form)) else {
        return Ok(popup::nowhere(words::BAD_CALLBACK));
    };
    match connect::post(&app, callback).await.map_err(Refusal::from)? {
        Some(sealed) => Ok(goes_on(sealed.attempt, [app.cookies.posted(sealed.attempt, &sealed.cookie, COOKIE_LIFE)])),
        None => Ok(popup::nowhere(words::UNKNOWN_CALLBACK)),
    }
}

/// Whether this app's network answers by a form.
pub(super) fn posts(app: &App, network_app: NetworkAppId) -> bool {
    let network_app = app.networks.app(network_app);
    network_app.is_some_and(|app| app.definition.authorize.response_mode == ResponseMode::FormPost)
}

/// `HEAD` on the callback or a sign-in link: a link scanner learns nothing and spends nothing.
pub async fn look_ahead() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Reads the query. `None` for everything that no network sends: no state, both a code and an error or neither,
/// anything twice, too much of it, letters that these parameters never have, another spelling of the address
/// (SECURITY: O-24).
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
    // RFC 6749, appendix A: visible ASCII. What does not decode as UTF-8 has become something else by now.
    let is_plain = |name| fields.get(name).is_none_or(|value| value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    if !["code", "error", "state", "iss"].into_iter().all(is_plain) {
        return None;
    }
    let answer = match (fields.remove("code"), fields.remove("error")) {
        (Some(code), None) if !code.is_empty() => Ok(SecretString::from(code)),
        (None, Some(error)) if !error.is_empty() => Err(error),
        _ => return None,
    };
    let state = fields.remove("state").filter(|state| !state.is_empty())?;
    let id: NetworkAppId = network_app.parse().ok()?;
    if id.to_string() != network_app {
        return None;
    }
    Some(Callback { network_app: id, state, answer, iss: fields.remove("iss"), instance: None })
}

/// `POST /connect/attempt/{attempt}/choose`: links what was chosen.
pub async fn choose(
    caller: Caller,
    Path(attempt): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Page> {
    let id: AttemptId = attempt.parse().ok().ok_or(Refusal::NotFound)?;
    let mut chosen = Chosen::default();
    for (name, value) in fields {
        match name.as_str() {
            "account" => chosen.account = Some(value),
            "also" => chosen.also.push(value.parse().ok().ok_or(Refusal::NotFound)?),
            "all" => chosen.all = true,
            "later" => chosen.later = true,
            _ => {}
        }
    }
    connect::choose(&caller, id, chosen).await?;
    told(&caller, id).await
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
            "code=c%00&state=s",
            "code=c&state=s%0d%0a",
            "code=%ff&state=s",
            "error=%c3%a9&state=s",
            "code=c&state=s&iss=%e2%80%ae",
        ] {
            assert!(read(APP, bad).is_none(), "{bad}");
        }
        assert!(read(APP, &format!("code={}&state=s", "c".repeat(QUERY_LIMIT))).is_none());
        for other in
            ["x", &APP.to_uppercase(), &APP.replace('-', ""), &format!("{{{APP}}}"), &format!("urn:uuid:{APP}")]
        {
            assert!(read(other, "code=c&state=s").is_none(), "{other}");
        }
    }
}
