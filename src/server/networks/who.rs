//! Who approved, which pages are theirs, and what they granted.

use http::Uri;
use oauth2::{HttpRequest, url::Url};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    Bearer, NetworkApp, NetworkClient, Verdict,
    asking::{ask, draft, request, words},
    client::{Answer, at, text_at},
    definition::{Call, More, Pages, Parents},
};
use crate::domain::Account;

/// Lists are read to their end, and no further than any person has pages.
/// Agencies are at home in a hundred, and some networks tell of each by itself.
const REQUESTS_AT_MOST: usize = 200;
const PAGES_AT_MOST: usize = 2_000;

/// A page that a consent gives.
#[derive(Clone, Debug)]
pub struct RemotePage {
    /// Its stable id, and its name.
    pub account: Account,
    /// What it is called in addresses there, if that is something else.
    pub handle: Option<String>,
    /// Whether it can be connected.
    pub usable: Result<(), Unusable>,
    /// Its own token, where the network gives one for each page.
    pub token: Option<SecretString>,
}

/// The pages that a consent gives.
#[derive(Debug)]
pub struct Listed {
    /// Those that were read.
    pub pages: Vec<RemotePage>,
    /// Whether these are all: what is not in a list that was cut off is not known to be gone.
    pub is_whole: bool,
}

/// Why a page cannot be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// The person may not do there what the app is for.
    LacksRole,
}

/// Why the network did not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhoError {
    /// It refused, or did not answer.
    #[error("the network did not say it: {0:?}")]
    Refused(Verdict),
    /// Its answer lacks what the definition promises.
    #[error("the network's answer lacks what its definition promises")]
    Odd,
    /// The server that gave the tokens may not speak for whom they name.
    #[error("the tokens name somebody whom this server may not speak for")]
    NotTheirs,
}

/// A conversation about one consent, with so many requests at most.
struct Talk<'a> {
    client: &'a NetworkClient,
    app: &'a NetworkApp,
    bearer: Bearer<'a>,
    left: usize,
}

impl Talk<'_> {
    async fn ask(&mut self, call: &Call, words: &[(&str, &str)]) -> Result<Answer, WhoError> {
        let request = self.request(call, words)?;
        self.send(call, request).await
    }

    fn request(&self, call: &Call, more: &[(&str, &str)]) -> Result<HttpRequest, WhoError> {
        let made = request(self.app, call, &words(self.app, self.bearer, more));
        made.ok().ok_or(WhoError::Refused(Verdict::NoAnswer))
    }

    async fn send(&mut self, call: &Call, request: HttpRequest) -> Result<Answer, WhoError> {
        self.left = self.left.checked_sub(1).ok_or(WhoError::Odd)?;
        let answer = self.client.ask(&draft(self.app, call, self.bearer, request)).await.map(Answer::from);
        match (Verdict::of_call(&self.app.definition, &answer, call.ok.as_ref()), answer) {
            (Verdict::Alive, Ok(answer)) => Ok(answer),
            (verdict, _) => Err(WhoError::Refused(verdict)),
        }
    }

    /// The items of a list, however many requests it takes, and whether these are all.
    async fn list(
        &mut self,
        call: &Call,
        (items, leaves_out_empty, more): (Option<&str>, bool, Option<&More>),
        words: &[(&str, &str)],
    ) -> Result<(Vec<Value>, bool), WhoError> {
        let (mut all, mut call, mut place) = (Vec::new(), call.clone(), None::<Uri>);
        loop {
            let mut request = self.request(&call, words)?;
            if let Some(place) = place.take() {
                *request.uri_mut() = place;
            }
            let asked = request.uri().clone();
            let answer = self.send(&call, request).await?;
            let Some(items) = items else { return Ok((vec![answer.json], true)) };
            let found = match at(&answer.json, items) {
                Some(Value::Array(found)) => found.as_slice(),
                None if leaves_out_empty && answer.json.is_object() => &[],
                _ => return Err(WhoError::Odd),
            };
            let room = PAGES_AT_MOST - all.len();
            all.extend(found.iter().take(room).cloned());
            match more.and_then(|more| next(more, &answer, (&asked, found.len(), all.len()))) {
                None => return Ok((all, found.len() <= room)),
                Some(Next::Elsewhere) => return Ok((all, false)),
                _ if all.len() >= PAGES_AT_MOST => return Ok((all, false)),
                Some(Next::Word { param, word }) => drop(call.params.insert(param, word)),
                Some(Next::Place(next)) => place = Some(next),
            }
        }
    }

    async fn parents(&mut self, parents: &Parents) -> Result<(Vec<String>, bool), WhoError> {
        let (found, is_whole) = self
            .list(&parents.ask, (Some(&parents.items), parents.leaves_out_empty, parents.more.as_ref()), &[])
            .await?;
        let id = |item: &Value| parents.id.iter().find_map(|path| text_at(item, path));
        let cut = |id: String| id.strip_prefix(&parents.prefix).unwrap_or(&id).to_owned();
        let mut ids: Vec<String> = Vec::new();
        for id in found.iter().filter_map(id).map(cut) {
            // One row for each role, and one list for all of them.
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok((ids, is_whole))
    }
}

