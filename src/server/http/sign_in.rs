//! The link that the terminal shows: opening it signs that browser in, once.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};

use super::{Page, address};
use crate::server::{Caller, accounts};

/// `GET /sign-in/{token}`.
pub async fn by_link(caller: Caller, Path(token): Path<String>) -> Result<Response, Page> {
    let begun = accounts::use_sign_in_link(&caller, &token).await?;
    let mut response = Redirect::to("/").into_response();
    for cookie in begun.cookies() {
        address::set(response.headers_mut(), cookie);
    }
    Ok(response)
}
