//! A person made of code: signs in, clicks, and fills in the sandbox's forms over HTTP, as a browser would.

use axum::http::{HeaderMap, HeaderValue, header};
use oauth2::url::Url;
use serde_json::json;

use super::super::{
    App, Caller,
    accounts::{self, Purpose},
    serve::StartError,
};
use crate::domain::{PageId, UserId};

/// What the person says at the network.
#[derive(Clone, Copy)]
pub struct Consent {
    /// As whom they approve.
    pub person: &'static str,
    /// Scopes that they untick.
    pub without: &'static [&'static str],
}

/// The person.
pub struct Robot {
    http: reqwest::Client,
    origin: String,
    sandbox: String,
    session: String,
    caller: Caller,
}

impl Robot {
    /// Signs in by a link of its own.
    pub async fn signed_in(app: &App, owner: UserId, sandbox: &str) -> Result<Self, StartError> {
        let nobody = Caller::of(app, HeaderMap::new()).await?;
        let link = accounts::make_link(app, Purpose::SignIn(owner)).await?;
        let [cookie, _] = accounts::use_sign_in_link(&nobody, &link).await?.cookies();
        let session = pair(&cookie);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&session).ok().ok_or(odd("its cookie"))?);
        let caller = Caller::of(app, headers).await?;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { http, origin: app.base_url.origin(), sandbox: sandbox.to_owned(), session, caller })
    }

    /// The person as a caller.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Leaves nothing behind: the owner's list of browsers has only browsers in it.
    pub async fn signs_out(&self) -> Result<(), StartError> {
        let own = self.caller.session()?.id;
        Ok(accounts::end_session(&self.caller, own).await?)
    }

    /// Clicks the red icon of `page`, approves, and lets the popup finish.
    pub async fn connects(&self, page: PageId, consent: Consent) -> Result<(), StartError> {
        let click = self.http.post(format!("{}/connect/{page}", self.origin));
        let start = click.header("cookie", &self.session).header("origin", &self.origin).form(&[("attempt", "")]);
        let start = start.send().await?;
        let attempt = start.headers().get(header::SET_COOKIE).map(pair).ok_or(odd("the start page's cookie"))?;
        let url = between(&start.text().await?, "location.replace(", ")").ok_or(odd("the start page"))?;
        let url: String = serde_json::from_str(&url).ok().ok_or(odd("the start page's address"))?;
        let way_back = self.approves(&url, consent).await?;
        let cookies = format!("{}; {attempt}", self.session);
        let back = self.http.get(way_back).header("cookie", &cookies).send().await?;
        let on = back.headers().get(header::LOCATION).and_then(|on| on.to_str().ok()).ok_or(odd("the way back"))?;
        let end = self.http.get(format!("{}{on}", self.origin)).header("cookie", &cookies).send().await?;
        let page = end.text().await?;
        self.chooses(&page, &cookies).await
    }

    async fn approves(&self, url: &str, consent: Consent) -> Result<String, StartError> {
        let question = self.http.get(url).send().await?.text().await?;
        let request = field(&question, "request").ok_or(odd("the consent page"))?;
        let asked = Url::parse(url).ok().ok_or(odd("the authorise address"))?;
        let scopes = asked.query_pairs().find(|(name, _)| name == "scope").map(|(_, value)| value.into_owned());
        let mut form =
            vec![("request", request), ("person", consent.person.to_owned()), ("answer", "approve".to_owned())];
        for scope in scopes.unwrap_or_default().split([' ', ',']).filter(|scope| !consent.without.contains(scope)) {
            form.push(("scope", scope.to_owned()));
        }
        let network = asked.path().split('/').nth(1).unwrap_or_default();
        let decide = self.http.post(format!("{}/{network}/oauth/decide", self.sandbox)).form(&form);
        let answer = decide.send().await?;
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        location.map(str::to_owned).ok_or(odd("the answer of the consent page"))
    }

    /// Takes the page whose name fits, else the first one that is free, where the network gave several.
    async fn chooses(&self, page: &str, cookies: &str) -> Result<(), StartError> {
        let Some(action) = between(page, "action=\"/connect/attempt/", "\"") else { return Ok(()) };
        let choices = page.split("<input").filter(|input| input.contains("name=\"account\""));
        let free: Vec<_> = choices.filter(|input| !input.contains("disabled")).collect();
        let fits = free.iter().find(|input| input.contains(" checked")).or(free.first());
        let account = fits.and_then(|input| between(input, "value=\"", "\"")).ok_or(odd("the choice of pages"))?;
        let choose = self.http.post(format!("{}/connect/attempt/{action}", self.origin));
        let choose = choose.header("cookie", cookies).header("origin", &self.origin);
        choose.form(&[("account", account)]).send().await?.error_for_status()?;
        Ok(())
    }

    /// Sets how long the network's tokens live from now on.
    pub async fn sets_life(&self, network: &str, seconds: Option<u64>) -> Result<(), StartError> {
        let faults = json!({ "network": network, "expires_in": seconds });
        let set = self.http.post(format!("{}/faults", self.sandbox)).json(&faults);
        set.send().await?.error_for_status()?;
        Ok(())
    }

    /// Changes the person's password at the network, which ends their permissions there.
    pub async fn changes_password(&self, network: &str, person: &str) -> Result<(), StartError> {
        let change = self.http.post(format!("{}/people/{person}/password?network={network}", self.sandbox));
        change.send().await?.error_for_status()?;
        Ok(())
    }
}

fn odd(what: &'static str) -> StartError {
    StartError::Demo(what)
}

/// `name=value` of a `Set-Cookie` header.
fn pair(cookie: &HeaderValue) -> String {
    let text = cookie.to_str().unwrap_or_default();
    text.split(';').next().unwrap_or_default().to_owned()
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found.to_owned())
}

fn field(html: &str, name: &str) -> Option<String> {
    let input = html.split("<input").find(|input| input.contains(&format!("name=\"{name}\"")))?;
    between(input, "value=\"", "\"")
}
