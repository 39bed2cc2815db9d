//! The one HTTP client that speaks to networks, with limits: no redirects (SSRF), no proxies from the environment, five
//! seconds to connect, sixty to answer, 256 kB of body. Hosts that nobody here chose are asked through a door of their
//! own ([`super::outside`]).

use std::{sync::Arc, time::Duration};

use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};
use oauth2::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::{
    keyring::Keyring,
    names,
    outside::{self, Door, Lookup},
    proofs::{Draft, Proofs, Refused, refused},
};
use crate::server::clock::Clock;

/// How long a network is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until it takes the connection.
    pub connect: Duration,
    /// Until the whole answer is there. Giving up after the request has left makes its outcome unknown, so this is
    /// longer than any network needs.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_mins(1) }
    }
}

const BODY_LIMIT: usize = 256 * 1024;
/// Some networks refuse clients that do not say who they are.
pub(super) const USER_AGENT: &str = concat!("greentick/", env!("CARGO_PKG_VERSION"));

/// The network did not answer with something that can be read. Never a reason to forget a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It could not be reached, so nothing was sent.
    #[error("the network cannot be reached")]
    Unreachable,
    /// The connection ended or the time ran out after the request was sent.
    #[error("the network did not answer in time")]
    Lost,
    /// Its server said that it does not work now.
    #[error("the network says that it is down")]
    Down,
    /// The answer is larger than any that is expected.
    #[error("the network's answer is too large")]
    TooLarge,
    /// The definition's address is none.
    #[error("the definition's address is not a usable one")]
    BadAddress,
}

/// An answer to a call: the status, and the JSON if it is some.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// When to come back, in seconds, where the network says so.
    pub retry_after: Option<u64>,
    /// Where the rest of a list is, as the header `Link` says it (RFC 8288).
    pub next: Option<String>,
    /// The body; `Null` when it is not JSON.
    pub json: Value,
    /// What it has against the proof of the grant's key.
    pub(super) refused: Option<Refused>,
}

impl Answer {
    /// Whether the call worked.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What lies at a dotted path, as text, whether it is a string or a number.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        text_at(&self.json, path)
    }
}

/// What lies at a dotted path of `json`; a number counts the items of a list, and the empty path is all of it.
#[must_use]
pub fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    let step = |value: &'a Value, key: &str| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    };
    path.split('.').filter(|key| !key.is_empty()).try_fold(json, step)
}

/// As [`at`], as text.
#[must_use]
pub fn text_at(json: &Value, path: &str) -> Option<String> {
    match at(json, path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// Speaks to networks. Cheap to clone; one per process.
#[derive(Clone, Debug)]
pub struct NetworkClient {
    http: reqwest::Client,
    proofs: Proofs,
    /// Knows only addresses in the open.
    outside: reqwest::Client,
    /// Hosts that are let in by name, for tests.
    allowed: Arc<[String]>,
    /// The keys that networks publish.
    pub(super) keyring: Keyring,
    /// Where a test plays all networks.
    #[cfg(test)]
    stage: std::sync::Arc<std::sync::OnceLock<String>>,
}

impl NetworkClient {
    /// Makes the client. `allowed` are hosts that may be typed though they lie inside.
    ///
    /// # Errors
    /// When the system's TLS cannot be set up.
    pub fn new(patience: Patience, allowed: &[String]) -> Result<Self, reqwest::Error> {
        Self::resolving(patience, allowed, outside::system())
    }

    pub(super) fn resolving(patience: Patience, allowed: &[String], lookup: Lookup) -> Result<Self, reqwest::Error> {
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(patience.connect)
                .user_agent(USER_AGENT)
        };
        Ok(Self {
            http: builder().timeout(patience.answer).build()?,
            outside: outside::client(builder(), lookup)?,
            allowed: allowed.into(),
            proofs: Proofs::default(),
            keyring: Keyring::default(),
            #[cfg(test)]
            stage: std::sync::Arc::default(),
        })
    }

    /// The same, by that clock: what is proved is proved for a moment.
    #[must_use]
    pub fn by(mut self, clock: Clock) -> Self {
        self.proofs = Proofs::of(clock);
        self
    }

    /// What its requests are proved with.
    #[must_use]
    pub fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// Proves the request, sends it, and reads the answer.
    ///
    /// # Errors
    /// [`NoAnswer`]; a refusal is an answer.
    pub(super) async fn ask(&self, draft: &Draft<'_>) -> Result<HttpResponse, NoAnswer> {
        let (sender, door) = (self.clone(), draft.app.door());
        let send = move |request| {
            let sender = sender.clone();
            async move { sender.send(door, request).await }
        };
        self.proofs.send(draft, send).await
    }

    /// What the DNS says of a name in words.
    pub(super) async fn texts(&self, name: &str) -> Vec<String> {
        #[cfg(test)]
        if self.stage.get().is_some() {
            let request = http::Request::get(format!("https://dns/{name}")).body(vec![]).expect("a request");
            let said = self.answer(Door::Known, request).await.map(|answer| answer.json).unwrap_or_default();
            return serde_json::from_value(said).unwrap_or_default();
        }
        names::texts(name).await
    }

    /// Hosts that are let in by name.
    #[must_use]
    pub fn allowed(&self) -> &[String] {
        &self.allowed
    }

    /// The same, with other hosts that are let in.
    #[must_use]
    pub fn allowing(&self, allowed: Vec<String>) -> Self {
        Self { allowed: allowed.into(), ..self.clone() }
    }

    /// Sends the request, and reads the answer.
    ///
    /// # Errors
    /// [`NoAnswer`]; a refusal is an answer.
    pub async fn answer(&self, door: Door, request: HttpRequest) -> Result<Answer, NoAnswer> {
        self.send(door, request).await.map(Answer::from)
    }

    /// Sends the request.
    ///
    /// # Errors
    /// As [`NetworkClient::answer`].
    pub async fn send(&self, door: Door, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let mut request = reqwest::Request::try_from(request).map_err(said)?;
        let response = self.through(door, &mut request)?.execute(request).await.map_err(said)?;
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            headers.clone_from(response.headers());
        }
        let body = limited(response).await?;
        answer.body(body).ok().ok_or(NoAnswer::Lost)
    }
}

