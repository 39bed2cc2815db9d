//! The check of a network, and what the last one found.

use leptos::prelude::*;

use super::{app::Whose, network::name};
use crate::{
    api::networks,
    domain::{Checkup, Finding, NetworkSetup, Weight, words},
    ui::{
        fields::FormFailure,
        form::{Form, Sending},
    },
};

/// The button, and the findings, each with its sign and its sentence.
#[component]
pub fn Check(slug: String, setup: NetworkSetup) -> impl IntoView {
    let sending = Sending::to::<networks::Check>();
    let failure = sending.failure();
    let network = name(&setup);
    let NetworkSetup { line, at, checkup, .. } = setup;
    view! {
        <section class="card" aria-labelledby="check">
            <h3 id="check">{words::CHECK}</h3>
            {checkup.map(|checkup| view! { <Findings checkup network/> })}
            <p class="note">{words::CHECK_MEANS}</p>
            <Form sending class="form">
                <Whose slug network=line.id.0 at=at.unwrap_or_default()/>
                <FormFailure failure/>
                <button class="button" type="submit">{words::CHECK_NOW}</button>
            </Form>
        </section>
    }
    .into_any()
}

#[component]
fn Findings(checkup: Checkup, network: String) -> impl IntoView {
    let Checkup { at, findings } = checkup;
    view! {
        <p class="note">
            {words::CHECKED} " " <time datetime=at.to_string()>{words::exactly(at)}</time>
        </p>
        <ul class="findings">
            {findings.into_iter().map(|finding| view! { <Found finding network=network.clone()/> }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Found(finding: Finding, network: String) -> impl IntoView {
    let weight = finding.weight();
    let sign = match weight {
        Weight::Fine => "#tick",
        Weight::Wrong => "#cross",
        Weight::Open => "#know",
    };
    view! {
        <li data-weight=weight.key()>
            <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                <use href=sign/>
            </svg>
            <p><span class="heard">{words::weight(weight)} " "</span>{words::finding(&finding, &network)}</p>
        </li>
    }
}
