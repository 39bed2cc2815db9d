//! What is said aloud: one polite region. Some of it can also be read, until somebody dismisses it.

use leptos::prelude::*;

use super::desk::Cell;
use crate::domain::{PageId, Returned, words};

/// As many as stay in the document; a region that only grows would be read from the start by some screen readers.
const KEPT: usize = 6;

#[derive(Clone)]
struct Note {
    id: u32,
    text: String,
    is_seen: bool,
    about: Option<PageId>,
    /// Where something is to be done, at an address of the network's.
    link: Option<(String, String)>,
}

/// The notes of a tab.
#[derive(Clone, Copy)]
pub struct Notes {
    notes: RwSignal<Vec<Note>>,
    next: StoredValue<u32>,
}

impl Notes {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { notes: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Says it aloud.
    pub fn say(self, text: String) {
        self.add(text, false, None, None);
    }

    /// Says it aloud and shows it: it is something to act on.
    pub fn show(self, text: String) {
        self.add(text, true, None, None);
    }

    /// Says it aloud and shows it until something else happens to the page: then it is not true any more.
    pub fn show_about(self, page: PageId, text: String) {
        self.add(text, true, Some(page), None);
    }

    /// How giving a page's permission back ended. What is left to do by hand is shown with the network's list of apps.
    pub fn show_returned(self, cell: &Cell, page: PageId, outcome: Returned) {
        let network = cell.network.get_untracked();
        let text = words::returned(&cell.name(), &network.name, outcome);
        if !matches!(outcome, Returned::ByHand | Returned::Failed) {
            return self.say(text);
        }
        // The answer and the event say the same.
        if self.notes.with_untracked(|notes| notes.iter().all(|note| note.text != text)) {
            let link = network.manage_url.map(|url| (url, words::see_list_of_apps(&network.name)));
            self.add(text, true, Some(page), link);
        }
    }

    /// Something else happened to the page.
    pub fn outdate(self, page: PageId) {
        if self.notes.with_untracked(|notes| notes.iter().any(|note| note.about == Some(page))) {
            self.notes.update(|notes| notes.retain(|note| note.about != Some(page)));
        }
    }

    fn add(self, text: String, is_seen: bool, about: Option<PageId>, link: Option<(String, String)>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.notes.update(|notes| {
            notes.push(Note { id, text, is_seen, about, link });
            let surplus = notes.len().saturating_sub(KEPT);
            notes.drain(..surplus);
        });
    }

    fn dismiss(self, id: u32) {
        self.notes.update(|notes| notes.retain(|note| note.id != id));
    }
}

/// The region.
#[component]
pub fn NotesRegion(
    /// Its notes.
    notes: Notes,
) -> impl IntoView {
    let each = move || notes.notes.get();
    view! {
        <div class="notes" aria-live="polite">
            <For each key=|note| note.id let:note>
                <div class=if note.is_seen { "note-card" } else { "heard" }>
                    <p>
                        {note.text}
                        {note.link.map(|(url, words)| {
                            view! { " " <a href=url target="_blank" rel="external noopener noreferrer">{words}</a> }
                        })}
                    </p>
                    {note.is_seen.then(|| {
                        view! {
                            <button class="quiet" type="button" on:click=move |_| notes.dismiss(note.id)>
                                {words::DISMISS}
                            </button>
                        }
                    })}
                </div>
            </For>
        </div>
    }
}
