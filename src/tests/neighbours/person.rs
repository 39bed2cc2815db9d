//! A person at a server's own pages: they go where those lead, and fill in what they ask.

use std::collections::BTreeMap;

use oauth2::url::Url;

/// What the person types, and the button they press.
const TYPES: [(&str, &str); 4] =
    [("login", "ada"), ("username", "ada"), ("password", "anything"), ("allow", "Authorize")];
/// Nobody clicks on for ever.
const STEPS: usize = 12;

/// A browser of that person's own.
pub struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self { http: http.build().expect("a client"), cookies: BTreeMap::new() }
    }

    /// From `start` through the pages of the server at `origin`, until it leads elsewhere: where to.
    pub async fn walks(mut self, start: &Url, origin: &str, declined: &str) -> String {
        let mut place = start.clone();
        let mut page = self.hears(self.http.get(place.clone())).await;
        for _ in 0..STEPS {
            let next = page.headers().get("location").map(|next| next.to_str().expect("an address").to_owned());
            let Some(next) = next else {
                let text = page.text().await.expect("a page");
                let (action, fields) = form_of(&text, declined);
                place = action.map_or_else(|| place.clone(), |action| place.join(&action).expect("an address"));
                let request = self.http.post(place.clone()).header("referer", place.as_str()).form(&fields);
                page = self.hears(request).await;
                continue;
            };
            let next = place.join(&next).expect("an address");
            if next.origin().ascii_serialization() != origin {
                return next.to_string();
            }
            place = next;
            page = self.hears(self.http.get(place.clone())).await;
        }
        panic!("{place} leads nowhere");
    }

    async fn hears(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let jar: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", jar.join("; ")).send().await.expect("it answers");
        for cookie in answer.headers().get_all("set-cookie") {
            let text = cookie.to_str().expect("a cookie");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// The page's form, filled in: where it goes, and what it says.
fn form_of(page: &str, declined: &str) -> (Option<String>, Vec<(String, String)>) {
    let start = page.find("<form").unwrap_or_else(|| panic!("no form in {page}"));
    let form = &page[start..page[start..].find("</form>").map_or(page.len(), |end| start + end)];
    let action = attribute(form.split('>').next().unwrap_or_default(), "action").filter(|action| !action.is_empty());
    let mut fields = Vec::new();
    for input in form.split("<input").skip(1) {
        let input = input.split('>').next().unwrap_or_default();
        let Some(name) = attribute(input, "name") else { continue };
        let typed = TYPES.iter().find(|(known, _)| *known == name).map(|(_, typed)| (*typed).to_owned());
        let mut value = typed.or_else(|| attribute(input, "value")).unwrap_or_default();
        if name == "scope" {
            let kept: Vec<_> = value.split(' ').filter(|scope| *scope != declined).collect();
            value = kept.join(" ");
        }
        fields.push((name, value));
    }
    (action, fields)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    let plain = [("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Some(plain.iter().fold(value.to_owned(), |text, (written, meant)| text.replace(written, meant)))
}
