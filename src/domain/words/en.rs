//! English. Short, plain, present tense, no blame and no exclamation marks.

mod activity;
mod attempts;
mod errors;
mod labels;
mod networks;
mod popups;
mod reasons;
mod times;

pub use activity::*;
pub use attempts::*;
pub use errors::*;
pub use labels::*;
pub use networks::*;
pub use popups::*;
pub use reasons::*;
pub use times::*;

use crate::domain::{Ability, Lack, Reason, Status};

/// The words under an icon; empty where the icon says it all. `network` is the network's name.
#[must_use]
pub fn under_icon(status: &Status, network: &str) -> String {
    match status {
        Status::Connected => String::new(),
        Status::NotConnected => "Not connected".into(),
        Status::Connecting => "Waiting for you in the popup".into(),
        Status::Broken(reason) => reason_in_short(*reason, network),
        Status::Expiring { days: 0 } => "Ends today".into(),
        Status::Expiring { days: 1 } => "1 day left".into(),
        Status::Expiring { days } => format!("{days} days left"),
        Status::Partly(lack) => lacks(lack, network),
        Status::NotAnswering => format!("{network} is not answering"),
    }
}

/// A reason in four words.
#[must_use]
pub fn reason_in_short(reason: Reason, network: &str) -> String {
    match reason {
        Reason::Removed => format!("Removed at {network}"),
        Reason::PasswordChanged => "Password changed".into(),
        Reason::Expired => "Permission expired".into(),
        Reason::Refused => format!("Refused by {network}"),
        Reason::PageLost => format!("Page lost at {network}"),
        Reason::AnswerLost { .. } => "Answer was lost".into(),
        Reason::SomebodyElse => "Another account answered".into(),
        Reason::Outdated { .. } => "Backup was older".into(),
    }
}

/// What a screen reader and a test call the status.
#[must_use]
pub fn status_name(status: &Status) -> &'static str {
    match status {
        Status::Connected => "connected",
        Status::NotConnected => "not connected",
        Status::Connecting => "connecting",
        Status::Broken(_) => "broken",
        Status::Expiring { .. } => "expiring",
        Status::Partly(_) => "partly connected",
        Status::NotAnswering => "network not answering",
    }
}

/// The accessible name of an icon button: `Bondi Beach on LinkedIn: expiring, 6 days left`.
#[must_use]
pub fn icon_name(location: &str, network: &str, status: &Status) -> String {
    let words = under_icon(status, network);
    let name = status_name(status);
    // Words that only repeat the status, or the network's name, add nothing to hear.
    match status {
        Status::Connected | Status::NotConnected | Status::NotAnswering => format!("{location} on {network}: {name}"),
        _ => format!("{location} on {network}: {name}, {words}"),
    }
}

/// What a partly connected page lacks: "Choose a page", "Log in at Instagram", "Cannot publish".
#[must_use]
pub fn lacks(lack: &Lack, network: &str) -> String {
    match lack {
        Lack::Page => "Choose a page".into(),
        Lack::LogIn => format!("Log in at {network}"),
        Lack::Abilities(missing) => cannot(missing),
    }
}

/// What cannot be done: "Cannot publish".
#[must_use]
pub fn cannot(missing: &[Ability]) -> String {
    let verbs: Vec<_> = missing.iter().map(|ability| ability_verb(*ability)).collect();
    format!("Cannot {}", verbs.join(" or "))
}

/// What an ability lets one do.
#[must_use]
pub fn ability_verb(ability: Ability) -> &'static str {
    match ability {
        Ability::Read => "read",
        Ability::Publish => "publish",
        Ability::Reply => "reply",
        Ability::Statistics => "see statistics",
    }
}
