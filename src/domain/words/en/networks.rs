//! The Networks tab: what each part is called, and what a check found: cause and cure in a sentence or two.

use super::title;
use crate::domain::{AppState, Demand, Finding, HostWord, MetadataWord, TokenWord, Way, Weight};

/// A tab.
pub const NETWORKS: &str = "Networks";
/// What the tab is for.
pub const NETWORKS_MEANS: &str = "A network is a column of the Pages tab once our app there is known: register one at the network, and enter what it \
    gives you here.";
/// A list.
pub const IN_USE: &str = "In use";
/// A list.
pub const NOT_SET_UP: &str = "Not set up";
/// Leads back to the list.
pub const ALL_NETWORKS: &str = "All networks";
/// A field.
pub const REDIRECT: &str = "Redirect address";
/// Puts a text on the clipboard.
pub const COPY: &str = "Copy";
/// It is there.
pub const COPIED: &str = "Copied";
/// A field.
pub const HOOK: &str = "Address for the network’s own messages";
/// A part of a network's page.
pub const OUR_APP: &str = "Our app";
/// A field.
pub const CLIENT_ID: &str = "Client id";
/// A field.
pub const CLIENT_SECRET: &str = "Client secret";
/// A field.
pub const HOOK_SECRET: &str = "Secret for messages";
/// Under that field.
pub const HOOK_SECRET_HINT: &str = "What the network signs its own messages by; at Discord the app’s public key. Empty: what was entered before, or the client secret.";
/// Under the form.
pub const SEALED: &str = "It is sealed before it is stored, and never shown again.";
/// Where there is an app already.
pub const ANOTHER_ID: &str =
    "Another client id is another app: pages that were connected through the one before must be connected anew.";
/// A button.
pub const ENTER: &str = "Enter the app";
/// A button.
pub const REPLACE: &str = "Replace the app";
/// A button.
pub const REMOVE: &str = "Remove the app";
/// A part of a network's page.
pub const PLACES: &str = "Other servers";
/// What it is.
pub const PLACES_MEAN: &str =
    "Each server has an app of its own, with a redirect address of its own. Add a server to see its address.";
/// A button.
pub const ADD_PLACE: &str = "Add the server";
/// A button.
pub const REMOVE_PLACE: &str = "Take it off the list";
/// A field.
pub const PRIVATE_KEY: &str = "Private key";
/// Under that field.
pub const PRIVATE_KEY_HINT: &str =
    "On P-256, as PKCS#8. Empty: a new one is made here. It is sealed before it is stored, and never shown again.";
/// A button.
pub const ENTER_KEY: &str = "Use this key";
/// A button.
pub const NEW_KEY: &str = "Change the key";
/// A button.
pub const SWITCH_ON: &str = "Switch it on";
/// A button.
pub const SWITCH_OFF: &str = "Switch it off";
/// A part of a network's page.
pub const CHECK: &str = "Check";
/// What it does.
pub const CHECK_MEANS: &str =
    "Asks the network, and changes nothing there: its hosts, and its token endpoint with a code that nobody issued.";
/// A button.
pub const CHECK_NOW: &str = "Check now";
/// When.
pub const CHECKED: &str = "Checked";
/// A part of a network's page.
pub const KNOW_BEFORE: &str = "Know before";
/// Not certain.
pub const NOT_VERIFIED: &str = "Not verified; try first";
/// Less certain.
pub const FROM_ONE_SOURCE: &str = "From one source only";
/// Nothing is uncertain.
pub const ALL_VERIFIED: &str =
    "All of it was found at two sources that do not copy each other. None of it was tried at the network.";
/// A link to the network's own words.
pub const READ_MORE: &str = "What the network says";

/// Where our app comes from, in two words.
#[must_use]
pub fn app_state(app: AppState) -> &'static str {
    match app {
        AppState::Settings => "Set in the settings",
        AppState::Entered => "Entered here",
        AppState::Itself => "Registers itself",
        AppState::Missing => "Not set up",
    }
}

/// "GitLab at git.example".
#[must_use]
pub fn network_at(network: &str, host: &str) -> String {
    format!("{network} at {host}")
}

