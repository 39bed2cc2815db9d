//! The document around the app, written by the server only.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use super::App;

/// The whole document. `site_pkg_dir` carries the content's hash when the server embeds the site, so the links are built
/// from the options.
///
/// Without a type of its own, so that the server is compiled once and not for this document.
pub fn shell(options: LeptosOptions) -> AnyView {
    let styles = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    // A page with parts that live in the browser brings its script; see [`super::part`].
    provide_context(options.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href=styles/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
    .into_any()
}
