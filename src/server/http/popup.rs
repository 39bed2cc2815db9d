//! The popup's own pages: on the way there, and how it ended; the choice of a page is in [`super::picker`]. No framework, one short script,
//! nothing that came from outside but names, escaped.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::{prelude::*, tachys::view::RenderHtml};

use super::{headers::popup_policy, site::PKG};
use crate::{
    domain::{
        AttemptState,
        words::{self, PopupWords},
    },
    server::{connect::Attempt, vault::random_token},
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

/// The names of what a popup is about.
pub struct Names {
    /// The location's.
    pub location: String,
    /// The network's.
    pub network: String,
}

/// How it ended. Says it, wakes the tab that waits, and closes the window where the browser lets it. `is_unchosen`:
/// whether the page was approved, and somebody is to choose its account later. `unfit`: what was given and is of no use.
pub fn ended(attempt: &Attempt, names: &Names, is_unchosen: bool, unfit: Option<AnyView>) -> Response {
    let (page, id, state) = (attempt.page, attempt.id, &attempt.state.0);
    let words = match state {
        AttemptState::Approved if is_unchosen => words::popup_unchosen(&names.location, &names.network),
        _ => words::popup_ended(&names.location, &names.network, state),
    };
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
    let script = format!("new BroadcastChannel('greentick-attempts').postMessage('{{\"attempt\":\"{id}\"}}');{close}");
    let status = if closes { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    popup(status, &words, view! { {unfit} {again} {farewell()} }, &script)
}

/// The network has approved and does not answer just now. The page looks again by itself.
pub fn goes_on(names: &Names) -> Response {
    let words = words::popup_goes_on(&names.location, &names.network);
    popup(StatusCode::OK, &words, farewell(), "setTimeout(()=>location.reload(),3000)")
}

/// A callback that leads nowhere. The text is constant: nothing of the request is in it.
pub fn nowhere(text: &str) -> Response {
    let words = PopupWords { title: "Nothing was connected".to_owned(), text: text.to_owned() };
    // What the address holds need not stay in the browser's history.
    popup(StatusCode::BAD_REQUEST, &words, farewell(), "history.replaceState(null,'',location.pathname)")
}

fn farewell() -> impl IntoView {
    view! {
        <p>{words::YOU_CAN_CLOSE} " " <a href="/">{words::BACK_TO_PAGES}</a></p>
    }
}

pub(super) fn popup(status: StatusCode, words: &PopupWords, body: impl IntoView + 'static, script: &str) -> Response {
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