/// How the rest of a list is asked for.
enum Next {
    /// As before, with one more word.
    Word { param: String, word: String },
    /// At an address of the network's own. It is used as it is: braces in it name nothing of ours.
    Place(Uri),
    /// At an address where nothing is asked.
    Elsewhere,
}

/// The request for the rest of the list. An address of the network's own is only followed to the host that was asked:
/// the token goes with it.
fn next(more: &More, answer: &Answer, (asked, here, so_far): (&Uri, usize, usize)) -> Option<Next> {
    let address = match more {
        More::Cursor { path, param } => {
            let word = answer.text(path).filter(|word| !word.is_empty())?;
            return Some(Next::Word { param: param.clone(), word });
        }
        More::Offset { param, full } => {
            let is_full = here >= (*full).max(1);
            return is_full.then(|| Next::Word { param: param.clone(), word: so_far.to_string() });
        }
        More::NextUrl(path) => answer.text(path).filter(|address| !address.is_empty())?,
        More::LinkHeader => answer.next.clone()?,
    };
    Some(place(&address, asked).map_or(Next::Elsewhere, Next::Place))
}

fn place(address: &str, asked: &Uri) -> Option<Uri> {
    let (next, asked) = (Url::parse(address).ok()?, Url::parse(&asked.to_string()).ok()?);
    let is_same = next.origin() == asked.origin() && next.username().is_empty() && next.password().is_none();
    is_same.then(|| next.as_str().parse().ok())?
}

/// The person, by the network's stable id.
///
/// # Errors
/// [`WhoError`].
pub async fn who_am_i(client: &NetworkClient, app: &NetworkApp, bearer: Bearer<'_>) -> Result<Account, WhoError> {
    let person = &app.definition.person;
    let answer = Talk { client, app, bearer, left: 1 }.ask(&person.ask, &[]).await?;
    account(app, &answer.json, (&person.id, &person.name)).ok_or(WhoError::Odd)
}

/// Whether the permission still works.
pub async fn check(client: &NetworkClient, app: &NetworkApp, bearer: Bearer<'_>) -> Verdict {
    let call = &app.definition.person.ask;
    let answer = ask(client, app, call, (bearer, &[])).await;
    Verdict::of_call(&app.definition, &answer, call.ok.as_ref())
}

/// The pages under the consent, which allows `scopes`; the person's own account where the network has none.
///
/// # Errors
/// [`WhoError`].
pub async fn remote_pages(
    client: &NetworkClient,
    app: &NetworkApp,
    bearer: Bearer<'_>,
    (person, scopes): (&Account, &[String]),
) -> Result<Listed, WhoError> {
    let Some(pages) = &app.definition.pages else {
        let own = RemotePage { account: person.clone(), handle: None, usable: Ok(()), token: None };
        return Ok(Listed { pages: vec![own], is_whole: true });
    };
    let mut talk = Talk { client, app, bearer, left: REQUESTS_AT_MOST };
    let (parents, mut is_whole) = match &pages.via {
        Some(parents) => talk.parents(parents).await?,
        None => (vec![String::new()], true),
    };
    let mut lists: Vec<_> = parents.into_iter().map(|parent| (&pages.ask, parent)).collect();
    for also in pages.also.iter().filter(|also| scopes.contains(&also.needs)) {
        let (parents, are_all) = talk.parents(&also.via).await?;
        is_whole &= are_all;
        lists.extend(parents.iter().flat_map(|parent| also.ask.iter().map(|ask| (ask, parent.clone()))));
    }
    let mut all: Vec<RemotePage> = Vec::new();
    for (ask, parent) in lists {
        let list = (pages.items.as_deref(), pages.leaves_out_empty, pages.more.as_ref());
        let words = [("parent", parent.as_str()), ("user_id", app.unqualified(&person.id))];
        let (found, is_all) = match talk.list(ask, list, &words).await {
            // What one row leads to is lost; what the others lead to is not.
            Err(WhoError::Refused(Verdict::LostPage)) if !parent.is_empty() => continue,
            found => found?,
        };
        is_whole &= is_all;
        let new = found.iter().filter_map(|item| remote_page(app, pages, item));
        for page in new {
            // A page that two ways lead to is one page.
            if all.iter().all(|known| known.account.id != page.account.id) {
                all.push(page);
            }
        }
    }
    Ok(Listed { pages: all, is_whole })
}

