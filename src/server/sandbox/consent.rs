//! The consent page: a network asks a person whether an application may.

use axum::{
    extract::{Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{LOCATION, REFERER},
    },
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use oauth2::url::form_urlencoded;

use super::{
    Here, clients,
    faults::{Coop, Elsewhere},
    html::{self, escaped},
    networks::Network,
    params::Params,
    people::{PEOPLE, Person},
    way_back::{Ask, WayBack},
};

/// `GET /{network}/oauth/authorize`.
pub(super) async fn authorize(
    State(here): State<Here>,
    jar: CookieJar,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Response {
    let network = here.network;
    let faults = here.sandbox.book(|ledger| {
        ledger.came_from(network, headers.get(REFERER));
        ledger.faults.at(network, None)
    });
    if let Some(address) = faults.leads_to.as_ref().and_then(|elsewhere| astray(&here, elsewhere, &params)) {
        return (StatusCode::FOUND, [(LOCATION, address)]).into_response();
    }
    let (client_id, way_back) = match WayBack::read(network, &params, &faults) {
        Ok(known) => known,
        Err(words) => return html::mistake(Some(network), words),
    };
    match Ask::read(network, client_id, way_back.clone(), &params) {
        Ok(ask) => consider(&here, last_person(&jar, network), ask),
        Err(wrong) => here.sends_back(&way_back, ("error", wrong), None, StatusCode::FOUND),
    }
}

/// The same request, but to another application's network; `None` when it is there already.
fn astray(here: &Here, elsewhere: &Elsewhere, params: &Params) -> Option<String> {
    let network = Network::called(&elsewhere.network)?;
    if network.id == here.network.id && params.one("client_id") == Some(&elsewhere.client_id) {
        return None;
    }
    let scopes: Vec<_> = network.scopes.iter().map(|scope| scope.id).collect();
    let replaced =
        [("client_id", elsewhere.client_id.clone()), ("scope", scopes.join(&network.asked_with.to_string()))];
    let redirect_uri = elsewhere.redirect_uri.clone().map(|uri| ("redirect_uri", uri));
    let replaced: Vec<_> = replaced.into_iter().chain(redirect_uri).collect();
    let kept = params.pairs().filter(|(name, _)| !replaced.iter().any(|(new, _)| new == name));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).extend_pairs(&replaced).finish();
    Some(format!("{}/oauth/authorize?{query}", here.sandbox.issuer(network)))
}

/// Shows the page, or spares the person a question that was answered before.
fn consider(here: &Here, last: Option<&'static Person>, ask: Ask) -> Response {
    here.sandbox.book(|ledger| ledger.asked(here.network, &ask));
    if let Some(code) = last.and_then(|person| approve_silently(here, person, &ask)) {
        return here.sends_back(&ask.way_back, ("code", &code), last, StatusCode::FOUND);
    }
    let (client_id, scopes) = (ask.client_id.clone(), ask.scopes.clone());
    let (id, coop) = here.sandbox.book(|ledger| {
        let coop = ledger.faults.at(here.network, None).coop;
        (ledger.wait(here.network, ask), coop)
    });
    let app = clients::display_name(&client_id);
    with_coop(consent_page(here.network, app, &scopes, &Form { id, checked: last.unwrap_or(&PEOPLE[0]) }), coop)
}

fn approve_silently(here: &Here, person: &'static Person, ask: &Ask) -> Option<String> {
    let (network, may) = (here.network, here.network.is_silent && !ask.force);
    here.sandbox.book(|ledger| {
        let is_known = may && ledger.approved_before(network, person.id, &ask.client_id, &ask.scopes);
        is_known.then(|| ledger.approve(network, person, ask, ask.scopes.clone()))
    })
}

struct Form {
    id: String,
    checked: &'static Person,
}

fn consent_page(network: &Network, app: &str, scopes: &[String], form: &Form) -> Response {
    let (name, app, id) = (network.name, escaped(app), escaped(&form.id));
    let people: String = PEOPLE.iter().map(|person| radio(person, person.id == form.checked.id)).collect();
    let scopes: String =
        scopes.iter().filter_map(|id| network.scope(id)).map(|scope| checkbox(scope.id, scope.words)).collect();
    let body = format!(
        "<h1>{name}</h1><p><strong>{app}</strong> wants to use your {name} account.</p>\
         <form method=\"post\" action=\"/{}/oauth/decide\"><input type=\"hidden\" name=\"request\" value=\"{id}\">\
         <fieldset><legend>Continue as</legend><div class=\"people\">{people}</div></fieldset>\
         <fieldset><legend>{app} wants to</legend>{scopes}</fieldset>\
         <div class=\"answers\"><button class=\"yes\" name=\"answer\" value=\"approve\">Approve</button>\
         <button name=\"answer\" value=\"cancel\">Cancel</button></div></form>",
        network.id
    );
    html::page(Some(network), &format!("{name}: {app} asks for permission"), &body)
}

fn radio(person: &Person, is_checked: bool) -> String {
    let checked = if is_checked { " checked" } else { "" };
    let (id, name) = (person.id, person.name);
    format!("<label><input type=\"radio\" name=\"person\" value=\"{id}\"{checked} required>{name}</label>")
}

fn checkbox(id: &str, words: &str) -> String {
    format!("<label><input type=\"checkbox\" name=\"scope\" value=\"{id}\" checked>{words}</label>")
}

/// The cookie by which a network remembers who was here last. It is not signed: nothing here is worth stealing.
pub(super) fn last_person_cookie(network: &Network) -> String {
    format!("sbx-last-{}", network.id)
}

fn last_person(jar: &CookieJar, network: &Network) -> Option<&'static Person> {
    Person::called(jar.get(&last_person_cookie(network))?.value())
}

/// Some networks cut the popup off from the window that opened it.
pub(super) fn with_coop(mut response: Response, coop: Option<Coop>) -> Response {
    if let Some(coop) = coop {
        let value = HeaderValue::from_static(coop.header());
        response.headers_mut().insert("cross-origin-opener-policy", value);
    }
    response
}

impl Here {
    /// The way back with an outcome, as the faults for this person will have it: 302 where nobody was asked, 303 after a
    /// form, so that the browser does not post it again.
    pub(super) fn sends_back(
        &self,
        way_back: &WayBack,
        outcome: (&'static str, &str),
        person: Option<&Person>,
        status: StatusCode,
    ) -> Response {
        let faults = self.sandbox.book(|ledger| ledger.faults.at(self.network, person.map(|person| person.id)));
        way_back.answer(outcome, &self.sandbox.issuer(self.network), &faults, status)
    }
}
