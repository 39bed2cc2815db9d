//! The one binary.

use std::process::ExitCode;

use greentick::{
    server::{command, http::Front},
    ui,
};

#[tokio::main]
async fn main() -> ExitCode {
    let routes = leptos_axum::generate_route_list(ui::App);
    command::run(Front { routes, shell: ui::shell }).await
}
