// The popup's own pages: what they say, the way back that they offer, and how they look in a small window.

import type { Page } from '@playwright/test';
import { isWell } from '../support/axe.ts';
import { approve, clickRed, disconnect, expectStatus, isLive, pageWith } from '../support/pages-tab.ts';
import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';

test('approved as somebody else: the popup names both, and its way back leads to the green tick', async ({ owner }) => {
  // The demo's page of Ben's, whose password changed.
  const place = await pageWith(owner, 'broken', { network: 'Chirper' });
  const popup = await wrongAccount(owner);
  await expect(popup.getByRole('main')).toContainText(PEOPLE.ben);
  await expect(popup.getByRole('main')).toContainText(PEOPLE.finn);
  await expectStatus(owner, place, 'broken');
  await popup.getByRole('button', { name: `Try again as ${PEOPLE.ben}` }).click();
  await approve(popup, 'ben');
  await expectStatus(owner, place, 'connected');
});

test.describe('with a check every second', () => {
  test.use({ options: { checkInterval: 1 } });

  test('approved as somebody whose permission another page uses: that page stays green', async ({ owner, greentick }) => {
    const others = { location: 'Bondi Beach', network: 'Chirper' };
    await expectStatus(owner, others, 'connected');
    expect(await greentick.sandbox.alive('Chirper', 'ada')).toBe(1);
    await wrongAccount(owner, 'ada');
    // Long enough for what is given back to be given back, and for a check to notice.
    await owner.waitForTimeout(4_000);
    expect(await greentick.sandbox.alive('Chirper', 'ada')).toBe(1);
    await expectStatus(owner, others, 'connected');
  });
});

test('axe-core finds nothing on the popup’s own pages, and they fit, light and dark', async ({ browser, greentick }) => {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(greentick.signInLink);
  await isLive(page);
  const check = async (popup: Page, what: string) => {
    for (const viewport of [{ width: 520, height: 720 }, { width: 320, height: 640 }]) {
      await popup.setViewportSize(viewport);
      await isWell(popup, `${what}, ${viewport.width} px`);
    }
    await popup.close();
  };

  await check(await wrongAccount(page), 'the wrong account');

  await page.bringToFront();
  await disconnect(page, { location: 'Manly Wharf', network: 'Pagebook' });
  const picker = await clickRed(page, { location: 'Coogee', network: 'Pagebook' });
  await picker.getByRole('radio', { name: PEOPLE.ada }).check();
  await picker.getByRole('button', { name: 'Approve' }).click();
  await expect(picker.getByRole('heading', { name: 'Which page is it?' })).toBeVisible();
  await check(picker, 'the choice of a page');

  const lost = await context.newPage();
  await lost.goto(`${greentick.origin}/oauth/callback/x?code=c`);
  await check(lost, 'an answer that nothing waits for');
  const used = await context.newPage();
  await used.goto(greentick.signInLink);
  await check(used, 'a link that was used');
  await context.close();
});

async function wrongAccount(page: Page, person = 'finn'): Promise<Page> {
  const popup = await clickRed(page, await pageWith(page, 'broken', { network: 'Chirper' }));
  await popup.getByRole('radio', { name: PEOPLE[person] }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expect(popup.getByRole('heading', { name: 'This is another account' })).toBeVisible();
  return popup;
}
