//! The dialog of one page: its facts and Disconnect, or the popup that it waits for.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::{desk::Cell, facts::Facts, tab::Parts};
use crate::{
    api::pages::Disconnect,
    browser::{self, popup},
    domain::{AttemptId, Link, PageDetails, PageId, PageView, Returned, words},
    ui::form::Sending,
};

/// The answer that has the focus when the dialog opens: the one that changes nothing. Not by `autofocus`, of which the
/// browser complains in the console whenever something else had the focus.
pub const FIRST: &str = "dialog-first";

/// What the dialog is about.
#[derive(Clone)]
pub enum Asked {
    /// A page's facts; the details where they are known already.
    Facts(Cell, Option<PageDetails>),
    /// An attempt that this tab waits for.
    Waiting(Cell, AttemptId),
}

impl Asked {
    /// Whether it shows the facts of this page.
    #[must_use]
    pub fn is_about(&self, page: PageId) -> bool {
        let Self::Facts(cell, _) = self else { return false };
        cell.page.with_untracked(|here| here.as_ref().is_some_and(|here| here.id == page))
    }

    /// Whether there still is something to ask: not when the page was disconnected or the attempt has ended meanwhile.
    fn stands(&self) -> bool {
        match self {
            Self::Facts(cell, _) => {
                cell.page.with(|page| page.as_ref().is_some_and(|page| page.link.connection().is_some()))
            }
            Self::Waiting(cell, attempt) => cell.waiting.get() == Some(*attempt),
        }
    }
}

/// One for the tab. Escape closes it and changes nothing.
#[component]
pub fn PageDialog() -> impl IntoView {
    let Parts { desk, .. } = expect_context();
    let dialog = NodeRef::<html::Dialog>::new();
    let sending = Sending::to::<Disconnect>();
    let is_open_from_the_start = desk.asked.with_untracked(Option::is_some);
    Effect::new(move |_| {
        let is_asked = desk.asked.with(Option::is_some);
        // After the content is there, or its first button would not get the focus.
        browser::soon(Duration::ZERO, move || show_or_close(dialog, is_asked));
    });
    Effect::new(move |_| {
        if desk.asked.with(|asked| asked.as_ref().is_some_and(|asked| !asked.stands())) {
            desk.asked.set(None);
        }
    });
    // Whose permission is being given back, and how often its page had changed before.
    let (sent, changes) = (RwSignal::new(None), RwSignal::new(0));
    Effect::new(move |_| {
        if let Some(outcome) = sending.done().and_then(|answer| browser::read(&answer)) {
            untrack(|| on_disconnected(desk, sent.get(), changes.get(), outcome));
            sending.answer.set(None);
        }
    });
    let on_close = move |_| {
        // Showing it anew closes it for a moment.
        if dialog.get_untracked().is_some_and(|dialog| !browser::is_open(&dialog)) {
            desk.asked.set(None);
            browser::forget_query();
        }
    };
    let content = move || {
        desk.asked.get().map(|asked| match asked {
            Asked::Facts(cell, details) => {
                if !untrack(|| sending.is_under_way()) {
                    changes.set(cell.changes());
                    sent.set(Some(Asked::Facts(cell.clone(), None)));
                }
                view! { <Facts cell details sending/> }.into_any()
            }
            Asked::Waiting(cell, attempt) => view! { <Waiting cell attempt/> }.into_any(),
        })
    };
    view! {
        <dialog node_ref=dialog class="page-dialog" aria-labelledby="dialog-title" open=is_open_from_the_start on:close=on_close>
            {content}
        </dialog>
    }
    .into_any()
}

fn show_or_close(dialog: NodeRef<html::Dialog>, is_asked: bool) {
    let Some(dialog) = dialog.try_get_untracked().flatten() else { return };
    if is_asked {
        browser::show_dialog(&dialog);
        browser::focus(FIRST);
    } else {
        browser::close_dialog(&dialog);
    }
}

/// The event says the same, but the stream may be cut just now. Where it has come, the dialog has closed, and may be
/// open again for another page.
fn on_disconnected(desk: super::desk::Desk, sent: Option<Asked>, changes: u32, outcome: Returned) {
    let Some(Asked::Facts(cell, _)) = sent else { return };
    let Some(page) = cell.page.get_untracked() else { return };
    let id = page.id;
    if cell.changes() == changes {
        desk.put(PageView { link: Link::Unlinked, ..page });
    }
    desk.notes.show_returned(&cell, id, outcome);
}

/// The popup that hides somewhere.
#[component]
fn Waiting(cell: Cell, attempt: AttemptId) -> impl IntoView {
    let Parts { desk, waits, .. } = expect_context();
    let stop = move |_| {
        waits.stop(attempt);
        desk.asked.set(None);
    };
    let show = move |_| {
        let _ = popup::bring_forward(attempt);
        desk.asked.set(None);
    };
    view! {
        <h2 id="dialog-title">{words::WAITING}</h2>
        <p><strong>{cell.name()}</strong></p>
        <p>{words::WAITING_MEANS}</p>
        <div class="actions">
            <button class="button" type="button" on:click=stop>{words::STOP_WAITING}</button>
            <button id=FIRST class="button primary" type="button" on:click=show>{words::SHOW_WINDOW}</button>
        </div>
    }
}
