//! The parts of the page that the server marked to be woken.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// A part of the page, as the server wrote it.
pub struct Found {
    /// Where it is.
    pub element: HtmlElement,
    /// Its name.
    pub name: String,
    /// What it knows at first, as JSON.
    pub known: String,
    /// What a form without JavaScript came to, as JSON.
    pub failed: String,
}

/// All parts of this page.
#[must_use]
pub fn parts() -> Vec<Found> {
    let Ok(all) = document().query_selector_all("[data-part]") else { return vec![] };
    let elements = (0..all.length()).filter_map(|index| all.item(index)?.dyn_into::<HtmlElement>().ok());
    let said = |element: &HtmlElement, name| element.get_attribute(name).unwrap_or_default();
    let found = elements.map(|element| Found {
        name: said(&element, "data-part"),
        known: said(&element, "data-known"),
        failed: said(&element, "data-failed"),
        element,
    });
    found.collect()
}
