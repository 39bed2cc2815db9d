//! Who is who in the AT Protocol: a handle is a name for a DID, its document says on which server the account lives, and
//! that server says who may let people in there. Nobody's word is taken for anything but their own: the handle must be in
//! the document, and after an approval the account that the tokens name must lead back to the server that gave them.

use std::collections::BTreeMap;

use oauth2::url::Url;
use serde_json::Value;

use super::{
    super::{
        NetworkApp, NetworkClient, NoInstance, Verdict, WhoError,
        client::{Answer, text_at},
        outside::{Door, look_at},
    },
    Hook, Later,
};

/// Where DIDs of the method `plc` are looked up.
const DIRECTORY: &str = "https://plc.directory";
/// A handle is a name of a host (atproto's handle specification).
const HANDLE_LENGTH: usize = 253;
/// What keeps the account's id of a token answer, and its server.
const DID: &str = "did";
const SERVER: &str = "pds";

/// The hook.
pub(super) struct Atproto;

impl Hook for Atproto {
    fn leads_to<'a>(&'a self, client: &'a NetworkClient, typed: &'a str) -> Later<'a, Result<String, NoInstance>> {
        Box::pin(async move {
            let typed = typed.trim();
            if typed.starts_with("https://") || typed.starts_with("http://") {
                return of_server(client, typed).await;
            }
            let typed = typed.trim_start_matches('@');
            if typed.starts_with("did:") {
                let document = document(client, typed).await.map_err(NotFound::told)?;
                return of_account(client, &document).await.map_err(NotFound::told);
            }
            let handle = typed.to_ascii_lowercase();
            if !is_handle(&handle) {
                return Err(NoInstance::NotAnAddress);
            }
            match did_of(client, &handle).await {
                Some(did) => {
                    let document = document(client, &did).await.map_err(NotFound::told)?;
                    if !names(&document, &handle) {
                        return Err(NoInstance::NotOne);
                    }
                    of_account(client, &document).await.map_err(NotFound::told)
                }
                // No account is called so; it may be a server.
                None => of_server(client, &format!("https://{handle}")).await,
            }
        })
    }

    fn person(&self) -> &'static str {
        DID
    }

    fn confirms<'a>(
        &'a self,
        client: &'a NetworkClient,
        app: &'a NetworkApp,
        kept: &'a BTreeMap<String, String>,
    ) -> Later<'a, Result<BTreeMap<String, String>, WhoError>> {
        Box::pin(async move {
            let did = kept.get(DID).ok_or(WhoError::Odd)?;
            let document = document(client, did).await.map_err(NotFound::doubted)?;
            if of_account(client, &document).await.map_err(NotFound::doubted)? != app.definition.issuer {
                return Err(WhoError::NotTheirs);
            }
            let server = server_of(&document).ok_or(WhoError::NotTheirs)?;
            let host = server.host_str().ok_or(WhoError::NotTheirs)?.to_owned();
            Ok([(SERVER.to_owned(), host)].into())
        })
    }
}

/// Why nothing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotFound {
    /// It is not there, or says something else.
    Not,
    /// Nobody answered.
    NoAnswer,
}

impl NotFound {
    fn told(self) -> NoInstance {
        match self {
            Self::Not => NoInstance::NotOne,
            Self::NoAnswer => NoInstance::NotThere,
        }
    }

    fn doubted(self) -> WhoError {
        match self {
            Self::Not => WhoError::NotTheirs,
            Self::NoAnswer => WhoError::Refused(Verdict::NoAnswer),
        }
    }
}

/// The account that a handle names: as its DNS says, else as its host does.
async fn did_of(client: &NetworkClient, handle: &str) -> Option<String> {
    let said = client.texts(&format!("_atproto.{handle}")).await;
    let mut of_dns = said.iter().filter_map(|text| text.strip_prefix("did=")).filter(|did| is_did(did));
    match (of_dns.next(), of_dns.next()) {
        (Some(did), None) => return Some(did.to_owned()),
        // Two say two things: nobody knows.
        (Some(_), Some(_)) => return None,
        (None, _) => {}
    }
    let request = http::Request::get(format!("https://{handle}/.well-known/atproto-did")).body(vec![]).ok()?;
    let answer = client.send(Door::Outside, request).await.ok().filter(|answer| answer.status().is_success())?;
    let did = std::str::from_utf8(answer.body()).ok()?.trim().to_owned();
    is_did(&did).then_some(did)
}

/// The document of an account.
async fn document(client: &NetworkClient, did: &str) -> Result<Value, NotFound> {
    if !is_did(did) {
        return Err(NotFound::Not);
    }
    let address = match did.strip_prefix("did:web:") {
        Some(host) => format!("https://{host}/.well-known/did.json"),
        None => format!("{DIRECTORY}/{did}"),
    };
    let document = ask(client, &address).await?;
    if document.get("id").and_then(Value::as_str) == Some(did) { Ok(document) } else { Err(NotFound::Not) }
}

/// Whether the account calls itself so: anybody could point a name at somebody else's account.
fn names(document: &Value, handle: &str) -> bool {
    let names = document.get("alsoKnownAs").and_then(Value::as_array);
    let own = format!("at://{handle}");
    names.is_some_and(|names| names.iter().filter_map(Value::as_str).any(|name| name.eq_ignore_ascii_case(&own)))
}

