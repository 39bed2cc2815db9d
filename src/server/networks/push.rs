//! What is asked for goes to the network first, and the person with a number for it (RFC 9126): nobody on the way can
//! read or change it.

use oauth2::url::Url;

use super::{
    Asked, NetworkApp, NetworkClient, NoAnswer,
    asking::request,
    client::Answer,
    definition::{Auth, Body, Call, ClientAuth, Method},
    fill::Words,
    proofs::Draft,
};

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The network did not answer, or says that it is down.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// It refuses our app, or what it asks for.
    #[error("the network refused what our app asks for")]
    AppRefused,
    /// Its answer is not one that the definition promises.
    #[error("the network's answer is not one to a pushed request")]
    Odd,
}

/// Pushes the request, where the network takes it: the address then holds a number that is good for one use.
///
/// # Errors
/// [`PushError`]; none of them carries the answer's text.
pub async fn push(client: &NetworkClient, app: &NetworkApp, asked: Asked) -> Result<Asked, PushError> {
    let Some(to) = app.definition.authorize.pushed_to() else { return Ok(asked) };
    let url = Url::parse(&asked.url).ok().ok_or(NoAnswer::BadAddress)?;
    // By Basic the app says who it is in a header; elsewhere its proof brings the name along.
    let says_itself = app.definition.token.auth == ClientAuth::Basic;
    let params = url.query_pairs().into_owned().filter(|(name, _)| says_itself || name != "client_id");
    let call = Call {
        method: Method::Post,
        url: to.to_owned(),
        auth: Auth::App,
        headers: app.definition.token.headers.clone(),
        params: params.collect(),
        text: None,
        body: Body::Form,
        ok: None,
    };
    let request = request(app, &call, &Words::of(app))?;
    let key = asked.key.as_ref();
    let draft = Draft { request, app, is_of_app: true, client_key: None, key, access: None };
    let number = number(&client.ask(&draft).await?.into())?;
    let mut url = Url::parse(&app.definition.authorize.url).ok().ok_or(NoAnswer::BadAddress)?;
    url.query_pairs_mut().append_pair("client_id", &app.client_id).append_pair("request_uri", &number);
    Ok(Asked { url: url.into(), ..asked })
}

fn number(answer: &Answer) -> Result<String, PushError> {
    match answer.status {
        200..300 => answer.text("request_uri").filter(|number| !number.is_empty()).ok_or(PushError::Odd),
        408 | 425 | 429 | 500.. => Err(NoAnswer::Down.into()),
        // Its nonce changed twice while it was asked.
        _ if answer.refused == Some(super::proofs::Refused::Nonce) => Err(NoAnswer::Down.into()),
        _ => Err(PushError::AppRefused),
    }
}
