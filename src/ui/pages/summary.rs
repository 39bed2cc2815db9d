//! How it stands, in one sentence, one bar and one word.

use leptos::prelude::*;

use super::desk::{Desk, Live};
use crate::domain::{Tally, words};

/// The top of the tab.
#[component]
pub fn Summary(desk: Desk) -> impl IntoView {
    let tally = Memo::new(move |_| desk.counts.with(|(tally, _)| *tally));
    let heading = move || tally.with(|tally| words::so_many_connected(tally.connected, tally.all));
    let needs = move || tally.with(|tally| words::who_needs_you(tally.needs_you, tally.expiring));
    view! {
        <section class="summary" aria-label=words::SUMMARY>
            <div>
                <h2>{heading}</h2>
                <p>{needs}</p>
            </div>
            <LiveSign live=desk.live/>
            <Meter tally/>
        </section>
    }
    .into_any()
}

#[component]
fn LiveSign(live: RwSignal<Live>) -> impl IntoView {
    let key = move || match live.get() {
        Live::Unknown => "unknown",
        Live::Up => "live",
        Live::Reconnecting => "reconnecting",
    };
    let text = move || match live.get() {
        Live::Unknown => "",
        Live::Up => words::LIVE,
        Live::Reconnecting => words::RECONNECTING,
    };
    view! { <span class="live" role="status" data-live=key>{text}</span> }
}

/// Drawn, because the content security policy forbids widths in `style`. Says nothing that the sentence does not.
#[component]
fn Meter(tally: Memo<Tally>) -> impl IntoView {
    let parts = Memo::new(move |_| tally.with(Parts::of));
    let green = move || parts.with(|parts| parts.green.to_string());
    let amber_from = green;
    let amber = move || parts.with(|parts| parts.amber.to_string());
    let red_from = move || parts.with(|parts| (parts.green + parts.amber).to_string());
    let red = move || parts.with(|parts| parts.red.to_string());
    let view_box = move || parts.with(|parts| format!("0 0 {} 8", parts.all()));
    view! {
        <svg class="meter" viewBox=view_box preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="green" x="0" y="0" height="8" width=green></rect>
            <rect class="amber" x=amber_from y="0" height="8" width=amber></rect>
            <rect class="red" x=red_from y="0" height="8" width=red></rect>
        </svg>
    }
}

/// The colours' shares, as the icons have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    green: usize,
    amber: usize,
    red: usize,
}

impl Parts {
    fn of(tally: &Tally) -> Self {
        Self {
            green: tally.connected - tally.expiring,
            amber: tally.expiring + tally.partly,
            red: tally.needs_you - tally.partly,
        }
    }

    fn all(self) -> usize {
        (self.green + self.amber + self.red).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meter_has_every_page_once() {
        let tally = Tally { all: 22, needs_you: 4, expiring: 1, connected: 18, partly: 1 };
        let parts = Parts::of(&tally);
        assert_eq!(parts, Parts { green: 17, amber: 2, red: 3 });
        assert_eq!(parts.all(), tally.all);
    }
}
