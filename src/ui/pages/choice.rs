//! What the person wants to see, as the address says it and as the parts of the tab change it.

use leptos_router::params::ParamsMap;

use crate::domain::{Choice, Show};

/// The choice in the address, so that search, chips and places in the list work without JavaScript.
#[must_use]
pub fn from_query(query: &ParamsMap) -> Choice {
    let asked = query.get_str("show").unwrap_or_default();
    Choice {
        search: query.get("q").unwrap_or_default(),
        show: Show::EACH.into_iter().find(|show| show.key() == asked).unwrap_or(Show::All),
        from: query.get_str("from").and_then(|from| from.parse().ok()).unwrap_or_default(),
    }
}
