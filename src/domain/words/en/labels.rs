//! Names of things on the page.

/// A label that never changes.
macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {$(
        $(#[$doc])*
        pub const $name: &str = $text;
    )+};
}

labels! {
    /// The product.
    PRODUCT = "Greentick",
    /// Jumps over the header.
    SKIP_TO_MAIN = "Skip to the content",
    /// The page that all tabs are on.
    ACCOUNT_SETTINGS = "Account settings",
    /// A tab.
    PROFILE = "Profile",
    /// A tab.
    PAGES = "Pages",
    /// A tab.
    ACTIVITY = "Activity",
    /// The search field of the Activity tab.
    SEARCH_LOCATIONS = "Search locations",
    /// A choice.
    NETWORK = "Network",
    /// The choice of no single one.
    EVERY_NETWORK = "All networks",
    /// Takes a narrower choice back.
    SHOW_ALL = "Show all",
    /// Nothing has happened yet.
    NO_ACTIVITY = "Nothing has happened here yet. Whatever is connected, disconnected or found will be told here.",
    /// Nothing of what was asked for.
    NOTHING_SUCH_HAPPENED = "Nothing of this kind has happened. Change the search, or show all.",
    /// More locations fit than are looked at.
    MORE_LOCATIONS_FIT = "More locations fit than are shown. Search for a longer part of the name.",
    /// Leads to what happened later.
    NEWER = "Newer",
    /// Leads to what happened before.
    OLDER = "Older",
    /// A part of a page's dialog.
    LAST_EVENTS = "What happened",
    /// Leads to the whole record of a page.
    ALL_ACTIVITY = "All activity",
    /// Ends the session.
    SIGN_OUT = "Sign out",
    /// Begins one; title and button.
    SIGN_IN = "Sign in",
    /// A field.
    EMAIL = "E-mail",
    /// A field.
    PASSWORD = "Password",
    /// Under the field.
    PASSWORD_HINT = "At least 12 characters.",
    /// Title of the first page anybody sees.
    SET_UP = "Set up Greentick",
    /// What it is for.
    SET_UP_MEANS = "You become the owner of the first workspace.",
    /// Its button.
    SET_UP_DO = "Create the workspace",
    /// A field.
    BUSINESS_NAME = "Name of the business",
    /// A field.
    YOUR_NAME = "Your name",
    /// Title of an address that leads nowhere.
    NOT_FOUND = "There is no such page",
    /// What to do there.
    NOT_FOUND_MEANS = "The address leads nowhere, or to something that is not yours.",
    /// Title where something could not be shown.
    NOT_SHOWN = "This cannot be shown now",
    /// Leads on.
    TO_START = "Go to the start page",
    /// A link that asks again.
    TRY_AGAIN = "Try again",
    /// The indicator while the stream is up.
    LIVE = "Live",
    /// The indicator while it is not.
    RECONNECTING = "Reconnecting",
    /// The region at the top of the Pages tab.
    SUMMARY = "Summary",
    /// The search field.
    SEARCH = "Search locations and pages",
    /// The chips' group.
    SHOW = "Show",
    /// A chip.
    ALL = "All",
    /// A chip.
    NEEDS_YOU = "Needs you",
    /// A chip.
    EXPIRING = "Expiring",
    /// A chip.
    CONNECTED = "Connected",
    /// Nothing fits the search.
    NOTHING_FITS = "No location fits. Change the search, or show all.",
    /// Leads to the part of the list before.
    EARLIER = "Earlier",
    /// Leads to the part of the list after.
    LATER = "Later",
    /// What the table is.
    TABLE = "Connection of each location on each network",
    /// A column.
    LOCATION = "Location",
    /// No locations yet.
    NO_LOCATIONS = "There are no locations yet. Add the first one; then add its pages and connect them.",
    /// No network can be used.
    NO_NETWORKS = "No network is set up here yet, so there is nothing to connect. An owner of the workspace adds one in the Networks tab.",
    /// A form's title and its button.
    ADD_LOCATION = "Add a location",
    /// A field.
    LOCATION_NAME = "Name of the location",
    /// A small button of an icon.
    MORE = "More",
    /// A fact.
    PAGE = "Page",
    /// Nobody has said which page it is.
    NOT_CHOSEN = "not chosen yet",
    /// Stands for an account that nobody has chosen.
    WHOEVER_HAS_IT = "whoever has the page",
    /// Before the address at which a page is connected.
    AT = "At",
    /// A fact.
    CONNECTED_BY = "Connected by",
    /// The signed-in person.
    YOU = "you",
    /// A fact.
    LAST_CHECKED = "Last checked",
    /// Not checked since it was connected.
    NOT_YET = "not yet",
    /// A fact.
    ALSO_IN = "Also in this permission",
    /// Says no.
    KEEP_CONNECTED = "Keep connected",
    /// Says no where nothing is connected.
    KEEP_AS_IT_IS = "Keep as it is",
    /// Says yes.
    DISCONNECT = "Disconnect",
    /// Says yes, and it is being done.
    DISCONNECTING = "Disconnecting",
    /// Title of the dialog of an icon that waits.
    WAITING = "Waiting for you in the popup",
    /// What to do there.
    WAITING_MEANS = "Approve or cancel in the network’s window. If you cannot find it, stop waiting and click the icon again.",
    /// Brings the popup forward.
    SHOW_WINDOW = "Show the window",
    /// Gives an attempt up.
    STOP_WAITING = "Stop waiting",
    /// Goes on waiting.
    GO_ON_WAITING = "Go on waiting",
    /// Takes a message away.
    DISMISS = "Dismiss",
    /// A part of the profile.
    ABOUT_YOU = "About you",
    /// A field.
    NAME = "Name",
    /// A part of the profile.
    BROWSERS = "Where you are signed in",
    /// A column.
    BROWSER = "Browser",
    /// A column.
    SINCE = "Since",
    /// A column.
    LAST_SEEN = "Last seen",
    /// A column, for screen readers.
    ACTION = "Action",
    /// The browser that asks.
    THIS_BROWSER = "this browser",
    /// One that does not say what it is.
    UNKNOWN_BROWSER = "A browser that does not say its name",
    /// Ends another browser's session.
    SIGN_OUT_THERE = "Sign out there",
}

