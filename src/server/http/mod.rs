//! The doors: routes, who may come through them, and what every answer carries.

mod address;
mod clients;
pub(super) mod connect;
mod door;
mod guard;
mod headers;
mod health;
mod hooks;
mod log;
mod metrics;
mod outcome;
mod page;
mod peer;
mod picker;
mod popup;
mod rate;
pub(super) mod resume;
mod router;
mod sign_in;
mod site;
mod sizes;
mod stream;
mod which;

pub use address::{BaseUrl, BaseUrlError, CookieNames};
pub use door::{HEAD_LIMIT, keep_open, take_port};
pub use metrics::{router as metrics_router, show as show_metrics};
pub use page::Page;
pub use router::{Front, router, site_options};
