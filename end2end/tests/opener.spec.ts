// AT-18: whatever a page at the network does, it cannot lead our tab away.

import type { Page } from '@playwright/test';
import { expect, test } from '../support/test.ts';
import { approve, clickRed, expectStatus, redPage } from '../support/pages-tab.ts';

/** Tries all that a page in a popup has against the tab that opened it. */
function attack(trap: string): void {
  const names = ['', window.name, 'greentick', '_opener', '_parent', '_top', `gt-${crypto.randomUUID()}`];
  // Whoever opens a window by its own name becomes its own opener; that harms nobody else.
  const isSomebodyElse = (found: Window | null) => found !== null && found !== window && found.opener !== window;
  const lead = (found: Window | null) => { if (isSomebodyElse(found)) found!.location = trap; };
  const tries = [
    () => lead(window.opener),
    () => lead(window.opener?.opener),
    ...names.map((name) => () => {
      const found = window.open('', name);
      lead(found);
      lead(found?.opener);
    }),
  ];
  for (const one of tries) {
    // Each may fail in its own way; whether the tab is still there is seen from outside.
    try { one(); } catch { /* */ }
  }
}

/** As a script of the network's page would: at once, and with the freedom that a click gives. */
async function isAttackedFrom(popup: Page, trap: string): Promise<void> {
  await popup.evaluate(attack, trap);
  await popup.evaluate(`document.body.addEventListener('click', () => (${attack})(${JSON.stringify(trap)}), { once: true })`);
  await popup.getByRole('heading', { level: 1 }).click();
}

test('AT-18: a hostile page at the network has no opener and finds no way to lead our tab away', async ({ owner, greentick }) => {
  await owner.evaluate(() => { document.documentElement.dataset.mine = 'yes'; });
  const place = await redPage(owner);
  const popup = await clickRed(owner, place);
  expect(await popup.evaluate(() => window.opener)).toBeNull();
  expect(await popup.evaluate(() => document.referrer)).toBe('');
  await isAttackedFrom(popup, `${greentick.sandbox.origin}/apps`);
  await owner.waitForTimeout(1_000);
  expect(owner.url()).toBe(greentick.pagesTab);
  expect(await owner.evaluate(() => document.documentElement.dataset.mine)).toBe('yes');
  await approve(popup, await greentick.sandbox.stranger(place.network));
  await expectStatus(owner, place, 'connected');
});

test('AT-18: if the start page did not disown its opener, the same attack would lead our tab away', async ({ owner, greentick }) => {
  await owner.context().addInitScript(() => {
    const opener = window.opener;
    Object.defineProperty(window, 'opener', { get: () => opener, set: () => undefined });
  });
  const popup = await clickRed(owner, await redPage(owner));
  const trap = `${greentick.sandbox.origin}/apps`;
  await isAttackedFrom(popup, trap);
  await expect(owner).toHaveURL(trap);
});
