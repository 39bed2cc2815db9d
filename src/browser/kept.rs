//! A place for what belongs to the window and must live until somebody lets it go.

use std::{
    any::Any,
    cell::{Cell, RefCell},
};

thread_local! {
    static THINGS: RefCell<Vec<(u64, Box<dyn Any>)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// A listener, timer or stream that goes on until it is released. A number, so that it can be named in
/// `on_cleanup`, which takes only what may leave the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept(u64);

impl Kept {
    pub(super) fn keep(thing: impl Any) -> Self {
        let id = NEXT.get();
        NEXT.set(id + 1);
        THINGS.with_borrow_mut(|things| things.push((id, Box::new(thing))));
        Self(id)
    }

    /// Ends it; twice is once.
    pub fn release(self) {
        // Dropped after the borrow has ended: a thing's end may release another.
        let thing = THINGS.with_borrow_mut(|things| {
            let at = things.iter().position(|(id, _)| *id == self.0)?;
            Some(things.swap_remove(at))
        });
        drop(thing);
    }
}
