//! Asking the server: one POST of fields, as a form sends them.

use js_sys::JSON;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FormData, HtmlFormElement, RequestInit, Response, UrlSearchParams};

/// With this header the server says where the person is led (leptos' own name for it).
const LEADS: &str = "serverfnredirect";

/// What is posted.
pub struct Fields(UrlSearchParams);

impl Fields {
    /// The fields of a form as they are filled in now.
    #[must_use]
    pub fn of_form(form: &HtmlFormElement) -> Option<Self> {
        let data = FormData::new_with_form(form).ok()?;
        UrlSearchParams::new_with_str_sequence_sequence(&data).ok().map(Self)
    }

    /// The fields of a JSON object.
    #[must_use]
    pub fn of_json(json: &str) -> Option<Self> {
        let object = JSON::parse(json).ok()?;
        UrlSearchParams::new_with_record_from_str_to_str(object.unchecked_ref()).ok().map(Self)
    }
}

/// What the server said.
pub struct Answer {
    /// Whether it did what was asked.
    pub is_yes: bool,
    /// Its words.
    pub text: String,
    /// Where it leads.
    pub leads_to: Option<String>,
}

/// Posts the fields; `None` when the server could not be reached.
pub async fn post(path: &str, fields: Fields) -> Option<Answer> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&fields.0);
    let headers = JSON::parse(r#"{"accept":"application/json"}"#).ok()?;
    init.set_headers(&headers);
    let response: Response = arrived(window().fetch_with_str_and_init(path, &init)).await?.unchecked_into();
    let text = arrived(response.text().ok()?).await?.as_string()?;
    let header = |name| response.headers().get(name).ok().flatten();
    let leads_to = header(LEADS).and_then(|_| header("location"));
    Some(Answer { is_yes: response.ok(), text, leads_to })
}

async fn arrived(promise: js_sys::Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}