/// Under a field that takes an address.
#[must_use]
pub fn such_as(example: &str) -> String {
    format!("An address such as {example}.")
}

/// Where the settings have an app.
#[must_use]
pub fn in_settings(network: &str) -> String {
    format!("under apps or in GREENTICK_APPS__{}__…", network.to_uppercase())
}

/// The same, at an address that people type.
#[must_use]
pub fn in_settings_at(network: &str, host: &str) -> String {
    format!("as [apps.\"{network}@{host}\"]")
}

/// What that means, and what can be done about it. `place` is where the settings have it.
#[must_use]
pub fn app_means(way: Way, app: AppState, network: &str, place: &str) -> String {
    match (way, app) {
        (Way::Places, _) => format!("Each server of {network} has an app of its own: add the server below."),
        (_, AppState::Settings) | (Way::Settings, _) => {
            format!("The settings or the environment have it, and they win: change it there, {place}.")
        }
        (Way::Switch, AppState::Missing) => {
            format!(
                "Greentick registers itself at each server of {network} that people type. Nothing needs to be entered."
            )
        }
        (Way::Switch, _) => format!(
            "Greentick registers itself at each server of {network} that people type. Switched off, {network} leaves the Pages tab; nobody is disconnected."
        ),
        (Way::Key, AppState::Missing) => format!(
            "{network} reads at our own address who we are, so nothing is registered there. All it takes is a private key, which is made here unless you have one."
        ),
        (Way::Key, _) => format!(
            "{network} knows us by a key that was entered here. A new one signs from now on; pages that are connected go on by the one before, until they are connected anew."
        ),
        (Way::Credentials, AppState::Missing) => format!(
            "Register an app at {network} with the redirect address above. Then enter the client id and the client secret that it gives you."
        ),
        (Way::Credentials, _) => format!("Our app at {network} was entered here. To change it, enter all of it anew."),
    }
}

/// "2 things to try first".
#[must_use]
pub fn unverified(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 thing to try first".into(),
        many => format!("{many} things to try first"),
    }
}

/// The heading of a network's page.
#[must_use]
pub fn network_title(network: &str) -> String {
    title(&format!("{network} · {NETWORKS}"))
}

/// A part of a network's page: what is to be registered there.
#[must_use]
pub fn register_at(network: &str) -> String {
    format!("Register at {network}")
}

/// What to do with the redirect address.
#[must_use]
pub fn register_there(network: &str) -> String {
    format!("{network} sends people back to it. It must be registered to the letter.")
}

/// What the network demands of it.
#[must_use]
pub fn demand(demand: Demand, network: &str) -> String {
    match demand {
        Demand::Https => format!("{network} takes https only."),
        Demand::NoLocalhost => format!("On this machine {network} takes 127.0.0.1, and not localhost."),
    }
}

/// What becomes of the pages when the app is removed; of one server alone, where there is a `host`.
#[must_use]
pub fn removing(pages: u64, network: &str, host: Option<&str>) -> String {
    let again = "Nobody is disconnected; with the same app entered again it goes on.";
    let leaves = match host {
        Some(host) => format!("{host} leaves the list"),
        None => format!("{network} leaves the Pages tab"),
    };
    match pages {
        0 => format!("No page is connected through it. {leaves}."),
        1 => format!("1 page is connected through it. {leaves}, and the page is not kept connected. {again}"),
        many => {
            format!("{many} pages are connected through it. {leaves}, and the pages are not kept connected. {again}")
        }
    }
}

/// The box to tick before.
#[must_use]
pub fn remove_though(pages: u64) -> String {
    match pages {
        1 => "Remove it, though 1 page is connected through it".into(),
        many => format!("Remove it, though {many} pages are connected through it"),
    }
}

/// The name of the form's answer that names the address's button.
#[must_use]
pub fn copy_what(label: &str) -> String {
    format!("{COPY}: {label}")
}

/// For a screen reader, before a finding.
#[must_use]
pub fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Fine => "Right:",
        Weight::Wrong => "Wrong:",
        Weight::Open => "To know:",
    }
}

