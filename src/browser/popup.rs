//! The network's window: opening it inside the click, and what little it tells.
//!
//! Nothing here knows how an attempt ended. A window that reads closed may live (a network that sends
//! `Cross-Origin-Opener-Policy` makes it look so), so everything is a reason to ask the server and no more.

use std::cell::RefCell;

use leptos::prelude::window;
use serde::Deserialize;
use web_sys::{HtmlFormElement, HtmlInputElement, Window};

use super::{Kept, channel::Channel, read};
use crate::domain::AttemptId;

/// Where the popup's last page says that an attempt is over.
const ATTEMPTS: &str = "greentick-attempts";

const FEATURES: &str = "popup,width=520,height=720";

thread_local! {
    static WINDOWS: RefCell<Vec<(AttemptId, Window)>> = const { RefCell::new(Vec::new()) };
}

/// Opens the window that `form` is about to load into, and names the attempt in `attempt_field`.
///
/// Must run inside the submit event, before anything asynchronous: Safari and iOS open nothing else. When the browser
/// refuses, the form opens a tab instead.
pub fn open(form: &HtmlFormElement, attempt_field: &HtmlInputElement) -> Option<AttemptId> {
    let attempt: AttemptId = window().crypto().ok()?.random_uuid().parse().ok()?;
    attempt_field.set_value(&attempt.to_string());
    let target = format!("gt-{attempt}");
    match window().open_with_url_and_target_and_features("", &target, FEATURES) {
        Ok(Some(popup)) => {
            form.set_target(&target);
            WINDOWS.with_borrow_mut(|windows| windows.push((attempt, popup)));
        }
        _ => form.set_target("_blank"),
    }
    Some(attempt)
}

/// Whether the window looks closed. One that this tab never held does not.
#[must_use]
pub fn looks_closed(attempt: AttemptId) -> bool {
    window_of(attempt).is_some_and(|popup| popup.closed().unwrap_or(true))
}

/// Brings the window to the front; `false` when there is none that could be.
#[must_use]
pub fn bring_forward(attempt: AttemptId) -> bool {
    window_of(attempt).is_some_and(|popup| !popup.closed().unwrap_or(true) && popup.focus().is_ok())
}

/// Closes the window, as far as it still listens to this tab.
pub fn close(attempt: AttemptId) {
    let _ = window_of(attempt).map(|popup| popup.close());
}

/// Lets go of the window without closing it.
pub fn forget(attempt: AttemptId) {
    WINDOWS.with_borrow_mut(|windows| windows.retain(|(id, _)| *id != attempt));
}

fn window_of(attempt: AttemptId) -> Option<Window> {
    WINDOWS.with_borrow(|windows| windows.iter().find(|(id, _)| *id == attempt).map(|(_, popup)| popup.clone()))
}

/// Calls `then` for each attempt that a popup of this browser says is over.
#[must_use]
pub fn on_over(then: impl Fn(AttemptId) + 'static) -> Option<Kept> {
    Channel::join(ATTEMPTS, move |text| {
        if let Some(attempt) = over(text) {
            then(attempt);
        }
    })
    .map(Kept::keep)
}

/// Reads `{"attempt":"…"}`.
fn over(text: &str) -> Option<AttemptId> {
    #[derive(Deserialize)]
    struct Over {
        attempt: AttemptId,
    }
    read::<Over>(text).map(|over| over.attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_names_no_attempt_is_none() {
        let id = "01234567-89ab-4def-8123-456789abcdef";
        assert_eq!(over(&format!(r#"{{"attempt":"{id}"}}"#)), id.parse().ok());
        assert_eq!(over(r#"{"attempt":"7"}"#), None);
        assert_eq!(over("hello"), None);
    }
}
