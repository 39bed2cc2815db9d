//! Our apps at the networks, as an owner sees them: what is there, what is missing, and what a check found. Nothing here
//! can hold a credential, so none can be shown again.

use serde::{Deserialize, Serialize};

use super::{Moment, NetworkId};

/// Where our app at a network comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// The settings or the environment, which win.
    Settings,
    /// It was entered here.
    Entered,
    /// It registers itself.
    Itself,
    /// Nowhere: nobody can connect.
    Missing,
}

impl AppState {
    /// Its name in attributes.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Entered => "entered",
            Self::Itself => "itself",
            Self::Missing => "missing",
        }
    }
}

/// A row of the Networks tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkLine {
    /// The definition's name.
    pub id: NetworkId,
    /// The name that people use.
    pub name: String,
    /// Where our app there comes from.
    pub app: AppState,
    /// How much of the definition nobody has verified.
    pub unverified: usize,
}

/// A network, as its owner sets it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSetup {
    /// What its row says; of this very app, where the network has one.
    pub line: NetworkLine,
    /// The address whose app this is, where people type one.
    pub at: Option<String>,
    /// The other apps, at addresses that people type.
    pub places: Option<Places>,
    /// Where the network sends people back to. It stays, whatever credentials come and go.
    pub redirect: String,
    /// What the network demands of that address.
    pub demands: Vec<Demand>,
    /// Where the network tells us things by itself, if it does.
    pub hook: Option<String>,
    /// What can be done about our app here.
    pub way: Way,
    /// Whether it signs them by a secret of their own.
    pub has_hook_secret: bool,
    /// The network's own words.
    pub docs: Option<String>,
    /// What to know before.
    pub notes: Vec<String>,
    /// When and where the definition was checked.
    pub checked: Option<(String, String)>,
    /// What one source says.
    pub once: Vec<String>,
    /// What none says.
    pub never: Vec<String>,
    /// How many pages are connected through our app there.
    pub pages: u64,
    /// What the last check found.
    pub checkup: Option<Checkup>,
}

/// The apps at the addresses of a network, each entered by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// What people type: "Your GitLab".
    pub label: String,
    /// What such an address looks like.
    pub example: String,
    /// The addresses, and where each one's app comes from.
    pub known: Vec<(String, AppState)>,
}

/// How our app at a network comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By credentials that the network gives.
    Credentials,
    /// It registers itself at each server, once the network is switched on.
    Switch,
    /// One for each server, by credentials that it gives.
    Places,
    /// By a key of ours: the network reads the rest at our own address.
    Key,
    /// By the settings, which have it on.
    Settings,
}

/// What a network demands of the address to which it sends people back, beside that it is registered to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It must be https, on a loopback address too.
    Https,
    /// On a loopback address it must say the number: localhost is refused.
    NoLocalhost,
}

impl Demand {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Https, Self::NoLocalhost];
}

/// What a check found, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// When.
    pub at: Moment,
    /// What, in the order in which it is read.
    pub findings: Vec<Finding>,
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The definition says all that is needed.
    Whole,
    /// The definition names neither a call nor a place by which a permission is taken back.
    NoWayBack,
    /// Nobody has entered an app.
    NoApp,
    /// There is an app.
    App(AppState),
    /// The redirect address is as the network wants it.
    RedirectFits,
    /// It is not.
    RedirectUnfit(Demand),
    /// Only browsers on this machine come back to it.
    RedirectIsLocal,
    /// Whether a host of the network's answers.
    Host(String, HostWord),
    /// Some hosts are known only when a page is connected.
    HostsLater,
    /// What the network's own metadata says, where it has some.
    Metadata(MetadataWord),
    /// What answers at an address that was typed is no server of the network's.
    NotOne(String),
    /// What the token endpoint says of our credentials.
    Credentials(TokenWord),
}

/// Whether a host answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostWord {
    /// It does.
    Answers,
    /// Its name leads nowhere.
    Unknown,
    /// It takes no connection.
    Unreachable,
    /// It takes the connection, and says nothing in time.
    Silent,
}

/// What a network's metadata (RFC 8414) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetadataWord {
    /// The same as the definition.
    Agrees,
    /// Another issuer.
    OtherIssuer,
    /// Another address at which people are asked.
    OtherAuthorize,
    /// Another token endpoint.
    OtherToken,
}

/// What the token endpoint says of our credentials, asked with a code that nobody issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenWord {
    /// It refuses the code and not us, and answers a made-up secret otherwise.
    Right,
    /// It refuses us.
    Wrong,
    /// It knows us, and does not let us connect people.
    NotAllowed,
    /// It answers a made-up secret alike.
    Unclear,
    /// It was asked too often.
    TooOften,
    /// It says that it is down.
    Down,
    /// It did not answer.
    Silent,
    /// It answers with something that is no answer of a token endpoint.
    Odd,
}

/// What follows from a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing.
    Fine,
    /// Somebody must do something, or nobody can connect.
    Wrong,
    /// It is not known, or may be meant so.
    Open,
}

impl Weight {
    /// Its name in attributes.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Wrong => "wrong",
            Self::Open => "open",
        }
    }
}

impl Finding {
    /// What follows from it.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::Whole
            | Self::App(_)
            | Self::RedirectFits
            | Self::Host(_, HostWord::Answers)
            | Self::Metadata(MetadataWord::Agrees)
            | Self::Credentials(TokenWord::Right) => Weight::Fine,
            Self::NoApp
            | Self::RedirectUnfit(_)
            | Self::Host(..)
            | Self::NotOne(_)
            | Self::Credentials(TokenWord::Wrong | TokenWord::NotAllowed | TokenWord::Odd) => Weight::Wrong,
            Self::NoWayBack | Self::RedirectIsLocal | Self::HostsLater | Self::Metadata(_) | Self::Credentials(_) => {
                Weight::Open
            }
        }
    }
}
