//! For operators: is it up, and can it work?

use axum::{extract::State, http::StatusCode};
use sea_orm::ConnectionTrait;

use crate::server::App;

/// The process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers too, and the process is not about to stop.
pub async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match app.store.read().execute_unprepared("SELECT 1").await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
