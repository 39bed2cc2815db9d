//! The Profile tab: who is signed in, and where.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    awaited::awaited,
    fields::FormFailure,
    form::{Form, Sending},
    frame::{Settings, Tab},
    trouble::Trouble,
};
use crate::{
    api::{
        session::{self, End, SignOut},
        workspace,
    },
    domain::{ApiError, Me, Moment, SessionCard, WorkspaceCard, words},
};

/// The tab of the workspace in the address.
#[component]
pub fn ProfileTab() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.with(|params| params.get("workspace").unwrap_or_default());
    let end = Sending::to::<End>();
    let tab = awaited(async move {
        match load(slug()).await {
            Ok((me, workspace, sessions)) => view! { <Profile me workspace sessions end/> }.into_any(),
            Err(error) => view! { <Trouble error/> }.into_any(),
        }
    });
    view! {
        <Title text=words::title(words::PROFILE)/>
        {tab}
    }
}

async fn load(slug: String) -> Result<(Me, WorkspaceCard, Vec<SessionCard>), ApiError> {
    Ok((session::me().await?, workspace::card(slug).await?, session::list().await?))
}

#[component]
fn Profile(me: Me, workspace: WorkspaceCard, sessions: Vec<SessionCard>, end: Sending) -> impl IntoView {
    let failure = end.failure();
    view! {
        <Settings workspace tab=Tab::Profile>
            <section class="card" aria-labelledby="about">
                <h2 id="about">{words::ABOUT_YOU}</h2>
                <dl class="facts">
                    <dt>{words::NAME}</dt>
                    <dd>{me.name}</dd>
                    <dt>{words::EMAIL}</dt>
                    <dd>{me.email}</dd>
                </dl>
            </section>
            <section class="card" aria-labelledby="browsers">
                <h2 id="browsers">{words::BROWSERS}</h2>
                <FormFailure failure/>
                <ul class="browsers">
                    {sessions.into_iter().map(|session| view! { <Browser session end/> }).collect_view()}
                </ul>
            </section>
        </Settings>
    }
    .into_any()
}

#[component]
fn Browser(session: SessionCard, end: Sending) -> impl IntoView {
    let sign_out = Sending::to::<SignOut>();
    let browser = words::browser_name(&session.browser);
    let name = words::sign_out_of(&browser);
    let button = if session.is_this {
        view! {
            <Form sending=sign_out>
                <button class="button" type="submit">{words::SIGN_OUT}</button>
            </Form>
        }
        .into_any()
    } else {
        view! {
            <Form sending=end>
                <input type="hidden" name="session" value=session.id.to_string()/>
                <button class="button" type="submit" aria-label=name>{words::SIGN_OUT_THERE}</button>
            </Form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <strong>{browser}</strong>
                {session.is_this.then(|| view! { " " <span class="badge">{words::THIS_BROWSER}</span> })}
                <p>
                    {words::SINCE} " " <Exactly moment=session.since/> ". "
                    {words::LAST_SEEN} " " <Exactly moment=session.seen_at/> "."
                </p>
            </div>
            {button}
        </li>
    }
    .into_any()
}

/// An exact time: this tab stands still, so a relative one would soon be wrong.
#[component]
fn Exactly(moment: Moment) -> impl IntoView {
    view! { <time datetime=moment.to_string()>{words::exactly(moment)}</time> }
}
