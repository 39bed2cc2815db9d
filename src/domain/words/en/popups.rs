//! What the popup's own pages say.

use super::{attempt_ended, page_name};
use crate::domain::AttemptState;

/// A popup page's heading and its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopupWords {
    /// The heading.
    pub title: String,
    /// What happened, whose move it is, what to do.
    pub text: String,
}

/// While the popup is on its way to the network.
#[must_use]
pub fn on_the_way(network: &str) -> PopupWords {
    PopupWords { title: format!("On the way to {network}"), text: format!("{network} will ask for your approval.") }
}

/// How the attempt ended, in the popup.
#[must_use]
pub fn popup_ended(location: &str, network: &str, state: &AttemptState) -> PopupWords {
    let page = page_name(location, network);
    let title = match state {
        AttemptState::Approved => format!("{page} is connected"),
        // Another popup may have connected it.
        AttemptState::Cancelled | AttemptState::Stopped => format!("{page} was not connected"),
        AttemptState::WrongAccount { .. } => "This is another account".to_owned(),
        _ => format!("{page} could not be connected"),
    };
    let text = match state {
        // The way back is a button right below.
        AttemptState::WrongAccount { expected, got } => {
            format!("Nothing changed. {page} belongs to {}, and you approved as {}.", expected.name, got.name)
        }
        _ => attempt_ended(&page, network, state).unwrap_or_default(),
    };
    PopupWords { title, text }
}

/// Approved, and the network does not say yet what.
#[must_use]
pub fn popup_goes_on(location: &str, network: &str) -> PopupWords {
    let page = page_name(location, network);
    let title = format!("{network} does not answer just now");
    let text =
        format!("Your approval is kept. Greentick goes on asking, and {page} turns green when {network} answers.");
    PopupWords { title, text }
}

/// Approved, and somebody is to choose which page it is another day.
#[must_use]
pub fn popup_unchosen(location: &str, network: &str) -> PopupWords {
    let title = format!("{} has no page yet", page_name(location, network));
    let text =
        format!("{network} has approved. Click the amber icon to choose which page it is; nobody is asked again.");
    PopupWords { title, text }
}

/// A callback that nothing waits for.
pub const UNKNOWN_CALLBACK: &str = "This answer was used already, is too old, or was never asked for. Nothing changed. Close this window and click the icon again.";
/// A callback that is none.
pub const BAD_CALLBACK: &str =
    "The network sent an answer that cannot be read. Nothing changed. Close this window and click the icon again.";
/// Where a window cannot close itself.
pub const YOU_CAN_CLOSE: &str = "You can close this window.";
/// The way back for those who came in a tab.
pub const BACK_TO_PAGES: &str = "Back to your pages";
/// Goes on without JavaScript.
pub const GO_ON: &str = "Go on";
/// Above the pages to choose from.
pub const WHICH_PAGE: &str = "Which page is it?";
/// Links the chosen page.
pub const CONNECT: &str = "Connect";

/// Where is it, of all the addresses that a network has?
#[must_use]
pub fn which_address(network: &str) -> String {
    format!("Where on {network}?")
}

/// Why that is asked.
#[must_use]
pub fn where_to(network: &str) -> String {
    format!("{network} has many addresses. Type yours, and it will ask for your approval.")
}

/// What was typed is none.
#[must_use]
pub fn no_address(network: &str) -> String {
    format!("This cannot be an address of {network}. Check it and try again.")
}

/// Nobody is there.
#[must_use]
pub fn nobody_answers(typed: &str) -> String {
    format!("Nobody answers at {typed}. Check the address, or try again later.")
}

/// Somebody is there who is not what the person means.
#[must_use]
pub fn is_not_one(network: &str, typed: &str) -> String {
    format!("What answers at {typed} does not say that it is {network}. Check the address.")
}

/// It lets no app register itself.
#[must_use]
pub fn takes_no_app(typed: &str) -> String {
    format!("{typed} did not let Greentick in. Try again later, or ask whoever runs it.")
}

/// Somebody must enter an app first.
#[must_use]
pub fn knows_no_app(typed: &str) -> String {
    format!("Greentick has no app at {typed} yet. Whoever runs Greentick can enter one.")
}

/// Why a page cannot be chosen.
pub const LACKS_ROLE: &str = "your role there does not allow it";
/// Puts the choice off.
pub const CHOOSE_LATER: &str = "Choose later";
/// Puts the other pages off.
pub const NOT_NOW: &str = "Not now";
/// Above the pages of other locations.
pub const ALSO_CONNECT: &str = "Also connect";
/// Connects those that are ticked.
pub const CONNECT_TICKED: &str = "Connect the ticked ones";

/// Above the other locations' pages, where the one that was clicked has its own.
#[must_use]
pub fn which_others(location: &str, network: &str) -> PopupWords {
    PopupWords {
        title: format!("{} is connected", page_name(location, network)),
        text: format!("The same permission of {network} fits other locations. Tick those that it should connect too."),
    }
}

/// Connects all that are listed: "Also connect the other 2".
#[must_use]
pub fn also_connect_all(others: usize) -> String {
    format!("Also connect the other {others}")
}

/// A page of another location and the account that fits it.
#[must_use]
pub fn as_account(location: &str, account: &str) -> String {
    format!("{location} as {account}")
}

/// Which account the page wants.
#[must_use]
pub fn try_again_as(account: &str) -> String {
    format!("Try again as {account}")
}

/// What the choice is about.
#[must_use]
pub fn choose_for(location: &str, network: &str) -> String {
    format!("Choose the page that belongs to {location}. {network} gave more than one.")
}

/// Why a page cannot be chosen.
#[must_use]
pub fn belongs_to(location: &str) -> String {
    format!("belongs to {location} here")
}
