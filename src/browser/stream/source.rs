//! The connection itself: an `EventSource` that comes back.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

use crate::browser::{
    clock::{in_ms, now_ms},
    listen::Listener,
};

const NAMES: [&str; 5] = ["change", "snapshot", "hello", "beat", "signed-out"];

/// The server says something every 15 s. A connection that is silent for longer than two of them is dead, whatever
/// the browser thinks of it.
const SILENCE_MS: i64 = 40_000;

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a [`Source`] says.
pub(super) enum Said<'a> {
    /// A server-sent event: its name and data.
    Event(&'a str, &'a str),
    /// The connection is gone and will come back.
    Down,
}

type Hear = Box<dyn Fn(Said)>;

/// A stream that lives until it is dropped.
pub(super) struct Source {
    url: Box<dyn Fn() -> String>,
    hear: Hear,
    open: RefCell<Option<Connection>>,
    retry: RefCell<Option<Timeout>>,
    wait: Cell<Duration>,
    heard_at: Cell<i64>,
}

struct Connection {
    source: EventSource,
    _listeners: Vec<Listener>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl Source {
    /// `url` is asked anew for each connection, so that it can say which event was heard last.
    pub(super) fn open(url: Box<dyn Fn() -> String>, hear: Hear) -> Rc<Self> {
        let source = Rc::new(Self {
            url,
            hear,
            open: RefCell::default(),
            retry: RefCell::default(),
            wait: Cell::new(FIRST_WAIT),
            heard_at: Cell::new(now_ms()),
        });
        source.connect();
        source
    }

    /// Looks at the time: a silent connection is replaced.
    pub(super) fn check(self: &Rc<Self>) {
        if now_ms() - self.heard_at.get() > SILENCE_MS {
            (self.hear)(Said::Down);
            self.connect();
        }
    }

    fn connect(self: &Rc<Self>) {
        self.heard_at.set(now_ms());
        let Ok(source) = EventSource::new(&(self.url)()) else { return self.retry_later() };
        let mut listeners: Vec<_> = NAMES.iter().map(|name| self.listen(&source, name)).collect();
        listeners.push(self.watch(&source));
        let old = self.open.replace(Some(Connection { source, _listeners: listeners }));
        drop(old);
    }

    fn listen(self: &Rc<Self>, source: &EventSource, name: &'static str) -> Listener {
        let this = Rc::downgrade(self);
        Listener::new(source, name, move |event| {
            let (Some(this), Some(message)) = (this.upgrade(), event.dyn_ref::<MessageEvent>()) else { return };
            this.heard_at.set(now_ms());
            this.wait.set(FIRST_WAIT);
            (this.hear)(Said::Event(name, &message.data().as_string().unwrap_or_default()));
        })
    }

    fn watch(self: &Rc<Self>, source: &EventSource) -> Listener {
        let (this, failed) = (Rc::downgrade(self), source.clone());
        Listener::new(source, "error", move |_| {
            let Some(this) = this.upgrade() else { return };
            (this.hear)(Said::Down);
            // The browser tries again by itself unless the server answered, but not with a stream.
            if failed.ready_state() == EventSource::CLOSED {
                this.retry_later();
            }
        })
    }

    fn retry_later(self: &Rc<Self>) {
        let wait = self.wait.get();
        self.wait.set((wait * 2).min(LONGEST_WAIT));
        let this: Weak<Self> = Rc::downgrade(self);
        let retry = Timeout::new(in_ms(wait), move || {
            if let Some(this) = this.upgrade() {
                this.connect();
            }
        });
        *self.retry.borrow_mut() = Some(retry);
    }
}
