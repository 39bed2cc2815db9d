//! What the network says of its own doors (RFC 8414; OpenID Connect Discovery), where it says something.

use http::header::{ACCEPT, USER_AGENT};
use oauth2::url::Url;
use tokio::time::timeout;

use super::{
    super::{Door, client::USER_AGENT as OURS, is_safe},
    Definition, NetworkClient, PATIENCE,
};
use crate::domain::MetadataWord;

/// `None` where there is none: most networks have no such document, and need none.
pub(super) async fn word(client: &NetworkClient, definition: &Definition) -> Option<MetadataWord> {
    // A server whose address people type is asked when they do.
    for address in places(&definition.issuer).filter(|_| definition.instance.is_none())? {
        let request = http::Request::get(address).header(USER_AGENT, OURS).header(ACCEPT, "application/json");
        let answer = timeout(PATIENCE, client.answer(Door::Known, request.body(vec![]).ok()?)).await;
        let Ok(Ok(answer)) = answer else { continue };
        let Some(issuer) = answer.text("issuer").filter(|_| answer.is_ok()) else { continue };
        let differs = |door: &str, ours: &str| answer.text(door).is_some_and(|theirs| theirs != ours);
        return Some(if issuer != definition.issuer {
            MetadataWord::OtherIssuer
        } else if differs("authorization_endpoint", &definition.authorize.url) {
            MetadataWord::OtherAuthorize
        } else if differs("token_endpoint", &definition.token.url) {
            MetadataWord::OtherToken
        } else {
            MetadataWord::Agrees
        });
    }
    None
}

/// The well-known part stands in front of the issuer's path (RFC 8414, section 3), or, the older way, behind it.
fn places(issuer: &str) -> Option<[String; 2]> {
    let url = Url::parse(issuer).ok().filter(is_safe)?;
    let (origin, path) = (url.origin().ascii_serialization(), url.path().trim_end_matches('/').to_owned());
    Some([
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}{path}/.well-known/openid-configuration"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_looked_for_where_the_standards_put_it() {
        let [oauth, oidc] = places("https://x.example/tenant/").expect("an address");
        assert_eq!(oauth, "https://x.example/.well-known/oauth-authorization-server/tenant");
        assert_eq!(oidc, "https://x.example/tenant/.well-known/openid-configuration");
        assert!(places("http://x.example").is_none() && places("a name").is_none());
    }
}
