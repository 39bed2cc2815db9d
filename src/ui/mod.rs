//! What is seen: the shell, the routes, the tabs and their components. The server writes all of it; [`part`] says what of
//! it lives in the browser.
//!
//! Components take signals and show them; what a status is, is decided by [`crate::domain::Status::of`], what it is
//! called by [`crate::domain::words`], and what the window can do by [`crate::browser`].
//!
//! The larger components end in `.into_any()`: without it the type of a whole page is so deep that the compiler gives up.

mod activity;
mod app;
mod awaited;
mod fields;
mod form;
mod frame;
mod home;
mod icons;
mod marks;
mod networks;
mod pages;
mod part;
mod profile;
mod set_up;
mod shell;
mod sign_in;
mod trouble;

pub use app::App;
pub use part::wake;
pub use shell::shell;
