//! Who approved, which pages are theirs, and what they granted.

use secrecy::SecretString;
use serde_json::Value;

use super::{
    Definition, NetworkClient, Verdict,
    client::{at, text_at},
    definition::{Needs, Pages},
};
use crate::domain::Account;

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
}

async fn ask(
    client: &NetworkClient,
    definition: &Definition,
    url: &str,
    access: &SecretString,
) -> Result<Value, WhoError> {
    let answer = client.get(url, access).await;
    match (Verdict::of(definition, &answer), answer) {
        (Verdict::Alive, Ok(answer)) => Ok(answer.json),
        (verdict, _) => Err(WhoError::Refused(verdict)),
    }
}

/// The person, by the network's stable id.
///
/// # Errors
/// [`WhoError`].
pub async fn who_am_i(
    client: &NetworkClient,
    definition: &Definition,
    access: &SecretString,
) -> Result<Account, WhoError> {
    let person = &definition.person;
    let json = ask(client, definition, &person.url, access).await?;
    account(&json, &person.id, &person.name).ok_or(WhoError::Odd)
}

/// Whether the permission still works.
pub async fn check(client: &NetworkClient, definition: &Definition, access: &SecretString) -> Verdict {
    Verdict::of(definition, &client.get(&definition.person.url, access).await)
}

/// The pages under the consent; the person's own account where the network has none.
///
/// # Errors
/// [`WhoError`].
pub async fn remote_pages(
    client: &NetworkClient,
    definition: &Definition,
    access: &SecretString,
    person: &Account,
) -> Result<Vec<RemotePage>, WhoError> {
    let whole = |account| RemotePage { account, handle: None, usable: Ok(()), token: None };
    let Some(pages) = &definition.pages else { return Ok(vec![whole(person.clone())]) };
    let json = ask(client, definition, &pages.url, access).await?;
    let items = at(&json, &pages.items).and_then(Value::as_array).ok_or(WhoError::Odd)?;
    Ok(items.iter().filter_map(|item| page(item, pages)).collect())
}

fn page(item: &Value, pages: &Pages) -> Option<RemotePage> {
    let text = |path: &Option<String>| path.as_ref().and_then(|path| text_at(item, path));
    let has = |needs: &Needs| {
        let list = at(item, &needs.list).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|text| text.as_str() == Some(&needs.has)))
    };
    let is_usable = pages.needs.as_ref().is_none_or(has);
    Some(RemotePage {
        account: account(item, &pages.id, &pages.name)?,
        handle: text(&pages.handle),
        usable: if is_usable { Ok(()) } else { Err(Unusable::LacksRole) },
        token: text(&pages.token).map(SecretString::from),
    })
}

/// What was granted, from the network's own list; `None` where the token's answer is all there is.
///
/// # Errors
/// [`WhoError`].
pub async fn granted_scopes(
    client: &NetworkClient,
    definition: &Definition,
    access: &SecretString,
) -> Result<Option<Vec<String>>, WhoError> {
    let Some(granted) = &definition.granted else { return Ok(None) };
    let json = ask(client, definition, &granted.url, access).await?;
    let items = at(&json, &granted.items).and_then(Value::as_array).ok_or(WhoError::Odd)?;
    let is_granted = |item: &&Value| text_at(item, &granted.status).as_ref() == Some(&granted.is);
    Ok(Some(items.iter().filter(is_granted).filter_map(|item| text_at(item, &granted.scope)).collect()))
}

fn account(json: &Value, id: &str, name: &str) -> Option<Account> {
    Some(Account { id: text_at(json, id)?, name: text_at(json, name)? })
}