/// Where the account lives.
fn server_of(document: &Value) -> Option<Url> {
    let services = document.get("service")?.as_array()?;
    let is_it = |service: &&Value| {
        text_at(service, "id").is_some_and(|id| id.ends_with("#atproto_pds"))
            && text_at(service, "type").as_deref() == Some("AtprotoPersonalDataServer")
    };
    let server = Url::parse(services.iter().find(is_it)?.get("serviceEndpoint")?.as_str()?).ok()?;
    let is_bare = server.path() == "/" && server.query().is_none() && server.fragment().is_none();
    (is_bare && server.scheme() == "https" && server.port().is_none()).then_some(server)
}

/// Who lets people in at the server where the account lives.
async fn of_account(client: &NetworkClient, document: &Value) -> Result<String, NotFound> {
    let server = server_of(document).ok_or(NotFound::Not)?.origin().ascii_serialization();
    doorkeeper(client, &server).await
}

/// Who lets people in at a server, as it says itself (RFC 9728).
async fn doorkeeper(client: &NetworkClient, server: &str) -> Result<String, NotFound> {
    let said = ask(client, &format!("{server}/.well-known/oauth-protected-resource")).await?;
    let doorkeepers = said.get("authorization_servers").and_then(Value::as_array).ok_or(NotFound::Not)?;
    let is_own = said.get("resource").and_then(Value::as_str) == Some(server);
    match &doorkeepers[..] {
        [Value::String(issuer)] if is_own => Ok(issuer.clone()),
        _ => Err(NotFound::Not),
    }
}

/// A server that somebody typed keeps accounts, or lets people in itself.
async fn of_server(client: &NetworkClient, typed: &str) -> Result<String, NoInstance> {
    let url = Url::parse(typed).ok().filter(|url| look_at(url, client.allowed()).is_ok());
    let server = url.ok_or(NoInstance::NotAnAddress)?.origin().ascii_serialization();
    match doorkeeper(client, &server).await {
        Ok(issuer) => Ok(issuer),
        Err(NotFound::Not) => Ok(server),
        Err(NotFound::NoAnswer) => Err(NoInstance::NotThere),
    }
}

async fn ask(client: &NetworkClient, address: &str) -> Result<Value, NotFound> {
    let request = http::Request::get(address).header("accept", "application/json").body(vec![]);
    let answer: Answer =
        client.answer(Door::Outside, request.ok().ok_or(NotFound::Not)?).await.ok().ok_or(NotFound::NoAnswer)?;
    match answer.status {
        200 if answer.json.is_object() => Ok(answer.json),
        429 | 500.. => Err(NotFound::NoAnswer),
        _ => Err(NotFound::Not),
    }
}

fn is_handle(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_letter);
    let is_number =
        text.rsplit('.').next().is_some_and(|last| last.starts_with(|letter: char| letter.is_ascii_digit()));
    text.len() <= HANDLE_LENGTH && text.contains('.') && text.split('.').all(is_label) && !is_number
}

/// Of the two methods that the protocol knows. A `did:web` is a host and no more.
fn is_did(text: &str) -> bool {
    let is_number = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
    match (text.strip_prefix("did:plc:"), text.strip_prefix("did:web:")) {
        (Some(number), _) => number.len() == 24 && number.bytes().all(is_number),
        (_, Some(host)) => is_handle(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_two_methods_of_the_protocol_are_accounts() {
        for good in ["did:plc:z72i7hdynmk6r22z27h6tvur", "did:web:bondi.example"] {
            assert!(is_did(good), "{good}");
        }
        for bad in [
            "did:plc:short",
            "did:plc:z72i7hdynmk6r22z27h6tvu1",
            "did:plc:../../evil.example/aaaaaaa",
            "did:web:bondi.example%3A8443",
            "did:web:bondi.example:path",
            "did:web:bondi.example/x",
            "did:web:localhost",
            "did:key:z6Mk",
            "did:",
            "",
        ] {
            assert!(!is_did(bad), "{bad}");
        }
        assert!(!is_handle("127.0.0.1") && !is_handle("localhost") && is_handle("bondi.example"));
    }

    #[test]
    fn an_account_lives_at_an_origin_and_nowhere_else() {
        let at = |endpoint: &str, kind: &str| {
            let service = json!({ "id": "#atproto_pds", "type": kind, "serviceEndpoint": endpoint });
            server_of(&json!({ "service": [{ "id": "#other" }, service] })).map(|url| url.to_string())
        };
        let kind = "AtprotoPersonalDataServer";
        assert_eq!(at("https://pds.example", kind).as_deref(), Some("https://pds.example/"));
        for bad in [
            "http://pds.example",
            "https://pds.example/x",
            "https://pds.example:8443",
            "https://pds.example/?x",
            "pds.example",
        ] {
            assert_eq!(at(bad, kind), None, "{bad}");
        }
        assert_eq!(at("https://pds.example", "Other"), None);
        assert!(names(&json!({ "alsoKnownAs": ["at://Bondi.example"] }), "bondi.example"));
        assert!(!names(&json!({ "alsoKnownAs": ["at://bondi.example.evil.example"] }), "bondi.example"));
    }
}