/// A document's title.
#[must_use]
pub fn title(page: &str) -> String {
    format!("{page} · {PRODUCT}")
}

/// "Locations 51 to 100 of 2500".
#[must_use]
pub fn so_many_shown(from: usize, to: usize, all: usize) -> String {
    format!("Locations {from} to {to} of {all}")
}

/// "17 of 22 pages connected".
#[must_use]
pub fn so_many_connected(connected: usize, all: usize) -> String {
    let pages = if all == 1 { "page" } else { "pages" };
    format!("{connected} of {all} {pages} connected")
}

/// Under a location's name: "5 of 6 connected".
#[must_use]
pub fn so_many_here(connected: usize, all: usize) -> String {
    match all {
        0 => "No pages yet".into(),
        _ => format!("{connected} of {all} connected"),
    }
}

/// "3 need you now. 1 will need you within 7 days."
#[must_use]
pub fn who_needs_you(now: usize, soon: usize) -> String {
    let now = match now {
        0 => "Nothing needs you now.".into(),
        1 => "1 needs you now.".into(),
        many => format!("{many} need you now."),
    };
    match soon {
        0 => now,
        many => format!("{now} {many} will need you within 7 days."),
    }
}

/// The name of a dashed +.
#[must_use]
pub fn add_page(location: &str, network: &str) -> String {
    format!("Add {location}'s page on {network}")
}

/// The name of the small button of an icon.
#[must_use]
pub fn more_about(location: &str, network: &str) -> String {
    format!("More about {location} on {network}")
}

/// "Chrome on Linux", out of what a browser calls itself.
#[must_use]
pub fn browser_name(agent: &str) -> String {
    // The first that fits: most browsers call themselves by their forebears' names too.
    let browser = first_in(
        agent,
        &[
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("SamsungBrowser/", "Samsung Internet"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("CriOS/", "Chrome"),
            ("Safari/", "Safari"),
        ],
    );
    let system = first_in(
        agent,
        &[
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Windows", "Windows"),
            ("Mac OS X", "Mac"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ],
    );
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => UNKNOWN_BROWSER.to_owned(),
    }
}

fn first_in(agent: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    names.iter().find(|(sign, _)| agent.contains(*sign)).map(|(_, name)| *name)
}

/// The name of the button that ends another browser's session.
#[must_use]
pub fn sign_out_of(browser: &str) -> String {
    format!("{SIGN_OUT_THERE}: {browser}")
}

#[cfg(test)]
mod tests {
    use super::{UNKNOWN_BROWSER, browser_name};

    #[test]
    fn browsers_are_called_by_their_own_names() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/156.0 Mobile Safari/604.1",
                "Chrome on iPhone",
            ),
            ("Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0", "Firefox on Android"),
            ("curl/8.0", UNKNOWN_BROWSER),
        ] {
            assert_eq!(browser_name(agent), name);
        }
    }
}
