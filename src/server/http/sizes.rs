//! How large a request may be. What is larger is answered with a sentence, before anybody reads it.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

use tokio_stream::StreamExt;

use super::Page;
use crate::domain::words;

/// The largest form that is sent here is a sign-in.
const BODY_LIMIT: usize = 64 * 1024;
/// Of a larger one, this much is read before the answer.
const TAKEN_AT_MOST: usize = 1024 * 1024;
/// A form that takes longer than this to arrive does not arrive at all.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The longest address is a callback's; networks' codes have up to 2 kB.
const ADDRESS_LIMIT: usize = 16 * 1024;
/// Twenty open popups' cookies are 2 kB; other apps on the same host may have some too.
const HEAD_LIMIT: usize = 32 * 1024;

/// Refuses long addresses and heads.
pub async fn head(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().len() + uri.query().unwrap_or_default().len() > ADDRESS_LIMIT {
        return Page::plain(StatusCode::URI_TOO_LONG, words::ADDRESS_TOO_LONG).into_response();
    }
    if weight(request.headers()) > HEAD_LIMIT {
        return Page::plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, words::HEAD_TOO_LARGE).into_response();
    }
    next.run(request).await
}

fn weight(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Reads the whole body, which is small, so that a slow one holds up nobody but its sender.
pub async fn body(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match tokio::time::timeout(BODY_TIME, read(body)).await {
        Ok(Ok(whole)) => next.run(Request::from_parts(head, whole.into())).await,
        Ok(Err(TooLarge)) => Page::plain(StatusCode::PAYLOAD_TOO_LARGE, words::FORM_TOO_LARGE).into_response(),
        Err(_) => Page::plain(StatusCode::REQUEST_TIMEOUT, words::FORM_TOO_SLOW).into_response(),
    }
}

struct TooLarge;

/// What is too large is taken and dropped for a while: a browser hears no answer before it has sent its form.
async fn read(body: Body) -> Result<Vec<u8>, TooLarge> {
    let (mut whole, mut length) = (Vec::new(), 0);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        // One that broke off has nobody who reads the answer.
        let piece = piece.ok().ok_or(TooLarge)?;
        length += piece.len();
        if length <= BODY_LIMIT {
            whole.extend_from_slice(&piece);
        } else if length > TAKEN_AT_MOST {
            break;
        }
    }
    if length > BODY_LIMIT { Err(TooLarge) } else { Ok(whole) }
}
