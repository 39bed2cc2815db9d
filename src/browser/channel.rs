//! Talking to the other tabs of this browser.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use super::listen::Listener;

/// A named channel that all tabs of this site share. Ends when it is dropped.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _listener: Listener,
}

impl Channel {
    /// `None` where the browser has no such thing.
    pub(super) fn join(name: &str, hear: impl Fn(&str) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let listener = Listener::new(&channel, "message", move |event| {
            if let Some(message) = event.dyn_ref::<MessageEvent>()
                && let Some(text) = as_text(&message.data())
            {
                hear(&text);
            }
        });
        Some(Self { channel, _listener: listener })
    }

    pub(super) fn say(&self, text: &str) {
        // It fails only when the channel is closed, and then nobody listens.
        let _ = self.channel.post_message(&JsValue::from_str(text));
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}

/// A message is JSON, as text or as an object.
fn as_text(data: &JsValue) -> Option<String> {
    data.as_string().or_else(|| js_sys::JSON::stringify(data).ok()?.as_string())
}
