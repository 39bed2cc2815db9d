//! Giving a permission back at the network.

use oauth2::url::form_urlencoded::{Serializer, byte_serialize};
use secrecy::{ExposeSecret, SecretString};

use super::{
    NetworkApp, NetworkClient, NoAnswer, Verdict,
    client::Answer,
    definition::{ClientAuth, RevokeStyle},
};
use crate::domain::Returned;

/// Gives the permission back, by the refresh token where there is one: it ends the access token too (RFC 7009,
/// section 2.1). `Ok(None)` means: try again later.
///
/// # Errors
/// [`NoAnswer`]; the permission must then be taken to exist still.
pub async fn revoke(
    client: &NetworkClient,
    app: &NetworkApp,
    access: &SecretString,
    refresh: Option<&SecretString>,
) -> Result<Option<Returned>, NoAnswer> {
    let Some(revoke) = &app.definition.revoke else { return Ok(Some(Returned::ByHand)) };
    match revoke.style {
        RevokeStyle::Rfc7009 => {
            let answer = client.send(rfc_7009(app, &revoke.url, refresh.unwrap_or(access))?).await?;
            Ok(outcome(answer.status().as_u16()))
        }
        RevokeStyle::DeleteAsBearer => {
            let answer = client.delete(&revoke.url, access).await;
            // A token that is dead already cannot be revoked, and needs not be.
            if matches!(Verdict::of(&app.definition, &answer), Verdict::Dead(_)) {
                return Ok(Some(Returned::Returned));
            }
            answer.map(|Answer { status, .. }| outcome(status))
        }
    }
}

/// 200 is "done", also for tokens that the network does not know; 503 is "it still exists" (RFC 7009, section 2.2).
fn outcome(status: u16) -> Option<Returned> {
    match status {
        200..300 => Some(Returned::Returned),
        408 | 425 | 429 | 500.. => None,
        _ => Some(Returned::Failed),
    }
}

fn rfc_7009(app: &NetworkApp, url: &str, token: &SecretString) -> Result<oauth2::HttpRequest, NoAnswer> {
    let mut body = Serializer::new(String::new());
    body.append_pair("token", token.expose_secret());
    let mut request = http::Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json");
    match app.definition.token.auth {
        ClientAuth::Basic => request = request.header("authorization", basic(app)),
        ClientAuth::Body => {
            body.append_pair("client_id", &app.client_id);
            body.append_pair("client_secret", app.client_secret.expose_secret());
        }
    }
    request.body(body.finish().into_bytes()).ok().ok_or(NoAnswer::BadAddress)
}

/// RFC 6749, section 2.3.1: both are form-encoded before they are joined.
fn basic(app: &NetworkApp) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(&app.client_id), encoded(app.client_secret.expose_secret()));
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}
