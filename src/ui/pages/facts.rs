//! What the dialog tells of a page, and its two answers.

use std::time::Duration;

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    desk::{Cell, Desk},
    dialog::FIRST,
    tab::Parts,
};
use crate::{
    api,
    browser::{self, popup},
    domain::{Connection, Link, Moment, PageDetails, PageId, PastEvent, Status, words},
    ui::{
        fields::FormFailure,
        form::{Form, Sending},
        frame::activity_path,
    },
};

/// The form goes with the dialog, so not before it was sent.
const UNTIL_SENT: Duration = Duration::from_millis(200);

/// The facts of a page that is or was connected.
#[component]
pub fn Facts(cell: Cell, details: Option<PageDetails>, sending: Sending) -> impl IntoView {
    let Parts { desk, .. } = expect_context();
    let page = cell.page.get_untracked();
    let Some((page, connection)) = page.and_then(|page| Some((page.id, page.link.connection()?.clone()))) else {
        // Disconnected a moment ago; the dialog is closing.
        return ().into_any();
    };
    let is_broken =
        cell.page.with_untracked(|page| matches!(page, Some(page) if matches!(page.link, Link::Broken(..))));
    let title = if is_broken { words::broken_title } else { words::disconnect_question };
    let sentences = sentences(&cell, &connection, desk.now.get_untracked());
    let details = ask_for_details(&cell, page, details);
    view! {
        <h2 id="dialog-title">{title(&cell.location_name, &cell.network_name())}</h2>
        {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
        {(!is_broken).then(|| view! { <Becomes cell=cell.clone() details/> })}
        <List connection details desk/>
        <ListOfApps cell=cell.clone() details/>
        <ChangePages cell page details/>
        <History page details desk/>
        <Answers page is_broken sending/>
    }
    .into_any()
}

/// What happened, whose move it is, and what disconnecting does.
fn sentences(cell: &Cell, connection: &Connection, now: Moment) -> Vec<String> {
    let network = cell.network.get_untracked();
    let account = connection.account.as_ref().map_or(words::WHOEVER_HAS_IT, |account| &account.name);
    let name = &network.name;
    match untrack(|| cell.stored(now)) {
        Some(Status::Broken(reason)) => {
            vec![words::reason_in_full(reason, name, account), words::forget_means(account)]
        }
        Some(Status::Partly(lack)) => vec![words::partly_in_full(&lack, name), words::DISCONNECT_MEANS.into()],
        Some(Status::Expiring { .. }) => {
            vec![words::expiring_in_full(connection.must_act_at, name), words::DISCONNECT_MEANS.into()]
        }
        Some(Status::NotAnswering) => {
            vec![words::silent_in_full(name, network.silent_since, now), words::DISCONNECT_MEANS.into()]
        }
        _ => vec![words::DISCONNECT_MEANS.into()],
    }
}

/// Asked for when the dialog opens, and again whenever something happens to the page while it is open.
fn ask_for_details(cell: &Cell, page: PageId, known: Option<PageDetails>) -> RwSignal<Option<PageDetails>> {
    let Parts { desk, feed, .. } = expect_context();
    let (details, turn) = (RwSignal::new(known), StoredValue::new(0_u32));
    let changed = cell.page.clone();
    Effect::new(move |asked_before: Option<()>| {
        changed.track();
        feed.news.track();
        if asked_before.is_none() && details.with_untracked(Option::is_some) {
            return;
        }
        turn.update_value(|turn| *turn += 1);
        let own = turn.get_value();
        spawn_local(async move {
            // Without them the dialog is shorter; its question is the same. Of several answers the last one counts.
            if let Ok(answer) = api::pages::details(page).await
                && !desk.is_gone()
                && turn.try_get_value() == Some(own)
            {
                let _ = details.try_set(Some(answer));
            }
        });
    });
    details
}

#[component]
fn List(connection: Connection, details: RwSignal<Option<PageDetails>>, desk: Desk) -> impl IntoView {
    let is_me = desk.me.with_value(|me| me.name == connection.linked_by);
    let linked_by = if is_me { words::YOU.into() } else { connection.linked_by };
    let linked_at = connection.linked_at;
    let checked = move || {
        let text = details.with(|details| details.as_ref().map(|details| details.checked_at));
        text.map(|checked| match checked {
            Some(moment) => view! { <Ago moment now=desk.now/> }.into_any(),
            None => words::NOT_YET.into_any(),
        })
    };
    let shared = move || {
        let names = details.with(|details| details.as_ref().map(|details| details.shared_with.clone()));
        names.filter(|names| !names.is_empty()).map(|names| {
            view! {
                <dt>{words::ALSO_IN}</dt>
                <dd>{words::stays_connected(&names)}</dd>
            }
        })
    };
    let instance = move || {
        let instance = details.with(|details| details.as_ref().and_then(|details| details.instance.clone()));
        instance.map(|instance| view! { <dt>{words::AT}</dt> <dd>{instance}</dd> })
    };
    view! {
        <dl class="facts">
            <dt>{words::PAGE}</dt>
            <dd>{connection.account.map_or_else(|| words::NOT_CHOSEN.into(), |account| account.name)}</dd>
            {instance}
            <dt>{words::CONNECTED_BY}</dt>
            <dd>
                {linked_by} ", "
                <time datetime=linked_at.to_string() title=words::exactly(linked_at)>{words::date(linked_at)}</time>
            </dd>
            <dt>{words::LAST_CHECKED}</dt>
            <dd>{checked}</dd>
            {shared}
        </dl>
    }
    .into_any()
}

/// "4 minutes ago", with the exact time behind it.
#[component]
fn Ago(moment: Moment, now: RwSignal<Moment>) -> impl IntoView {
    view! {
        <time datetime=moment.to_string() title=words::exactly(moment)>{move || words::ago(moment, now.get())}</time>
    }
}

/// What becomes of the permission itself, as far as it can be known before.
#[component]
fn Becomes(cell: Cell, details: RwSignal<Option<PageDetails>>) -> impl IntoView {
    let network = cell.network_name();
    let becomes = move || {
        details.with(|details| {
            details.as_ref().map(|details| words::what_becomes(&network, details.would_be, &details.shared_with))
        })
    };
    view! { <p>{becomes}</p> }
}

/// Makes the network ask anew which pages it gives, in a window of its own.
#[component]
fn ChangePages(cell: Cell, page: PageId, details: RwSignal<Option<PageDetails>>) -> impl IntoView {
    let Parts { desk, waits, .. } = expect_context();
    let (form, attempt) = (NodeRef::<html::Form>::new(), NodeRef::<html::Input>::new());
    let cell = StoredValue::new(cell);
    let on_submit = move |_| {
        // Nothing asynchronous may come before this: the browser would block the window.
        let opened = form.get_untracked().zip(attempt.get_untracked());
        if let Some(attempt) = opened.and_then(|(form, field)| popup::open(&form, &field)) {
            cell.with_value(|cell| waits.begin(cell, attempt));
        }
        browser::soon(UNTIL_SENT, move || desk.asked.set(None));
    };
    view! {
        <Show when=move || details.with(|details| details.as_ref().is_some_and(|details| details.has_pages))>
            <form node_ref=form class="beside" method="post" action=format!("/connect/{page}") target="_blank" on:submit=on_submit>
                <input node_ref=attempt type="hidden" name="attempt"/>
                <input type="hidden" name="change_pages" value="yes"/>
                <button class="button" type="submit">{words::CHANGE_PAGES}</button>
                <small>{cell.with_value(|cell| words::change_pages_means(&cell.network_name()))}</small>
            </form>
        </Show>
    }
    .into_any()
}

#[component]
fn ListOfApps(cell: Cell, details: RwSignal<Option<PageDetails>>) -> impl IntoView {
    let network = cell.network.get_untracked();
    let hint = move || {
        let hint = details.with(|details| details.as_ref().and_then(|details| details.manage_hint.clone()));
        hint.map(|hint| view! { <br/> <small>{hint}</small> })
    };
    let (name, own) = (network.name, network.manage_url);
    move || {
        let there = details.with(|details| details.as_ref().and_then(|details| details.manage_url.clone()));
        there.or_else(|| own.clone()).map(|url| {
            view! {
                <p>
                    <a href=url target="_blank" rel="external noopener noreferrer">{words::see_list_of_apps(&name)}</a>
                    " " <span aria-hidden="true">"↗"</span> {hint}
                </p>
            }
        })
    }
}

/// The last things that happened to the page, and the way to all of them.
#[component]
fn History(page: PageId, details: RwSignal<Option<PageDetails>>, desk: Desk) -> impl IntoView {
    let path = format!("{}?page={page}", activity_path(&desk.slug()));
    let line = move |past: PastEvent| view! { <li>{past.text} " " <Ago moment=past.at now=desk.now/></li> };
    let lines = move || {
        let history = details.with(|details| details.as_ref().map(|details| details.history.clone()));
        history.map(|history| history.into_iter().map(line).collect_view())
    };
    view! {
        <section class="past" aria-labelledby="past">
            <h3 id="past">{words::LAST_EVENTS}</h3>
            <ul>{lines}</ul>
            <a href=path>{words::ALL_ACTIVITY}</a>
        </section>
    }
    .into_any()
}

#[component]
fn Answers(page: PageId, is_broken: bool, sending: Sending) -> impl IntoView {
    let failure = sending.failure();
    let keep = if is_broken { words::KEEP_AS_IT_IS } else { words::KEEP_CONNECTED };
    let disconnect = move || if sending.is_under_way() { words::DISCONNECTING } else { words::DISCONNECT };
    view! {
        <FormFailure failure/>
        <div class="actions">
            // Closes by itself, with JavaScript and without.
            <form method="dialog">
                <button id=FIRST class="button" type="submit">{keep}</button>
            </form>
            <Form sending>
                <input type="hidden" name="page" value=page.to_string()/>
                <button class="button danger" type="submit" aria-disabled=move || sending.is_under_way().then_some("true")>
                    {disconnect}
                </button>
            </Form>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests;
