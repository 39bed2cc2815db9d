//! The Web Lock that elects the tab with the stream.
//!
//! By hand, because `web-sys` has it only behind `--cfg=web_sys_unstable_apis`.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

/// How a tab asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Wait until nobody has it.
    Queue,
    /// Take it from a tab that has gone silent.
    Steal,
}

/// A lock that was asked for. Dropping it gives it back, or out of the queue.
pub(super) struct Claim {
    is_wanted: Rc<Cell<bool>>,
    give_back: Rc<RefCell<Option<Function>>>,
}

impl Claim {
    /// `granted` is called when it is ours, `lost` when another tab took it. `None` where the browser has no locks.
    pub(super) fn new(
        name: &str,
        how: How,
        granted: impl FnOnce() + 'static,
        lost: impl FnOnce() + 'static,
    ) -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let claim = Self { is_wanted: Rc::new(Cell::new(true)), give_back: Rc::default() };
        let options = Object::new();
        let _ = Reflect::set(&options, &"steal".into(), &JsValue::from_bool(how == How::Steal));
        let asked = request.call3(&locks, &name.into(), &options, &claim.on_granted(granted)).ok()?;
        claim.watch(asked.dyn_ref()?, lost);
        Some(claim)
    }

    /// The lock is held as long as the promise that this gives back is open.
    fn on_granted(&self, granted: impl FnOnce() + 'static) -> JsValue {
        let (is_wanted, give_back) = (self.is_wanted.clone(), self.give_back.clone());
        Closure::once_into_js(move |_lock: JsValue| -> JsValue {
            if !is_wanted.get() {
                return JsValue::UNDEFINED;
            }
            let held = Promise::new(&mut |resolve, _| *give_back.borrow_mut() = Some(resolve));
            granted();
            held.into()
        })
    }

    /// The request's own promise fails when the lock is stolen.
    fn watch(&self, asked: &Promise, lost: impl FnOnce() + 'static) {
        let is_wanted = self.is_wanted.clone();
        let on_lost = Closure::once(move |_: JsValue| {
            if is_wanted.get() {
                lost();
            }
        });
        let _ = asked.catch(&on_lost);
        // The browser may call it at any later time.
        on_lost.forget();
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.is_wanted.set(false);
        if let Some(give_back) = self.give_back.borrow_mut().take() {
            let _ = give_back.call0(&JsValue::UNDEFINED);
        }
    }
}
