// Popups that are left open, lost, late, or many.

import type { Page } from '@playwright/test';
import { cut, handlesSay } from '../support/cuts.ts';
import type { Greentick } from '../support/greentick.ts';
import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';
import { said, watch } from '../support/watch.ts';
import {
  approve, cancel, clickRed, expectStatus, icon, icons, open, press, redPage, type Icon,
} from '../support/pages-tab.ts';

/** A window that looks closed shows what is stored after three seconds. */
const AFTER_THE_GRACE = 8_000;

// ── Left open and abandoned ─────────────────────────────────────────────────────────────────────────────────────────

/** A popup that its network cut off from our tab, so that it looks closed while it is open. */
async function abandoned(page: Page, greentick: Greentick): Promise<{ place: Icon; popup: Page; ada: string; ben: string }> {
  const place = await redPage(page);
  await greentick.sandbox.fault({ network: place.network, coop: 'same-origin' });
  const popup = await clickRed(page, place);
  await expectStatus(page, place, 'not connected', '', AFTER_THE_GRACE);
  const first = await greentick.sandbox.stranger(place.network);
  return { place, popup, ada: first, ben: await greentick.sandbox.stranger(place.network, [first]) };
}

test('a popup left open and looking closed: the person tries again at once, and approving the first one too changes nothing', async ({ owner, greentick }) => {
  const { place, popup, ada } = await abandoned(owner, greentick);
  await approve(await clickRed(owner, place), ada);
  await expectStatus(owner, place, 'connected');
  await approve(popup, ada);
  await owner.reload();
  await expectStatus(owner, place, 'connected');
  expect(await greentick.sandbox.alive(place.network, ada)).toBe(1);
});

test('a popup left open and approved as somebody else after the second one: it names both, and the first approval stands', async ({ owner, greentick }) => {
  const { place, popup, ada, ben } = await abandoned(owner, greentick);
  await approve(await clickRed(owner, place), ada);
  await expectStatus(owner, place, 'connected');
  await answer(popup, ben);
  await expect(popup.getByRole('heading', { name: 'This is another account' })).toBeVisible();
  await expect(popup.getByRole('main')).toContainText(PEOPLE[ada]);
  await expect(popup.getByRole('main')).toContainText(PEOPLE[ben]);
  await expectStatus(owner, place, 'connected');
  await expect.poll(() => greentick.sandbox.alive(place.network, ben)).toBe(0);
  expect(await greentick.sandbox.alive(place.network, ada)).toBe(1);
});

test('a popup left open and cancelled after the second one was approved: the icon stays green, and nothing says cancelled', async ({ owner, greentick }) => {
  await watch(owner.context());
  await open(owner, greentick.pagesTab);
  const { place, popup, ada } = await abandoned(owner, greentick);
  await approve(await clickRed(owner, place), ada);
  await expectStatus(owner, place, 'connected');
  await cancel(popup);
  // Long enough for every wake-up.
  await owner.waitForTimeout(4_000);
  await expectStatus(owner, place, 'connected');
  expect((await said(owner)).filter((sentence) => /cancel/i.test(sentence))).toEqual([]);
});

test('a popup that the person stopped waiting for, approved later: it is not taken, no token is asked for, and the popup says so', async ({ owner, greentick }) => {
  const { sandbox } = greentick;
  // The tab cannot close this window, and the window not itself: so its last page can be read.
  await cut(owner.context(), { handle: true });
  await owner.context().addInitScript(() => { window.close = () => undefined; });
  await open(owner, greentick.pagesTab);
  await handlesSay(owner, 'open');
  const place = await redPage(owner);
  const ada = await sandbox.stranger(place.network);
  const ben = await sandbox.stranger(place.network, [ada]);
  const stopped = await clickRed(owner, place);

  await press(owner, place);
  const dialog = owner.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Show the window' }).click();
  await expect(dialog).toBeHidden();
  await expectStatus(owner, place, 'connecting');
  await press(owner, place);
  await dialog.getByRole('button', { name: 'Stop waiting' }).click();
  await expectStatus(owner, place, 'not connected');

  await answer(await clickRed(owner, place), ada);
  await expectStatus(owner, place, 'connected');
  const before = await sandbox.tokenRequests(place.network);
  await answer(stopped, ben);
  await expect(stopped.getByRole('heading', { name: `${place.location} on ${place.network} was not connected` })).toBeVisible();
  await expect(stopped.getByRole('main')).toContainText('you stopped waiting');
  expect(await sandbox.tokenRequests(place.network)).toBe(before);
  await expectStatus(owner, place, 'connected');
  await owner.reload();
  await expectStatus(owner, place, 'connected');
  expect(await sandbox.alive(place.network, ada)).toBe(1);
});

