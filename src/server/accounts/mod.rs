//! People who sign in: passwords, sessions, and the links that the terminal shows.

mod browsers;
mod links;
mod passwords;
mod rows;
mod sessions;
mod users;

pub use links::{Purpose, make_link, use_sign_in_link};
pub use sessions::{Session, begin_session, end_session, follow, session_of, sessions, sign_out, sweep};
pub use users::{NewOwner, any_user, make_owner, me, name_of, set_up, sign_in};
