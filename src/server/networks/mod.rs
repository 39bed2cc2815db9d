//! Talking to networks. A network is data: a definition file says where its doors are, how it wants to be asked, and
//! what its answers mean; this room turns that into requests and verdicts. It knows no page and no person of ours.

mod address;
mod apps;
mod asking;
pub(super) mod authorize;
mod client;
mod definition;
pub(super) mod exchange;
mod fields;
mod fill;
mod heard;
mod id_token;
mod inbound;
mod jose;
mod keyring;
pub(super) mod load;
pub(super) mod normalise;
mod pace;
mod plan;
mod refresh;
mod revoke;
mod rows;
mod shown;
mod verdict;
mod who;

pub use address::is_safe;
pub use apps::{NetworkApp, Networks, Silence, answered, cards, missed};
pub use asking::Bearer;
pub use authorize::{Ask, Asked, authorize_url};
pub use client::{Answer, NetworkClient, NoAnswer, Patience};
pub use definition::{Definition, Iss, Lifetime, Refusal, Renews, ResponseMode, Shape};
pub use exchange::{ExchangeError, Tokens, exchange};
pub use heard::{heard_before, sweep};
pub use id_token::{Expected, confirm, confirm_renewed};
pub use inbound::{Inbound, Message, People, Reply, Risc, TokenMark, read as inbound};
pub use load::{DefinitionError, load, read};
pub use pace::{Admission, admit, blocked, pause};
pub use plan::{Clocked, Clocks, Plan, Renewal, phase, plan};
pub use refresh::{Held, RefreshError, Sent, refresh};
pub use revoke::{GivenBack, revoke};
pub use shown::{line, page};
pub use verdict::Verdict;
pub use who::{RemotePage, Unusable, WhoError, check, granted_scopes, remote_pages, who_am_i};