fn remote_page(app: &NetworkApp, pages: &Pages, item: &Value) -> Option<RemotePage> {
    let token = pages.token.as_ref().and_then(|path| text_at(item, path)).map(SecretString::from);
    // Where each page has a token of its own, nobody speaks for one without it.
    let has_token = pages.token.is_none() || token.is_some();
    let usable = pages.usable.as_ref().is_none_or(|usable| match at(item, &usable.path) {
        // Not every list says it; a token of the page's own does too.
        None => token.is_some(),
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).any(|word| usable.has.iter().any(|has| has == word))
        }
        _ => text_at(item, &usable.path).is_some_and(|word| usable.has.contains(&word)),
    });
    Some(RemotePage {
        account: account(app, item, (&pages.id, &pages.name))?,
        handle: pages.handle.as_ref().and_then(|path| text_at(item, path)),
        usable: if usable && has_token { Ok(()) } else { Err(Unusable::LacksRole) },
        token,
    })
}

/// What was granted, from the network's own list; `None` where the token's answer is all there is.
///
/// # Errors
/// [`WhoError`].
pub async fn granted_scopes(
    client: &NetworkClient,
    app: &NetworkApp,
    bearer: Bearer<'_>,
) -> Result<Option<Vec<String>>, WhoError> {
    let Some(granted) = &app.definition.granted else { return Ok(None) };
    let answer = Talk { client, app, bearer, left: 1 }.ask(&granted.ask, &[]).await?;
    let items = match at(&answer.json, &granted.items) {
        Some(Value::Array(items)) => items,
        Some(Value::String(text)) => {
            let scopes = text.split(granted.separator.as_str()).map(str::trim).filter(|scope| !scope.is_empty());
            return Ok(Some(scopes.map(str::to_owned).collect()));
        }
        _ => return Err(WhoError::Odd),
    };
    let is_granted = |item: &&Value| {
        let only = granted.only.as_ref();
        only.is_none_or(|only| text_at(item, &only.path).as_ref() == Some(&only.is))
    };
    let scope = |item: &Value| text_at(item, granted.scope.as_deref().unwrap_or_default());
    Ok(Some(items.iter().filter(is_granted).filter_map(scope).collect()))
}

/// A person without a name is called by the id. Two addresses of one network may have the same id for two people.
fn account(app: &NetworkApp, json: &Value, (id, name): (&str, &str)) -> Option<Account> {
    let id = text_at(json, id)?;
    let name = text_at(json, name).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    Some(Account { id: app.qualified(&id), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_list_is_only_asked_for_where_the_list_was() {
        let asked: Uri = "https://us1.api.example/3.0/lists?count=9".parse().expect("an address");
        let next = |address: &str| {
            let json = serde_json::json!({ "next": address });
            let answer = Answer { status: 200, retry_after: None, next: None, json, refused: None };
            match next(&More::NextUrl("next".to_owned()), &answer, (&asked, 1, 1)) {
                Some(Next::Place(place)) => Some(place.to_string()),
                Some(Next::Elsewhere) => Some("elsewhere".to_owned()),
                _ => None,
            }
        };
        let same = "https://us1.api.example/3.0/lists?after={token}";
        assert_eq!(next(same).as_deref(), Some(same));
        for other in [
            "https://us2.api.example/3.0/lists",
            "http://us1.api.example/3.0/lists",
            "https://us1.api.example:444/3.0/lists",
            "https://us1.api.example@evil.example/",
            "https://ada@us1.api.example/3.0/lists",
            "//us1.api.example/3.0/lists",
            "/3.0/lists",
        ] {
            assert_eq!(next(other).as_deref(), Some("elsewhere"), "{other}");
        }
        assert_eq!(next(""), None, "that was all");
    }
}