/// What a check found at `network`: cause, and cure.
#[must_use]
pub fn finding(finding: &Finding, network: &str) -> String {
    match finding {
        Finding::Whole => "The definition says all that is needed.".into(),
        Finding::NoWayBack => format!(
            "The definition does not say how a permission is taken back at {network}. Add revoke or manage_url to its file."
        ),
        Finding::NoApp => format!(
            "No app is entered, so nobody can connect, and the credentials were not checked. Register one at {network}, and enter it above."
        ),
        Finding::App(AppState::Settings) => "The settings or the environment have an app.".into(),
        Finding::App(AppState::Itself) => "The app registers itself.".into(),
        Finding::App(_) => "An app is entered.".into(),
        Finding::RedirectFits => {
            format!("The redirect address is one that {network} takes. Whether it is registered there, the first connection tells.")
        }
        Finding::RedirectUnfit(Demand::Https) => format!(
            "{network} takes redirect addresses with https only, and this one has http. Set base_url to the https address that people open."
        ),
        Finding::RedirectUnfit(Demand::NoLocalhost) => {
            format!("{network} refuses localhost. Set base_url to the same address with 127.0.0.1.")
        }
        Finding::RedirectIsLocal => {
            "Only browsers on this machine come back to the redirect address. For everybody else set base_url to the https address that people open.".into()
        }
        Finding::Host(host, word) => host_word(host, *word),
        Finding::NotOne(host) => format!(
            "What answers at {host} does not say that it is {network}. Look at the address; else its own description is at fault."
        ),
        Finding::HostsLater => {
            "Some hosts are known only when a page is connected, so they, and credentials there, are not checked.".into()
        }
        Finding::Metadata(word) => metadata_word(*word, network),
        Finding::Credentials(word) => token_word(*word, network),
    }
}

fn host_word(host: &str, word: HostWord) -> String {
    match word {
        HostWord::Answers => format!("{host} answers."),
        HostWord::Unknown => format!(
            "The name {host} leads nowhere. If other names do, this machine’s DNS is well, and the address in the definition is wrong."
        ),
        HostWord::Unreachable => {
            format!(
                "{host} takes no connection. Look at this machine’s way to the internet and its firewall; else it is down."
            )
        }
        HostWord::Silent => format!("{host} took the connection and said nothing for ten seconds. Check again later."),
    }
}

fn metadata_word(word: MetadataWord, network: &str) -> String {
    let differs = |what: &str, field: &str| {
        format!("{network} says of itself that {what} is another than in the definition. Compare {field} there.")
    };
    match word {
        MetadataWord::Agrees => format!("{network} says the same of its doors as the definition."),
        MetadataWord::OtherIssuer => differs("its issuer", "issuer"),
        MetadataWord::OtherAuthorize => differs("the address that people are sent to", "authorize.url"),
        MetadataWord::OtherToken => differs("its token endpoint", "token.url"),
    }
}

fn token_word(word: TokenWord, network: &str) -> String {
    match word {
        TokenWord::Right => format!("{network} knows the client id and the client secret."),
        TokenWord::Wrong => format!(
            "{network} refuses the client id or the client secret. Copy both anew from the app’s page there, and replace them."
        ),
        TokenWord::NotAllowed => format!(
            "{network} knows the app and does not let it connect people. Look at the app’s page there: its kind, its products, its review."
        ),
        TokenWord::Unclear => format!(
            "{network} answers your client secret and a made-up one the same: either yours is wrong, or it looks at the code first. The first connection tells."
        ),
        TokenWord::TooOften => format!(
            "{network} was asked too often, so the credentials were not checked. Wait a while, then check again."
        ),
        TokenWord::Down => {
            format!("{network} says that it is down, so the credentials were not checked. Check again later.")
        }
        TokenWord::Silent => format!(
            "{network}’s token endpoint did not answer, so the credentials were not checked. Check again later."
        ),
        TokenWord::Odd => format!(
            "{network}’s token endpoint answers, and not as one does. Compare token.url in the definition with the network’s own pages."
        ),
    }
}
