//! The window: popups, the event stream, channels between tabs, timers, dialogs.
//!
//! The only room that names `web_sys`. Everything here is called from effects and handlers, so never on the server,
//! where it compiles and would panic. What belongs to the window cannot leave its thread, so it stays in here and
//! callers get a [`Kept`] or an id.

mod ask;
mod channel;
mod clock;
mod kept;
mod listen;
mod page;
mod part;
pub mod popup;
mod read;
pub mod stream;

pub use ask::{Answer, Fields, post};
pub use clock::{every, now_ms, soon};
pub use kept::Kept;
pub use listen::on_wake;
pub use page::{close_dialog, focus, forget_query, go, is_open, show_dialog};
pub use part::{Found, parts};
pub use read::read;
