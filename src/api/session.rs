//! Who is signed in, where, and signing in and out.

use leptos::prelude::*;

use super::Wire;
use crate::domain::{ApiError, Me, SessionCard, SessionId};

/// The signed-in person.
#[server(name = MeCall, endpoint = "session/me", protocol = Wire)]
pub async fn me() -> Result<Me, ApiError> {
    use crate::server::{accounts, answer};
    answer(async |caller| accounts::me(caller).await).await
}

/// Signs this browser in and goes to the first workspace.
#[server(endpoint = "session/sign_in", protocol = Wire)]
pub async fn sign_in(email: String, password: String) -> Result<(), ApiError> {
    use crate::server::{accounts, answer};
    answer(async |caller| accounts::sign_in(caller, &email, password.into()).await).await
}

/// Makes the first owner and the workspace, by the link that the terminal showed; signs this browser in.
#[server(endpoint = "session/set_up", protocol = Wire)]
pub async fn set_up(
    token: String,
    workspace: String,
    name: String,
    email: String,
    password: String,
) -> Result<(), ApiError> {
    use crate::server::{accounts, answer};
    let owner = accounts::NewOwner { workspace, name, email, password: password.into() };
    answer(async |caller| accounts::set_up(caller, &token, owner).await).await
}

/// Signs this browser out and goes to the sign-in page.
#[server(endpoint = "session/sign_out", protocol = Wire)]
pub async fn sign_out() -> Result<(), ApiError> {
    use crate::server::{accounts, answer};
    answer(async |caller| accounts::sign_out(caller).await).await
}

/// The browsers in which this person is signed in, the latest first.
#[server(endpoint = "session/list", protocol = Wire)]
pub async fn list() -> Result<Vec<SessionCard>, ApiError> {
    use crate::server::{accounts, answer};
    answer(async |caller| accounts::sessions(caller).await).await
}

/// Signs one of this person's browsers out.
#[server(endpoint = "session/end", protocol = Wire)]
pub async fn end(session: SessionId) -> Result<(), ApiError> {
    use crate::server::{accounts, answer};
    answer(async |caller| accounts::end_session(caller, session).await).await
}
