//! A tab's part: holding the stream and passing it on, or listening to the tab that does.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{
    News, Which,
    lock::{Claim, How},
    news::Word,
    source::{Said, Source},
};
use crate::browser::{channel::Channel, clock::now_ms, read};

/// A holder that says nothing for this long has crashed or sleeps; its lock is taken from it.
const HOLDER_SILENCE_MS: i64 = 30_000;

type Hear = Box<dyn Fn(News)>;
type After = Box<dyn Fn() -> i64>;

/// One tab.
pub(super) struct Tab {
    stream: String,
    lock: String,
    after: After,
    hear: Hear,
    channel: RefCell<Option<Channel>>,
    source: RefCell<Option<Rc<Source>>>,
    /// The lock that we have, or have stolen.
    claim: RefCell<Option<Claim>>,
    /// Our place in the queue for it.
    queued: RefCell<Option<Claim>>,
    is_up: Cell<bool>,
    holder_heard_at: Cell<i64>,
}

impl Tab {
    pub(super) fn join(which: &Which, after: After, hear: Hear) -> Rc<Self> {
        let Which { slug, person } = which;
        let name = format!("greentick-stream-{slug}-{person}");
        let tab = Rc::new(Self {
            stream: format!("/w/{slug}/events"),
            lock: name.clone(),
            after,
            hear,
            channel: RefCell::default(),
            source: RefCell::default(),
            claim: RefCell::default(),
            queued: RefCell::default(),
            is_up: Cell::new(false),
            holder_heard_at: Cell::new(now_ms()),
        });
        let listening = Rc::downgrade(&tab);
        let channel = Channel::join(&name, move |text| {
            if let (Some(tab), Some(word)) = (listening.upgrade(), read(text)) {
                tab.listen(word);
            }
        });
        *tab.channel.borrow_mut() = channel;
        tab.say(&Word::Join);
        tab.queue();
        tab
    }

    /// Every few seconds: the holder says that it lives, the others look whether it does.
    pub(super) fn beat(self: &Rc<Self>) {
        let source = self.source.borrow().clone();
        if let Some(source) = source {
            source.check();
            self.say_holding();
        } else if now_ms() - self.holder_heard_at.get() > HOLDER_SILENCE_MS {
            (self.hear)(News::Down);
            self.steal();
        }
    }

    /// Gives everything back.
    pub(super) fn leave(&self) {
        let left = (self.source.take(), self.claim.take(), self.queued.take(), self.channel.take());
        drop(left);
    }

    fn queue(self: &Rc<Self>) {
        let (granted, lost) = (Rc::downgrade(self), Rc::downgrade(self));
        let claim = Claim::new(
            &self.lock,
            How::Queue,
            move || {
                if let Some(tab) = granted.upgrade() {
                    tab.claim.replace(tab.queued.take());
                    tab.hold();
                }
            },
            move || lost.upgrade().iter().for_each(Self::let_go),
        );
        if claim.is_some() {
            self.queued.replace(claim);
            return;
        }
        // Without locks every tab has a stream of its own, and nobody passes anything on.
        self.channel.take();
        self.hold();
    }

    fn steal(self: &Rc<Self>) {
        self.holder_heard_at.set(now_ms());
        let (granted, lost) = (Rc::downgrade(self), Rc::downgrade(self));
        let claim = Claim::new(
            &self.lock,
            How::Steal,
            move || granted.upgrade().iter().for_each(Self::hold),
            move || lost.upgrade().iter().for_each(Self::let_go),
        );
        drop(self.claim.replace(claim));
    }

    fn hold(self: &Rc<Self>) {
        let (asking, hearing) = (Rc::downgrade(self), Rc::downgrade(self));
        let stream = self.stream.clone();
        let url = move || format!("{stream}?after={}", asking.upgrade().map_or(0, |tab| (tab.after)()));
        let hear = move |said: Said| {
            if let Some(tab) = hearing.upgrade() {
                tab.pass_on(&said);
            }
        };
        let old = self.source.replace(Some(Source::open(Box::new(url), Box::new(hear))));
        drop(old);
    }

    /// Another tab took the lock because this one was silent for too long.
    fn let_go(self: &Rc<Self>) {
        drop((self.source.take(), self.claim.take()));
        self.holder_heard_at.set(now_ms());
        if self.queued.borrow().is_none() {
            self.queue();
        }
    }

    fn pass_on(&self, said: &Said) {
        match *said {
            Said::Down => {
                self.is_up.set(false);
                self.say_holding();
                (self.hear)(News::Down);
            }
            Said::Event(name, data) => {
                self.is_up.set(true);
                self.say(&Word::Heard { name: name.into(), data: data.into() });
                self.tell(name, data);
            }
        }
    }

    fn listen(&self, word: Word) {
        let is_holder = self.source.borrow().is_some();
        match word {
            Word::Join if is_holder => self.say_holding(),
            // For a moment two tabs may think that they hold it; the one that lost the lock is told by the lock.
            Word::Join | Word::Holding { .. } | Word::Heard { .. } if is_holder => {}
            Word::Join => {}
            Word::Holding { is_up, seq } => {
                self.holder_heard_at.set(now_ms());
                (self.hear)(if is_up { News::Up { seq } } else { News::Down });
            }
            Word::Heard { name, data } => {
                self.holder_heard_at.set(now_ms());
                self.tell(&name, &data);
            }
        }
    }

    fn tell(&self, name: &str, data: &str) {
        if let Some(news) = News::read(name, data) {
            (self.hear)(news);
        }
    }

    fn say_holding(&self) {
        self.say(&Word::Holding { is_up: self.is_up.get(), seq: (self.after)() });
    }

    fn say(&self, word: &Word) {
        if let (Some(channel), Ok(text)) = (&*self.channel.borrow(), serde_json::to_string(word)) {
            channel.say(&text);
        }
    }
}
