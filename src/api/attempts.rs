//! Attempts: how a popup's try stands. Only the person who opened it may ask.

use leptos::prelude::*;

use super::Wire;
use crate::domain::{ApiError, AttemptId, AttemptView};

/// How the attempt stands, and its page as it is now.
#[server(endpoint = "attempts/look", protocol = Wire)]
pub async fn look(attempt: AttemptId) -> Result<AttemptView, ApiError> {
    use crate::server::{answer, connect};
    answer(async |caller| connect::look(caller, attempt).await).await
}

/// Ends an attempt that its person no longer wants. Nothing else that a browser says does.
#[server(endpoint = "attempts/stop", protocol = Wire)]
pub async fn stop(attempt: AttemptId) -> Result<AttemptView, ApiError> {
    use crate::server::{answer, connect};
    answer(async |caller| connect::stop(caller, attempt).await).await
}