impl NetworkClient {
    /// The client for the request, which is looked at as it will be sent.
    fn through(&self, door: Door, request: &mut reqwest::Request) -> Result<&reqwest::Client, NoAnswer> {
        let http = match door {
            Door::Known => &self.http,
            Door::Outside => {
                outside::look_at(request.url(), &self.allowed)?;
                *request.timeout_mut() = Some(outside::PATIENCE);
                if outside::is_allowed(request.url(), &self.allowed) { &self.http } else { &self.outside }
            }
        };
        #[cfg(test)]
        let http = if self.leads(request) { &self.http } else { http };
        Ok(http)
    }
}

#[cfg(test)]
impl NetworkClient {
    /// From now on all hosts are played on this stage: host and path are the path there.
    ///
    /// # Panics
    /// When it is played elsewhere already.
    pub fn is_played_at(&self, stage: &str) {
        self.stage.set(stage.to_owned()).expect("one stage for each client");
    }

    fn leads(&self, request: &mut reqwest::Request) -> bool {
        let Some(stage) = self.stage.get() else { return false };
        let url = request.url();
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let led = format!("{stage}/{}{}{query}", url.host_str().unwrap_or_default(), url.path());
        *request.url_mut() = led.parse().expect("an address");
        true
    }
}

async fn limited(mut response: reqwest::Response) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(said)? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(NoAnswer::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl From<HttpResponse> for Answer {
    fn from(response: HttpResponse) -> Self {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers()),
            next: header("link").and_then(next_of),
            refused: refused(response.status().as_u16(), response.headers(), response.body()),
            json: serde_json::from_slice(response.body()).unwrap_or_default(),
        }
    }
}

/// In seconds or as a date (RFC 9110, section 10.2.3). A date counts from the answer's own: their clock is not ours.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let when = text(RETRY_AFTER)?;
    if let Ok(seconds) = when.parse() {
        return Some(seconds);
    }
    let (then, now) = (httpdate::parse_http_date(when).ok()?, httpdate::parse_http_date(text(DATE)?).ok()?);
    then.duration_since(now).ok().map(|pause| pause.as_secs())
}

/// Of `<…>; rel="prev", <…>; rel="next"` the latter.
fn next_of(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\"") || part.contains("rel=next"))?;
    Some(next.split_once('<')?.1.split_once('>')?.0.to_owned())
}

/// reqwest's own words carry the address, and that can carry a token; only the kind of trouble is kept.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn said(error: reqwest::Error) -> NoAnswer {
    if error.is_builder() {
        return NoAnswer::BadAddress;
    }
    if error.is_connect() { NoAnswer::Unreachable } else { NoAnswer::Lost }
}

#[cfg(test)]
mod tests;
