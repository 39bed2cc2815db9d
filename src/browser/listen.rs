//! Listening to the window.

use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Event, EventTarget};

use super::Kept;

/// A listener that ends when it is dropped.
pub(super) struct Listener {
    target: EventTarget,
    name: &'static str,
    then: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(super) fn new(target: &EventTarget, name: &'static str, then: impl FnMut(Event) + 'static) -> Self {
        let then = Closure::new(then);
        // It fails only for a target that is none.
        let _ = target.add_event_listener_with_callback(name, then.as_ref().unchecked_ref());
        Self { target: target.clone(), name, then }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.then.as_ref().unchecked_ref());
    }
}

/// Calls `then` whenever somebody seems to come back to this tab.
#[must_use]
pub fn on_wake(then: impl Fn() + Clone + 'static) -> Kept {
    let window = leptos::prelude::window();
    let document = leptos::prelude::document();
    let listener = |target: &EventTarget, name| {
        let then = then.clone();
        Listener::new(target, name, move |_| then())
    };
    Kept::keep([
        listener(&window, "focus"),
        listener(&window, "pageshow"),
        listener(&window, "online"),
        listener(&document, "visibilitychange"),
    ])
}
