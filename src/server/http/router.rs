//! All routes in one place.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use leptos::{
    config::LeptosOptions,
    context::provide_context,
    nonce::use_nonce,
    prelude::{AnyView, expect_context},
};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions};
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use super::{clients, connect, guard, headers, health, hooks, log, outcome, rate, sign_in, site, sizes, stream};
use crate::server::App;

/// What is shown: handed in by `main`, so that this room does not point at `ui`.
#[derive(Clone)]
pub struct Front {
    /// The pages' addresses.
    pub routes: Vec<AxumRouteListing>,
    /// The document around every page.
    pub shell: fn(LeptosOptions) -> AnyView,
}

/// Leptos' options for a binary that embeds its site.
#[must_use]
pub fn site_options() -> LeptosOptions {
    LeptosOptions::builder().output_name("greentick").site_pkg_dir(site::PKG.as_str()).build()
}

/// The whole of it.
pub fn router(app: App, front: Front) -> Router {
    let Front { routes, shell } = front;
    let state = app.clone();
    let page_context = move || {
        provide_context(state.clone());
        set_policy();
    };
    let known = page_context.clone();
    let error_context = move || {
        known();
        expect_context::<ResponseOptions>().set_status(StatusCode::NOT_FOUND);
    };
    let options = app.leptos.clone();
    let view = move || shell(options.clone());
    let mut router = Router::new()
        .leptos_routes_with_context(&app, routes, page_context, view.clone())
        .fallback(leptos_axum::render_app_async_with_context(error_context, view))
        .route("/api/{*name}", post(server_function))
        .route("/connect/{page}", post(connect::start))
        .route("/connect/attempt/{attempt}/choose", post(connect::choose))
        .route("/oauth/callback/{network_app}", get(connect::callback).head(connect::look_ahead).post(connect::posted))
        .route("/oauth/finish/{attempt}", get(outcome::finish).head(connect::look_ahead))
        .route("/oauth/clients/{network_app}/client-metadata.json", get(clients::document))
        .route("/oauth/clients/{network_app}/jwks.json", get(clients::keys))
        .route("/sign-in/{token}", get(sign_in::by_link).head(connect::look_ahead))
        .route("/w/{workspace}/events", get(stream::stream))
        .route("/{pkg}/{*file}", get(site::built))
        .route("/hooks/{network_app}", get(hooks::about).post(hooks::hear))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    for file in site::public_files() {
        let address = format!("/{file}");
        router = router.route(&address, get(move |headers: HeaderMap| async move { site::public(&file, &headers) }));
    }
    router
        .layer(middleware::from_fn(sizes::body))
        .layer(middleware::from_fn_with_state(app.clone(), rate::limit))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .layer(middleware::from_fn(sizes::head))
        .layer(middleware::from_fn_with_state(app.clone(), headers::common))
        .layer(middleware::from_fn_with_state(app.clone(), log::line))
        .layer(CompressionLayer::new().compress_when(
            // Event streams must not wait in a compressor.
            SizeAbove::new(1_024).and(NotForContentType::const_new("text/event-stream")),
        ))
        .with_state(app)
}

async fn server_function(State(app): State<App>, request: axum::extract::Request) -> Response {
    let response = leptos_axum::handle_server_fns_with_context(move || provide_context(app.clone()), request).await;
    axum::response::IntoResponse::into_response(response)
}

/// Pages of the app carry the policy with this answer's nonce, and let their popups keep their own.
fn set_policy() {
    let response = expect_context::<ResponseOptions>();
    if let Some(nonce) = use_nonce() {
        response.insert_header(header::CONTENT_SECURITY_POLICY, headers::app_policy(&nonce));
    }
    response.insert_header(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin-allow-popups"),
    );
}
