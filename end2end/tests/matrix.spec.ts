// AT-17: each opener policy of a network, with each of the tab's wake-ups cut. In every cell each icon ends up right, and
// nothing says that a person cancelled while they decide.

import { test as base, expect, type Cookie, type Page } from '@playwright/test';
import { comeBack, cut, handlesSay, type Cuts } from '../support/cuts.ts';
import { Greentick } from '../support/greentick.ts';
import { approve, cancel, clickRed, disconnect, expectStatus, isLive, press } from '../support/pages-tab.ts';
import { said, shown, watch } from '../support/watch.ts';

const POLICIES = ['none', 'same-origin', 'same-origin-allow-popups', 'noopener-allow-popups'] as const;
const CUTS: Record<string, Cuts> = {
  'the stream': { stream: true },
  'the channel': { channel: true },
  'the handle': { handle: true },
  'focus': { focus: true },
  'all but the poll': { stream: true, channel: true, handle: true, focus: true },
};

// Three red pages of the demo, one for each way that it can go, and people who gave no permission there.
const DECIDED = { location: 'Newtown', network: 'Chirper', person: 'finn' };
const CLOSED = { location: 'Coogee', network: 'Linkwork', person: 'eve' };
const CANCELLED = { location: 'Coogee', network: 'Pagebook' };

/** A window that looks closed is looked at twice a second, and given three seconds. */
const PAST_THE_GRACE = 4_500;
/** P6, where the stream may be cut. */
const FOLLOWS = 5_000;
/** P6, after focus, where all but the poll is cut. */
const FOLLOWS_FOCUS = 2_000;

/** One server for many cells: each leaves it as it found it. */
const test = base.extend<{ tab: Page }, { greentick: Greentick; session: Cookie[] }>({
  greentick: [async ({}, use) => {
    const greentick = await Greentick.start();
    await use(greentick);
    await greentick.stop();
  }, { scope: 'worker' }],

  session: [async ({ browser, greentick }, use) => {
    const context = await browser.newContext();
    await (await context.newPage()).goto(greentick.signInLink);
    const cookies = await context.cookies();
    await context.close();
    await use(cookies);
  }, { scope: 'worker' }],

  tab: async ({ context, session, greentick }, use, info) => {
    await context.addCookies(session);
    await watch(context);
    await use(await context.newPage());
    await greentick.sandbox.faultsOff();
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: greentick.log });
  },
});

for (const policy of POLICIES) {
  for (const [name, cuts] of Object.entries(CUTS)) {
    test(`AT-17: opener policy ${policy}, ${name} cut: approved, cancelled and closed each end right, and nothing says cancelled too soon`, async ({ tab, greentick, browserName }) => {
      const { sandbox } = greentick;
      if (policy !== 'none') {
        for (const { network } of [DECIDED, CLOSED, CANCELLED]) await sandbox.fault({ network, coop: policy });
      }
      await cut(tab.context(), cuts);
      await tab.goto(greentick.pagesTab);
      await isLive(tab);
      const asked = await tokenRequests(greentick);

      // A handle that lies, lies in the worst way: a window that is open looks closed, a closed one open.
      await handlesSay(tab, 'closed');
      const clicked = Date.now();
      const deciding = await clickRed(tab, DECIDED);
      await handlesSay(tab, 'open');

      await cancel(await clickRed(tab, CANCELLED));
      await expectStatus(tab, CANCELLED, 'not connected', '', FOLLOWS);

      await (await clickRed(tab, CLOSED)).close();
      if (cuts.handle) {
        // Nothing can tell the tab. It waits on, and locks nothing.
        await tab.waitForTimeout(PAST_THE_GRACE);
        await press(tab, CLOSED);
        await tab.getByRole('dialog').getByRole('button', { name: 'Stop waiting' }).click();
      }
      await expectStatus(tab, CLOSED, 'not connected', '', PAST_THE_GRACE + FOLLOWS);
      await approve(await clickRed(tab, CLOSED), CLOSED.person);
      await expectStatus(tab, CLOSED, 'connected', '', FOLLOWS);

      await tab.waitForTimeout(Math.max(0, clicked + PAST_THE_GRACE - Date.now()));
      // Firefox does not know the last policy.
      const isCutOff = policy !== 'none' && !(browserName === 'firefox' && policy === 'noopener-allow-popups');
      const isStillSeen = !isCutOff && !cuts.handle;
      await expectStatus(tab, DECIDED, isStillSeen ? 'connecting' : 'not connected', '', 1_000);
      await approve(deciding, DECIDED.person);
      if (cuts.focus && cuts.stream) await comeBack(tab);
      await expectStatus(tab, DECIDED, 'connected', '', cuts.focus && cuts.stream ? FOLLOWS_FOCUS : FOLLOWS);

      for (const place of [DECIDED, CLOSED]) {
        const way = (await shown(tab, place)).map(({ status }) => status);
        const unasked = place === DECIDED && isStillSeen ? [] : ['not connected'];
        const again = place === CLOSED ? ['connecting'] : [];
        expect(way, `what ${place.location} on ${place.network} showed`).toEqual(['not connected', 'connecting', ...unasked, ...again, 'connected']);
        expect((await said(tab, place)).filter((sentence) => /cancel/i.test(sentence))).toEqual([]);
        expect(await sandbox.alive(place.network, place.person)).toBe(1);
      }
      // A window that looked closed before it was cancelled is told as such.
      expect((await said(tab, CANCELLED)).join()).toMatch(/you cancelled|is not connected yet/);
      expect(await tokenRequests(greentick) - asked).toBe(2);

      await tab.reload();
      await expectStatus(tab, CANCELLED, 'not connected');
      for (const place of [DECIDED, CLOSED]) {
        await expectStatus(tab, place, 'connected');
        await disconnect(tab, place);
      }
    });
  }
}

async function tokenRequests({ sandbox }: Greentick): Promise<number> {
  return await sandbox.tokenRequests(DECIDED.network) + await sandbox.tokenRequests(CLOSED.network) + await sandbox.tokenRequests(CANCELLED.network);
}
