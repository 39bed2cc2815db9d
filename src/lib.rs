//! Greentick: the place where a business keeps its social connections green.
//!
//! Read [`domain`] first, then `server::pages`, and you have the product. The rooms and their arrows are in
//! ARCHITECTURE.md. This file alone asks which side it is compiled for.

pub mod api;
pub mod browser;
pub mod domain;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(test)]
mod tests;
pub mod ui;

/// Wakes the parts of the page that the server sent.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    for part in browser::parts() {
        if let Some(view) = ui::wake(&part) {
            leptos::mount::hydrate_from(part.element, view).forget();
        }
    }
}