// ── The tab goes away ───────────────────────────────────────────────────────────────────────────────────────────────

test('the tab is reloaded while a popup is open: the icon is red and can be clicked, and the approval turns it green', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  const popup = await clickRed(owner, place);
  await expectStatus(owner, place, 'connecting');
  await open(owner, greentick.pagesTab);
  await expectStatus(owner, place, 'not connected');
  const second = await clickRed(owner, place);
  await approve(popup, person);
  await expectStatus(owner, place, 'connected');
  await cancel(second);
  await open(owner, greentick.pagesTab);
  await expectStatus(owner, place, 'connected');
  expect(await greentick.sandbox.alive(place.network, person)).toBe(1);
});

test('the tab that opened a popup is closed: the approval counts, and the other tab shows it', async ({ owner, greentick }) => {
  const other = await owner.context().newPage();
  await open(other, greentick.pagesTab);
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  const popup = await clickRed(owner, place);
  await owner.close();
  await approve(popup, person);
  // The stream went with the closed tab, and this one took it over.
  await expectStatus(other, place, 'connected', '', 10_000);
  expect(await greentick.sandbox.alive(place.network, person)).toBe(1);
});

// ── Many ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('AT-14: ten popups for ten pages at once, each approved as somebody else: all land right', async ({ owner, greentick }) => {
  test.slow();
  const places = (await icons(owner)).filter(({ network }) => ['Chirper', 'Linkwork'].includes(network));
  expect(places).toHaveLength(10);
  await reddens(owner, places);
  const people = Object.keys(PEOPLE);
  const popups = [];
  for (const place of places) popups.push(await clickRed(owner, place));
  const person = (index: number) => people[Math.floor(index / 2)];
  await Promise.all(popups.map((popup, index) => approve(popup, person(index))));
  for (const [index, place] of places.entries()) {
    await expectStatus(owner, place, 'connected', '', 10_000);
    expect(await greentick.sandbox.alive(place.network, person(index))).toBe(1);
  }
  await owner.reload();
  for (const [index, place] of places.entries()) {
    await press(owner, place);
    await expect(owner.getByRole('dialog')).toContainText(PEOPLE[person(index)]);
    await owner.getByRole('button', { name: 'Keep connected' }).click();
  }
});

/** Every one of these pages becomes red, however it stands. */
async function reddens(page: Page, places: Icon[]): Promise<void> {
  for (const place of places.filter(({ status }) => status !== 'not connected')) {
    const more = page.getByRole('button', { name: `More about ${place.location} on ${place.network}` });
    await (place.status === 'connected' ? icon(page, place) : more).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect', exact: true }).click();
    await expectStatus(page, place, 'not connected');
  }
}

// ── Late ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test.describe('with a clock of its own', () => {
  test.use({ options: { ownClock: true } });

  test('AT-17: approved nine minutes after the window looked closed, the icon turns green', async ({ owner, greentick }) => {
    const { place, popup, ada } = await abandoned(owner, greentick);
    greentick.clock!.moveAhead(9);
    await approve(popup, ada);
    await expectStatus(owner, place, 'connected');
    expect(await greentick.sandbox.alive(place.network, ada)).toBe(1);
  });

  test('approved eleven minutes after the click, nothing is taken, and the popup says that it took too long', async ({ owner, greentick }) => {
    const { place, popup, ada } = await abandoned(owner, greentick);
    const before = await greentick.sandbox.tokenRequests(place.network);
    greentick.clock!.moveAhead(11);
    await answer(popup, ada);
    await expect(popup.getByRole('main')).toContainText(`${place.location} on ${place.network} was not connected within ten minutes.`);
    expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before);
    await expectStatus(owner, place, 'not connected');
    await popup.close();
    await approve(await clickRed(owner, place), ada);
    await expectStatus(owner, place, 'connected');
  });
});

/** Approves, where the window is not expected to close. */
async function answer(popup: Page, person: string): Promise<void> {
  await popup.getByRole('radio', { name: PEOPLE[person] }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
}
