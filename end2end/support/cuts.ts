// Takes from a browser, from outside, what wakes a tab that waits for its popup.

import type { BrowserContext, Page } from '@playwright/test';

/** What can be taken: the event stream, the channel between windows, the handle on the popup, somebody's coming back. */
export interface Cuts {
  stream?: boolean;
  channel?: boolean;
  handle?: boolean;
  focus?: boolean;
}

interface Cut extends Window {
  /** What the handle on the next window will say, for good: "it is closed", or "it is open". */
  lie: 'closed' | 'open';
  comesBack: boolean;
}

/** For every page that this browser opens from here on. */
export async function cut(context: BrowserContext, cuts: Cuts): Promise<void> {
  await context.addInitScript(({ stream, channel, handle, focus }: Cuts) => {
    const here = window as unknown as Cut & typeof globalThis;
    const listen = EventTarget.prototype.addEventListener;
    if (stream) {
      // A connection that died without a word: it said hello, and says nothing more.
      Object.assign(EventSource.prototype, {
        addEventListener(this: EventSource, name: string, then: EventListener) {
          if (name === 'hello') listen.call(this, name, then);
        },
      });
    }
    if (channel) Object.assign(BroadcastChannel.prototype, { postMessage() {} });
    if (handle) {
      const open = here.open.bind(here);
      here.open = (...how) => {
        const lie = here.lie;
        return open(...how) && ({ closed: lie === 'closed', focus() {}, close() {} } as Window);
      };
    }
    if (focus) {
      EventTarget.prototype.addEventListener = function (name, then, how) {
        const wakes = ['focus', 'pageshow', 'online', 'visibilitychange'].includes(name) && (this === here || this === document);
        if (!wakes || typeof then !== 'function') return listen.call(this, name, then, how);
        listen.call(this, name, (event) => { if (here.comesBack) then.call(this, event); }, how);
      };
    }
  }, cuts);
}

/** What the handles on the windows say that are opened from here on. */
export function handlesSay(page: Page, lie: Cut['lie']): Promise<void> {
  return page.evaluate((lie) => { (window as unknown as Cut).lie = lie; }, lie);
}

/** The person comes back to the tab, and it may notice. */
export function comeBack(page: Page): Promise<void> {
  return page.evaluate(() => {
    (window as unknown as Cut).comesBack = true;
    window.dispatchEvent(new Event('focus'));
  });
}
