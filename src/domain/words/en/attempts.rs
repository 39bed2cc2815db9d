//! What became of a try to connect, and of giving a permission back: said aloud and shown.

use crate::domain::{AttemptState, Returned, Status, Trouble};

use super::{lacks, reason_in_short};

/// "Bondi Beach on Facebook": how a page is called in every sentence.
#[must_use]
pub fn page_name(location: &str, network: &str) -> String {
    format!("{location} on {network}")
}

/// What a screen reader hears when a page's status changes.
#[must_use]
pub fn became(page: &str, network: &str, status: &Status) -> String {
    match status {
        Status::Connected => format!("{page} is connected"),
        Status::NotConnected => format!("{page} is not connected"),
        Status::Connecting => format!("{page} waits for you in the popup"),
        Status::Broken(reason) => format!("{page} is broken: {}", reason_in_short(*reason, network)),
        Status::Expiring { days: 0 } => format!("{page} needs you today"),
        Status::Expiring { days: 1 } => format!("{page} needs you within 1 day"),
        Status::Expiring { days } => format!("{page} needs you within {days} days"),
        Status::Partly(lack) => format!("{page} is partly connected: {}", lacks(lack, network)),
        Status::NotAnswering => format!("{page} is connected, and {network} is not answering"),
    }
}

/// How an attempt ended: what happened, whose move it is, what to click. `None` while it has not, and when it is
/// approved, because then the page's own change says so.
#[must_use]
pub fn attempt_ended(page: &str, network: &str, state: &AttemptState) -> Option<String> {
    Some(match state {
        AttemptState::Open | AttemptState::Choosing | AttemptState::Approved => return None,
        AttemptState::Cancelled => format!("{page} was not connected: you cancelled. Click its icon to try again."),
        AttemptState::WrongAccount { expected, got } => format!(
            "Nothing changed. {page} belongs to {}, and you approved as {}. Click its icon and sign in at {network} as {}.",
            expected.name, got.name, expected.name
        ),
        AttemptState::Failed(trouble) => format!("{page} was not connected. {}", trouble_in_full(*trouble, network)),
        AttemptState::Expired => format!("{page} was not connected within ten minutes. Click its icon to try again."),
        AttemptState::Stopped => format!("{page} was not connected: you stopped waiting. Click its icon to try again."),
    })
}

/// What went wrong at the network, whose move it is, and what to do.
#[must_use]
pub fn trouble_in_full(trouble: Trouble, network: &str) -> String {
    match trouble {
        Trouble::AppRefused => format!(
            "{network} refused Greentick’s app. Only the person who runs this Greentick can mend it: send them this sentence."
        ),
        Trouble::NoAnswer => format!("{network} did not answer. Click the icon to try again in a few minutes."),
        Trouble::OddAnswer => format!(
            "{network} gave an answer that Greentick does not understand. Try once more; if it stays, tell the person who \
             runs this Greentick."
        ),
        Trouble::WrongIssuer => {
            format!("The answer did not come from {network}, so nothing was accepted. Click the icon to start again.")
        }
        Trouble::OtherBrowser => {
            "The approval came back in another browser, or under another sign-in, so nothing was accepted. Click the icon \
             and finish in the window that opens."
                .into()
        }
        Trouble::NoPages => format!(
            "Your account at {network} has no page that can be connected. Ask for access to the page there, or click the \
             icon and sign in as somebody who has it."
        ),
        Trouble::PagesHidden => format!(
            "You did not let Greentick see your pages at {network}. Click the icon again, and leave that permission ticked."
        ),
        Trouble::PageLost => format!(
            "{network} gives your account no access to this page any more. Ask for access to it there; then click the icon \
             to try again."
        ),
        Trouble::PageGone => "The page is not here any more, or you may no longer connect it. Reload to see.".into(),
    }
}

/// The window looks closed and the server has heard nothing. A window may look closed and live, so this says neither.
#[must_use]
pub fn window_closed(page: &str) -> String {
    format!("{page} is not connected yet. Finish in the network’s window, or click the icon to try again.")
}

/// The window's form never reached the server.
#[must_use]
pub fn never_began(page: &str) -> String {
    format!("{page} was not connected: its window never reached Greentick. Click its icon to try again.")
}

/// How giving the permission back went.
#[must_use]
pub fn returned(page: &str, network: &str, outcome: Returned) -> String {
    match outcome {
        Returned::Returned => format!("{page} is disconnected, and {network} confirmed it."),
        Returned::ByHand => format!(
            "{page} is disconnected here. {network} cannot be told by an app: remove Greentick in {network}’s own list of apps too."
        ),
        Returned::Failed => format!(
            "{page} is disconnected here, but {network} did not take the permission back. Remove Greentick in {network}’s own \
             list of apps."
        ),
        Returned::StillUsed => {
            format!("{page} is disconnected. Other pages still use the permission, so {network} keeps it.")
        }
        Returned::UnderWay => format!("{page} is disconnected. {network} is being told."),
    }
}
