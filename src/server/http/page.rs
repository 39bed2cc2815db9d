//! Small pages for what is not an app's page: refusals, and notes to people.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{headers::popup_policy, site::PKG};
use crate::{
    domain::words,
    server::{Refusal, vault::random_token},
};

/// A page of one sentence. Nothing that came with a request is ever in it.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    text: String,
    retry_after: Option<u64>,
}

impl Page {
    /// A page of that sentence.
    #[must_use]
    pub fn plain(status: StatusCode, text: &str) -> Self {
        Self { status, text: text.to_owned(), retry_after: None }
    }
}

impl From<Refusal> for Page {
    fn from(refusal: Refusal) -> Self {
        let (status, told) = refusal.as_told();
        let text = if refusal.is_full_disk() { words::DISK_FULL } else { words::error(told) };
        Self { status, text: text.to_owned(), retry_after: refusal.retry_after() }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>Greentick</title>\
             <link rel=\"stylesheet\" href=\"/{}/greentick.css\"></head>\
             <body class=\"popup\"><main><h1>Greentick</h1><p>{}</p><p><a href=\"/\">{}</a></p></main></body></html>",
            *PKG,
            self.text,
            words::BACK_TO_PAGES
        );
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], html).into_response();
        popup_policy(response.headers_mut(), &random_token());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
