//! A person at a browser, made of HTTP: a cookie jar, the clicks, and the sandbox's forms.

use std::{collections::BTreeMap, sync::Mutex};

use oauth2::url::Url;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::world::World;
use crate::domain::{Activity, AttemptId, AttemptView, Board, Link, PageId, PageView, Status};

/// An answer of the app.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

pub struct Person<'w> {
    world: &'w World,
    pub workspace: String,
    pub cookies: Mutex<BTreeMap<String, String>>,
}

/// A popup that has come to the network's consent page.
pub struct Popup<'p, 'w> {
    person: &'p Person<'w>,
    pub attempt: AttemptId,
    pub url: Url,
}

/// The form of a page: where it goes, and its hidden fields.
pub type Form = (String, Vec<(String, String)>);

/// What a person answers at the network.
#[derive(Clone, Copy)]
pub enum Say<'a> {
    Yes(&'a str),
    YesBut(&'a str, &'a str),
    No,
}

impl<'w> Person<'w> {
    pub fn new(world: &'w World, workspace: String) -> Self {
        Self { world, workspace, cookies: Mutex::default() }
    }

    /// The same browser at another workspace.
    pub fn at(self, workspace: &str) -> Self {
        Self { workspace: workspace.to_owned(), ..self }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// A form of our own page.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let origin = self.world.app.base_url.origin();
        self.send(Method::POST, path, Some(form), &[("origin", &origin), ("sec-fetch-site", "same-origin")]).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Answer {
        // Where people find it is where it listens, but for instances that are said to lie behind a proxy.
        let path = path.strip_prefix(&self.world.app.base_url.origin()).unwrap_or(path);
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.world.origin) };
        let mut request = self.world.http.request(method, url).header("cookie", self.cookie_header());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let response = request.send().await.expect("the app answers");
        let answer = self.hears(response).await;
        // A browser goes on by itself; elsewhere the redirect is what a test is about.
        match answer.header("location") {
            on if on.starts_with("/oauth/finish/") => Box::pin(self.get(on)).await,
            _ => answer,
        }
    }

    /// As [`Person::post`], to a server that may be gone in the middle of it.
    pub async fn tries(&self, path: &str, form: &[(&str, &str)]) -> Option<Answer> {
        let request = self.world.http.post(format!("{}{path}", self.world.origin)).form(form);
        let request = request.header("cookie", self.cookie_header()).header("sec-fetch-site", "same-origin");
        self.may_hear(request.send().await.ok()?).await
    }

    /// As [`Person::connects`], at a server that may be gone in the middle of it.
    pub async fn tries_to_connect(&self, page: PageId, as_whom: &str) -> Option<()> {
        let attempt = uuid::Uuid::now_v7().to_string();
        let start = self.tries(&format!("/connect/{page}"), &[("attempt", &attempt)]).await?;
        let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).ok()?;
        let callback = self.popup_at(&url).callback(Say::Yes(as_whom)).await;
        let request = self.world.http.get(callback).header("cookie", self.cookie_header());
        let arrived = self.may_hear(request.send().await.ok()?).await?;
        let finish = format!("{}{}", self.world.origin, arrived.header("location"));
        let request = self.world.http.get(finish).header("cookie", self.cookie_header());
        self.may_hear(request.send().await.ok()?).await.map(drop)
    }

    async fn may_hear(&self, response: reqwest::Response) -> Option<Answer> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.keep_cookies(&headers);
        let body = response.text().await.ok()?;
        self.world.heard.lock().expect("nobody panicked with it").push(format!("{headers:?}\n{body}"));
        Some(Answer { status, headers, body })
    }

    async fn hears(&self, response: reqwest::Response) -> Answer {
        self.may_hear(response).await.expect("a body")
    }

    /// A form of the network's page comes in: across sites, so without any cookie. Where the browser is sent on to.
    pub async fn posts_across(&self, (address, fields): &Form) -> Answer {
        let request = self.world.http.post(address).form(fields);
        let request = request.header("origin", &self.world.sandbox).header("sec-fetch-site", "cross-site");
        self.hears(request.send().await.expect("the app answers")).await
    }

    pub fn cookies(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().expect("nobody panicked with it")
    }

    pub fn cookie_header(&self) -> String {
        let jar = self.cookies.lock().expect("nobody panicked with it");
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, headers: &reqwest::header::HeaderMap) {
        let mut jar = self.cookies.lock().expect("nobody panicked with it");
        for cookie in headers.get_all("set-cookie") {
            let text = cookie.to_str().expect("a cookie");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if value.is_empty() || text.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Calls a server function.
    pub async fn call(&self, function: &str, form: &[(&str, &str)]) -> Answer {
        let origin = self.world.app.base_url.origin();
        let headers = [("origin", origin.as_str()), ("accept", "application/json")];
        self.send(Method::POST, &format!("/api/{function}"), Some(form), &headers).await
    }

    /// The newest sentence of the Activity tab.
    pub async fn told_last(&self) -> String {
        let none = ["page", "q", "network", "before", "after"].map(|name| (name, ""));
        let form = [&[("workspace", self.workspace.as_str())][..], &none].concat();
        let activity: Activity = self.call("pages/activity", &form).await.json();
        activity.told.first().map_or_else(String::new, |told| told.said.whole())
    }

    pub async fn board(&self) -> Board {
        self.board_of(("", "all", "0"), "").await
    }

    /// The board under a choice: search, chip, place in the list.
    pub async fn board_of(&self, (q, show, from): (&str, &str, &str), shown: &str) -> Board {
        let form = [("workspace", self.workspace.as_str()), ("q", q), ("show", show), ("from", from), ("shown", shown)];
        let answer = self.call("pages/board", &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Adds a location and its pages on these networks.
    pub async fn has(&self, location: &str, networks: &[&str]) -> Vec<PageId> {
        let form = [("workspace", self.workspace.as_str()), ("name", location)];
        let location: Value = self.call("workspace/add_location", &form).await.json();
        let mut pages = Vec::new();
        for network in networks {
            let form = [("location", location["id"].as_str().expect("an id")), ("network", network)];
            let page: PageView = self.call("pages/add", &form).await.json();
            pages.push(page.id);
        }
        pages
    }

    pub async fn link(&self, page: PageId) -> Link {
        let board = self.board_of(("", "all", "0"), &page.to_string()).await;
        board.pages.into_iter().find(|view| view.id == page).expect("the page is on the board").link
    }

    pub async fn sees(&self, page: PageId) -> Status {
        let board = self.board_of(("", "all", "0"), &page.to_string()).await;
        let view = board.pages.iter().find(|view| view.id == page).expect("the page is on the board");
        let network = board.networks.iter().find(|card| card.id == view.network).expect("its network too");
        Status::of(&view.link, network.silent_since, false, board.now)
    }

    pub async fn opens_popup(&self, page: PageId) -> Popup<'_, 'w> {
        let attempt = uuid::Uuid::now_v7().to_string();
        let start = self.post(&format!("/connect/{page}"), &[("attempt", &attempt)]).await;
        assert_eq!(start.status, 200, "{start:?}");
        let url = between(&start.body, "location.replace(", ")");
        let url: String = serde_json::from_str(&url).expect("an address");
        Popup { person: self, attempt: attempt.parse().expect("an id"), url: Url::parse(&url).expect("an address") }
    }

    /// As [`Person::opens_popup`], at a network with many addresses: types one, if the popup asks for it.
    pub async fn opens_popup_at(&self, page: PageId, typed: &str) -> Popup<'_, 'w> {
        let attempt = uuid::Uuid::now_v7().to_string();
        let mut start = self.post(&format!("/connect/{page}"), &[("attempt", &attempt)]).await;
        if start.body.contains("name=\"address\"") {
            start = self.post(&format!("/connect/{page}"), &[("attempt", &attempt), ("address", typed)]).await;
        }
        assert_eq!(start.status, 200, "{start:?}");
        let url: String = serde_json::from_str(&between(&start.body, "location.replace(", ")")).expect("an address");
        Popup { person: self, attempt: attempt.parse().expect("an id"), url: Url::parse(&url).expect("an address") }
    }

    /// The popup at an address that a test took from the start page itself.
    pub fn popup_at(&self, url: &str) -> Popup<'_, 'w> {
        Popup { person: self, attempt: AttemptId(uuid::Uuid::nil()), url: Url::parse(url).expect("an address") }
    }

    pub async fn connects(&self, page: PageId, as_whom: &str) -> Answer {
        self.opens_popup(page).await.answers(Say::Yes(as_whom)).await
    }

    pub async fn disconnects(&self, page: PageId) -> Answer {
        self.call("pages/disconnect", &[("page", &page.to_string())]).await
    }

    pub async fn looks(&self, attempt: AttemptId) -> AttemptView {
        self.call("attempts/look", &[("attempt", &attempt.to_string())]).await.json()
    }
}

impl Popup<'_, '_> {
    /// Answers at the network and lets the popup come back.
    pub async fn answers(&self, say: Say<'_>) -> Answer {
        let callback = self.callback(say).await;
        self.person.get(&callback).await
    }

    /// Answers at the network; the address that the popup is sent to.
    pub async fn callback(&self, say: Say<'_>) -> String {
        let answer = self.decides(say).await;
        let location = answer.headers().get("location").expect("the way back");
        location.to_str().expect("an address").to_owned()
    }

    /// Answers at a network whose page posts the answer.
    pub async fn form(&self, say: Say<'_>) -> Form {
        let page = self.decides(say).await.text().await.expect("a page");
        let field = |input: &str| (between(input, "name=\"", "\""), between(input, "value=\"", "\""));
        let fields = page.split("<input").skip(1).map(field).collect();
        (between(&page, "action=\"", "\""), fields)
    }

    /// Goes where the network leads, if it leads elsewhere.
    pub async fn follows(self) -> Self {
        let there = self.person.world.http.get(self.url.clone()).send().await.expect("the network answers");
        let url = there.headers().get("location").expect("it leads elsewhere").to_str().expect("an address");
        Self { url: Url::parse(url).expect("an address"), ..self }
    }

    async fn decides(&self, say: Say<'_>) -> reqwest::Response {
        let http = &self.person.world.http;
        let question = http.get(self.url.clone()).send().await.expect("the network answers");
        let question = question.text().await.expect("a page");
        let request = question.split("<input").find(|input| input.contains("name=\"request\"")).expect("the question");
        let request = between(request, "value=\"", "\"");
        let mut form = vec![("request", request)];
        let (person, without) = match say {
            Say::Yes(person) => (person, ""),
            Say::YesBut(person, without) => (person, without),
            Say::No => ("ada", ""),
        };
        form.push(("person", person.to_owned()));
        form.push(("answer", if matches!(say, Say::No) { "cancel" } else { "approve" }.to_owned()));
        let scope = self.url.query_pairs().find(|(name, _)| name == "scope").expect("scopes").1.into_owned();
        for scope in scope.split([' ', ',']).filter(|scope| *scope != without) {
            form.push(("scope", scope.to_owned()));
        }
        let network = self.url.path().split('/').nth(1).expect("a network").to_owned();
        let decide = http.post(format!("{}/{network}/oauth/decide", self.person.world.sandbox)).form(&form);
        decide.send().await.expect("the network answers")
    }

    pub fn state(&self) -> String {
        self.url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned()
    }
}

pub fn between(text: &str, start: &str, end: &str) -> String {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
    rest.split_once(end).expect("an end").0.to_owned()
}
