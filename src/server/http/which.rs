//! The popup's first question where a network has many addresses: at which one?

use axum::{http::StatusCode, response::Response};
use leptos::prelude::*;

use super::popup::popup;
use crate::{
    domain::words::{self, PopupWords},
    server::{connect::Which, networks::NoInstance},
};

/// The form. It goes where the click went, with what was typed.
pub fn which(which: Which) -> Response {
    let Which { attempt, page, network, label, example, proposed, wrong, wish } = which;
    let words = PopupWords { title: words::which_address(&network), text: words::where_to(&network) };
    let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let is_wrong = wrong.is_some();
    let wrong = wrong.map(|wrong| sentence(&wrong, &network, &proposed));
    let wrong = wrong.map(|text| view! { <p id="wrong" class="complaint" role="alert">{text}</p> });
    let hidden = |name: &'static str, is: bool| is.then(|| view! { <input type="hidden" name=name value="yes" /> });
    let body = view! {
        <form method="post" action=format!("/connect/{}", page.id)>
            <input type="hidden" name="attempt" value=attempt.to_string() />
            {hidden("choose_account", wish.choose_account)}
            {hidden("change_pages", wish.change_pages)}
            <div class="field">
                <label for="address">{label}</label>
                <input
                    id="address" name="address" value=proposed placeholder=example required=true maxlength="300" autofocus=true
                    autocapitalize="none" autocomplete="off" spellcheck="false" inputmode="url"
                    aria-invalid=is_wrong.then_some("true") aria-describedby=is_wrong.then_some("wrong")
                />
                {wrong}
            </div>
            <div class="answers"><button class="button">{words::GO_ON}</button></div>
        </form>
    };
    popup(status, &words, body, "")
}

fn sentence(wrong: &NoInstance, network: &str, typed: &str) -> String {
    match wrong {
        NoInstance::NotAnAddress => words::no_address(network),
        NoInstance::NotThere => words::nobody_answers(typed),
        NoInstance::NotOne => words::is_not_one(network, typed),
        NoInstance::Refused => words::takes_no_app(typed),
        NoInstance::NoApp | NoInstance::Ours(_) => words::knows_no_app(typed),
    }
}
