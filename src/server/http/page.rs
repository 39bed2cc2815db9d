//! Small pages for what is not an app's page: refusals, and notes to people.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{domain::words, server::Refusal};

/// A page of one sentence. Nothing that came with a request is ever in it.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    text: String,
}

impl Page {
    /// A page of that sentence.
    #[must_use]
    pub fn plain(status: StatusCode, text: &str) -> Self {
        Self { status, text: text.to_owned() }
    }
}

impl From<Refusal> for Page {
    fn from(refusal: Refusal) -> Self {
        let (status, told) = refusal.as_told();
        Self { status, text: words::error(told).to_owned() }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Greentick</title></head>\
             <body><main><h1>Greentick</h1><p>{}</p><p><a href=\"/\">Back to your pages</a></p></main></body></html>",
            self.text
        );
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        (self.status, [(header::CONTENT_TYPE, kind)], html).into_response()
    }
}
