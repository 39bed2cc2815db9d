//! A page that must be asked for before it can be written.

use leptos::{prelude::*, tachys::reactive_graph::OwnedView};

/// What `page` comes to, on the server. Its signals live until it is written: the future that made them is gone by then,
/// and they would go with it.
pub fn awaited(page: impl Future<Output = AnyView> + Send + 'static) -> impl IntoView {
    Suspend::new(async move { OwnedView::new(page.await) })
}
