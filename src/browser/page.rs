//! The page in this tab: its dialogs, its focus, its address.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlDialogElement, HtmlElement};

/// Shows the dialog above everything else. One that the server sent open, for lack of JavaScript, is shown anew:
/// only so does it hold the focus and close by Escape.
pub fn show_dialog(dialog: &HtmlDialogElement) {
    if dialog.open() {
        dialog.close();
    }
    // It fails only while the dialog is not in the document, and then there is nothing to show.
    let _ = dialog.show_modal();
}

/// Closes the dialog; the browser gives the focus back to whoever had it.
pub fn close_dialog(dialog: &HtmlDialogElement) {
    if dialog.open() {
        dialog.close();
    }
}

/// Whether the dialog is to be seen.
#[must_use]
pub fn is_open(dialog: &HtmlDialogElement) -> bool {
    dialog.open()
}

/// Gives the focus to the element with this id, if there is one.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

/// Leaves this page for another of ours.
pub fn go(place: &str) {
    // It fails only for what is no address.
    let _ = window().location().assign(place);
}

/// Takes the question off the address, so that a reload does not ask it again.
pub fn forget_query() {
    let location = window().location();
    let (Ok(path), Ok(query)) = (location.pathname(), location.search()) else { return };
    if query.is_empty() {
        return;
    }
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}
