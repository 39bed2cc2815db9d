//! One event stream for all tabs of this browser.
//!
//! A browser on HTTP/1.1 has six connections for a server, so a stream per tab makes the seventh tab hang. The tab that
//! holds a Web Lock has the stream and passes on what it hears over a `BroadcastChannel`. Nothing here remembers what
//! was heard: each tab counts the events itself and asks the server for what it missed.

mod lock;
mod news;
mod source;
mod tab;

use std::time::Duration;

use gloo_timers::callback::Interval;
pub use news::News;

use self::tab::Tab;
use super::{Kept, clock::in_ms};
use crate::domain::UserId;

/// How often the holder says that it lives, and everybody looks at the time.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Which stream: a workspace as one person sees it. The person is in the name so that two people who use one browser
/// after each other never share.
pub struct Which {
    /// The workspace's part of the address.
    pub slug: String,
    /// Who is signed in.
    pub person: UserId,
}

/// Follows the stream until it is released. `after` says which event this tab has heard last; `hear` gets the news.
#[must_use]
pub fn follow(which: &Which, after: impl Fn() -> i64 + 'static, hear: impl Fn(News) + 'static) -> Kept {
    let tab = Tab::join(which, Box::new(after), Box::new(hear));
    let beating = tab.clone();
    let heartbeat = Interval::new(in_ms(HEARTBEAT), move || beating.beat());
    Kept::keep(Following { tab, _heartbeat: heartbeat })
}

struct Following {
    tab: std::rc::Rc<Tab>,
    _heartbeat: Interval,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.tab.leave();
    }
}
