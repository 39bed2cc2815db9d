//! How a server function's arguments and its answer travel: fields of a form there, JSON back.
//!
//! The server's side is leptos'. The browser's is our own, because leptos' brings sockets, streams and a parser for
//! each type, which is a quarter of the download.

use http::Method;
use leptos::{
    server::codee::{Decoder, Encoder},
    server_fn::{
        Bytes, ContentType, Decodes, Encodes, Format, FormatType, Http, Protocol,
        client::Client,
        codec::{Json, PostUrl},
        error::{FromServerFnError, ServerFnErrorErr},
        server::Server,
    },
};
use send_wrapper::SendWrapper;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    browser::{self, Fields, read},
    domain::ApiError,
};

/// The way of every server function, and of what a page is loaded with.
#[derive(Debug)]
pub struct Wire;

/// Asks the function at `path`, and goes where the server leads. The answer is JSON.
///
/// # Errors
/// What the function told, or [`ApiError::Unavailable`] where nothing came back.
pub async fn ask(path: &str, fields: Fields) -> Result<String, ApiError> {
    let answer = browser::post(path, fields).await.ok_or(ApiError::Unavailable)?;
    if !answer.is_yes {
        return Err(read(&answer.text).unwrap_or(ApiError::Unavailable));
    }
    if let Some(place) = answer.leads_to {
        browser::go(&place);
    }
    Ok(answer.text)
}

async fn ask_with(path: &str, arguments: Option<String>) -> Result<String, ApiError> {
    let fields = arguments.and_then(|json| Fields::of_json(&json)).ok_or(ApiError::Unavailable)?;
    ask(path, fields).await
}

impl<I, O, C, S> Protocol<I, O, C, S, ApiError> for Wire
where
    I: Serialize + Send,
    O: DeserializeOwned + Send,
    C: Client<ApiError>,
    S: Server<ApiError>,
    Http<PostUrl, Json>: Protocol<I, O, C, S, ApiError>,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, A>(request: S::Request, function: F) -> Result<S::Response, ApiError>
    where
        F: Fn(I) -> A + Send,
        A: Future<Output = Result<O, ApiError>> + Send,
    {
        Http::run_server(request, function).await
    }

    async fn run_client(path: &str, arguments: I) -> Result<O, ApiError> {
        let answer = SendWrapper::new(ask_with(path, serde_json::to_string(&arguments).ok())).await?;
        read(&answer).ok_or(ApiError::Unavailable)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = Wire;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unavailable
    }
}

impl ContentType for Wire {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Wire {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Wire {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Wire {
    type Error = ApiError;

    fn decode(bytes: Bytes) -> Result<T, ApiError> {
        std::str::from_utf8(&bytes).ok().and_then(read).ok_or(ApiError::Unavailable)
    }
}

impl<T: Serialize> Encoder<T> for Wire {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Wire {
    type Error = ApiError;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, ApiError> {
        read(text).ok_or(ApiError::Unavailable)
    }
}
