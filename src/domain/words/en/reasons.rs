//! The sentences of a page's dialog: what happened, whose move it is, what to click.

use crate::domain::{Lack, Moment, Reason, Returned};

use super::{ability_verb, ago, date, to_the_second};

/// The dialog's title where it asks.
#[must_use]
pub fn disconnect_question(location: &str, network: &str) -> String {
    format!("Disconnect {location} from {network}?")
}

/// The dialog's title where the page is broken already.
#[must_use]
pub fn broken_title(location: &str, network: &str) -> String {
    format!("{location} on {network} is broken")
}

/// What disconnecting does.
pub const DISCONNECT_MEANS: &str =
    "Greentick will forget the token. Posting and statistics for this page stop until you reconnect.";

/// What disconnecting makes of the permission, and who else needs it.
#[must_use]
pub fn what_becomes(network: &str, would_be: Returned, shared_with: &[String]) -> String {
    match would_be {
        Returned::StillUsed => {
            let need = if shared_with.len() == 1 { "needs" } else { "need" };
            format!("{network} keeps the permission, because {} {need} it too.", listed(shared_with))
        }
        Returned::ByHand => format!(
            "{network} cannot be told by an app: after this, remove Greentick in {network}’s own list of apps too."
        ),
        Returned::Returned | Returned::Failed | Returned::UnderWay => {
            format!("Greentick will give its permission back to {network}.")
        }
    }
}

/// "Bondi, Manly and Newtown".
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Makes the network ask which pages it gives.
pub const CHANGE_PAGES: &str = "Change pages";

/// What that does.
#[must_use]
pub fn change_pages_means(network: &str) -> String {
    format!("{network} asks again which pages Greentick may use.")
}

/// What disconnecting a broken page does.
#[must_use]
pub fn forget_means(account: &str) -> String {
    format!(
        "Disconnect forgets the old permission. After that the page can be connected as somebody else than {account}."
    )
}

/// Why a page broke, and what to do.
#[must_use]
pub fn reason_in_full(reason: Reason, network: &str, account: &str) -> String {
    match reason {
        Reason::Removed => format!(
            "Somebody removed Greentick in {network}’s list of apps. Click the red icon and approve as {account} to reconnect."
        ),
        Reason::PasswordChanged => format!(
            "The password of {account} changed, and {network} ends permissions then. Click the red icon to reconnect."
        ),
        Reason::Expired => format!("The permission of {account} reached its end. Click the red icon to reconnect."),
        Reason::Refused => format!(
            "{network} refuses the permission and does not say why. Click the red icon and approve as {account} to reconnect."
        ),
        Reason::PageLost => format!(
            "The permission works, but {network} does not list {account} any more. Ask for access to the page there; then \
             click the red icon to reconnect."
        ),
        Reason::AnswerLost { at } => format!(
            "{network}’s answer with the new token was lost on the way at {}, and the old token is spent. Nobody did \
             anything wrong. Click the red icon to reconnect.",
            to_the_second(at)
        ),
        Reason::SomebodyElse => format!(
            "{network} answered a renewal with the permission of another account. That was given back, and nothing of it \
             is kept. Click the red icon and approve as {account} to reconnect."
        ),
        Reason::Outdated { at } => format!(
            "Greentick was restored from a backup of {}, and {network} gave a newer token since. Nobody did anything wrong. \
             Click the red icon to reconnect.",
            to_the_second(at)
        ),
    }
}

/// What is missing, and what to do.
#[must_use]
pub fn partly_in_full(lack: &Lack, network: &str) -> String {
    let missing = match lack {
        Lack::Page => {
            return format!(
                "{network} lets Greentick in, and nobody has chosen which page it is yet. Click the amber icon and choose."
            );
        }
        Lack::LogIn => {
            return format!(
                "{network} wants a person to log in there before it goes on. Log in at {network}; Greentick then goes on by \
                 itself. If it does not, click the amber icon and approve again."
            );
        }
        Lack::Abilities(missing) => missing,
    };
    let verbs: Vec<_> = missing.iter().map(|ability| ability_verb(*ability)).collect();
    format!("{network} lets Greentick in, but not to {}. Click the amber icon and allow it there.", verbs.join(" or "))
}

/// When the permission ends, and what to do.
#[must_use]
pub fn expiring_in_full(day: Option<Moment>, network: &str) -> String {
    let day = day.map_or_else(|| "soon".into(), |day| format!("on {}", date(day)));
    format!("{network} ends this permission {day} unless a person renews it. Click the amber icon to renew it.")
}

/// A network that does not answer.
#[must_use]
pub fn silent_in_full(network: &str, since: Option<Moment>, now: Moment) -> String {
    let since = since.map_or_else(String::new, |since| format!(" It stopped {}.", ago(since, now)));
    format!(
        "{network} is not answering.{since} Nothing says that the permission is gone. Greentick keeps asking; there is \
         nothing for you to do."
    )
}

/// The other pages that hang on the same permission: "Surry Hills (stays connected)".
#[must_use]
pub fn stays_connected(names: &[String]) -> String {
    match names {
        [one] => format!("{one} (stays connected)"),
        many => format!("{} (stay connected)", many.join(", ")),
    }
}

/// Leads out to the network.
#[must_use]
pub fn see_list_of_apps(network: &str) -> String {
    format!("See it in {network}’s own list of apps")
}
