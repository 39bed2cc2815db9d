//! The popup's own pages: on the way there, the choice of a page, and how it ended. No framework, one short script,
//! nothing that came from outside but names, escaped.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::{prelude::*, tachys::view::RenderHtml};

use super::{headers::popup_policy, site::PKG};
use crate::{
    domain::{
        AttemptId, AttemptState, PageId,
        words::{self, PopupWords},
    },
    server::vault::random_token,
};

/// The page that sends the popup to the network.
///
/// It answers 200 and goes on by itself: Chromium holds a redirect to the form's `form-action`. It disowns its opener
/// first, so that a page at the network cannot navigate our tab; our tab's handle on the popup stays.
pub fn on_the_way(network: &str, url: &str) -> Response {
    let words = words::on_the_way(network);
    let url = url.to_owned();
    let target = serde_json::to_string(&url).expect("text is JSON").replace('<', "\\u003c");
    let script = format!("window.opener=null;location.replace({target})");
    let body = view! { <p><a class="button" href=url rel="noreferrer">{words::GO_ON}</a></p> };
    popup(StatusCode::OK, &words, body, &script)
}

/// How it ended. Says it, wakes the tab that waits, and closes the window where the browser lets it.
pub fn ended(page: PageId, names: (&str, &str), attempt: AttemptId, state: &AttemptState) -> Response {
    let words = words::popup_ended(names.0, names.1, state);
    let again = match state {
        AttemptState::WrongAccount { expected, .. } => Some(view! {
            <form method="post" action=format!("/connect/{page}")>
                <input type="hidden" name="choose_account" value="yes" />
                <button class="button">{words::try_again_as(&expected.name)}</button>
            </form>
        }),
        _ => None,
    };
    // What a person must read stays; what went as wanted goes.
    let closes = matches!(state, AttemptState::Approved | AttemptState::Cancelled | AttemptState::Stopped);
    let close = if closes { "window.close()" } else { "" };
    let script =
        format!("new BroadcastChannel('greentick-attempts').postMessage('{{\"attempt\":\"{attempt}\"}}');{close}");
    let status = if closes { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    popup(status, &words, view! { {again} {farewell()} }, &script)
}

/// A callback that leads nowhere. The text is constant: nothing of the request is in it.
pub fn nowhere(text: &str) -> Response {
    let words = PopupWords { title: "Nothing was connected".to_owned(), text: text.to_owned() };
    // What the address holds need not stay in the browser's history.
    popup(StatusCode::BAD_REQUEST, &words, farewell(), "history.replaceState(null,'',location.pathname)")
}

/// A page to choose: its id, its name, and why it cannot be chosen.
pub struct Choice {
    /// The network's id.
    pub id: String,
    /// The network's name for it.
    pub name: String,
    /// Why not.
    pub taken_by: Option<String>,
}

/// The choice of a page.
pub fn choose(names: (&str, &str), attempt: AttemptId, choices: Vec<Choice>) -> Response {
    let title = words::WHICH_PAGE.to_owned();
    let words = PopupWords { title, text: words::choose_for(names.0, names.1) };
    let mut first = true;
    let rows: Vec<_> = choices
        .into_iter()
        .map(|choice| {
            let disabled = choice.taken_by.is_some();
            let checked = !disabled && std::mem::take(&mut first);
            let why = choice.taken_by.map(|location| view! { <small>{words::belongs_to(&location)}</small> });
            view! {
                <label class="choice">
                    <input type="radio" name="account" value=choice.id disabled=disabled checked=checked required=true />
                    <span>{choice.name} " " {why}</span>
                </label>
            }
        })
        .collect();
    let body = view! {
        <form method="post" action=format!("/connect/attempt/{attempt}/choose")>
            <fieldset><legend class="unseen">{words::WHICH_PAGE}</legend>{rows}</fieldset>
            <button class="button">{words::CONNECT}</button>
        </form>
    };
    popup(StatusCode::OK, &words, body, "")
}

fn farewell() -> impl IntoView {
    view! {
        <p>{words::YOU_CAN_CLOSE} " " <a href="/">{words::BACK_TO_PAGES}</a></p>
    }
}

fn popup(status: StatusCode, words: &PopupWords, body: impl IntoView + 'static, script: &str) -> Response {
    let nonce = random_token();
    let style = format!("/{}/greentick.css", *PKG);
    let (title, text) = (words.title.clone(), words.text.clone());
    let heading = title.clone();
    let page = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{title}</title>
                <link rel="stylesheet" href=style />
            </head>
            <body class="popup">
                <main><h1>{heading}</h1><p>{text}</p>{body}</main>
                <script nonce=nonce.clone() inner_html=script.to_owned()></script>
            </body>
        </html>
    };
    let html = format!("<!doctype html>{}", page.into_view().to_html());
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    popup_policy(headers, &nonce);
    response
}
