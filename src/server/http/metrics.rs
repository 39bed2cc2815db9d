//! `GET /metrics`, for Prometheus: a door of its own (`metrics_listen`), since whoever reaches it may read it. Figures
//! about networks and statuses; no workspace, no person, no page.
//!
//! What is stored is counted by the database and kept for some seconds, however often somebody asks; what this process
//! counts itself is always as it is now.

mod census;
mod text;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::Mutex};
use tracing::warn;

use self::text::Text;
use super::{HEAD_LIMIT, keep_open};
use crate::server::{
    App,
    counts::{Counted, Counts},
};

/// For so long a count is good. Prometheus asks every 15 seconds or less often.
const KEPT_FOR: Duration = Duration::from_secs(14);

#[derive(Clone)]
struct Metrics {
    app: App,
    /// The text of the last count, and when it was made. Who asks meanwhile waits for it.
    last: Arc<Mutex<Option<(Duration, String)>>>,
}

/// Opens the door, until the process is asked to stop.
pub fn show(app: &App, listener: TcpListener) {
    tokio::spawn(keep_open(listener, router(app.clone()), app.stopping.clone(), HEAD_LIMIT));
}

/// The door: one route.
pub fn router(app: App) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(Metrics { app, last: Arc::default() })
}

async fn metrics(State(metrics): State<Metrics>) -> Response {
    match metrics.stored().await {
        Ok(stored) => {
            let own = own(&metrics.app.counts);
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], stored + &own).into_response()
        }
        Err(error) => {
            warn!(%error, "the metrics are not counted");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

impl Metrics {
    async fn stored(&self) -> Result<String, crate::server::Refusal> {
        let mut last = self.last.lock().await;
        let now = self.app.clock.running();
        if let Some((at, text)) = last.as_ref()
            && now.saturating_sub(*at) < KEPT_FOR
        {
            return Ok(text.clone());
        }
        let text = census::count(&self.app).await?;
        *last = Some((now, text.clone()));
        Ok(text)
    }
}

/// What this process has counted since it began.
fn own(counts: &Counts) -> String {
    let mut text = Text::default();
    let all = counts.all();
    for (what, name, help, by) in [
        (Counted::Refresh, "greentick_refreshes_total", "Refreshes that ended, by what came of them.", "verdict"),
        (Counted::Check, "greentick_checks_total", "Checks of permissions, by what the network answered.", "verdict"),
        (Counted::Event, "greentick_events_total", "Events that were recorded, by kind.", "kind"),
    ] {
        text.family(name, "counter", help);
        for ((_, network, outcome), count) in all.iter().filter(|((counted, ..), _)| *counted == what) {
            let network = network.as_ref().map_or("", |network| network.0.as_str());
            text.sample(name, &[("network", network), (by, outcome)], *count);
        }
    }
    text.family("greentick_streams_open", "gauge", "Event streams that browsers hold open.");
    text.sample("greentick_streams_open", &[], counts.open_streams());
    text.family("greentick_build_info", "gauge", "Which Greentick this is.");
    text.sample("greentick_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.done()
}
