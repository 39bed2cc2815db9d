// The way of a click: without JavaScript, without popups, ten at a time; and the wrong ways.

import type { Locator, Page } from '@playwright/test';
import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';
import {
  approve, askToDisconnect, clickRed, disconnect, expectStatus, icon, icons, redPage, type Icon,
} from '../support/pages-tab.ts';

test('AT-19: without JavaScript the page is complete, and connecting works in a tab', async ({ greentick, withoutJavaScript: page }) => {
  expect((await icons(page)).length).toBeGreaterThanOrEqual(16);
  const place = await redPage(page);
  const person = await greentick.sandbox.stranger(place.network);
  // Firefox draws no frames where no script runs, so nothing here may wait for one, as clicks and expectations do.
  const click = (locator: Locator) => locator.click({ force: true });
  const tab = await tabOf(page, () => click(icon(page, place)));
  await click(tab.getByRole('link', { name: 'Go on' }));
  await tab.getByRole('heading', { level: 1, name: place.network, exact: true }).waitFor();
  await click(tab.getByRole('radio', { name: PEOPLE[person] }));
  await click(tab.getByRole('button', { name: 'Approve' }));
  await tab.getByRole('heading', { name: `${place.location} on ${place.network} is connected` }).waitFor();
  expect(await greentick.sandbox.alive(place.network, person)).toBe(1);
  await page.goto(greentick.pagesTab);
  expect((await icons(page)).find(({ location, network }) => location === place.location && network === place.network)?.status).toBe('connected');
});

test('AT-19: before the page’s WebAssembly has come, connecting works in a tab', async ({ page, greentick }) => {
  await page.context().route('**/*.wasm', (route) => route.abort());
  await page.goto(greentick.signInLink);
  const place = await redPage(page);
  const person = await greentick.sandbox.stranger(place.network);
  await answer(await clickRed(page, place), PEOPLE[person]);
  await expect.poll(() => greentick.sandbox.alive(place.network, person)).toBe(1);
  await page.reload();
  await expectStatus(page, place, 'connected');
});

test('AT-19: with popups blocked, connecting works in a tab', async ({ owner, greentick }) => {
  await owner.evaluate(() => { window.open = () => null; });
  const place = await redPage(owner);
  await answer(await clickRed(owner, place), PEOPLE[await greentick.sandbox.stranger(place.network)]);
  await expectStatus(owner, place, 'connected');
});

test('AT-14: ten popups of one page do not disturb each other', async ({ owner, greentick }) => {
  test.slow();
  const place = await redPage(owner);
  const windows: Page[] = [];
  for (let opened = 0; opened < 10; opened += 1) {
    const tab = await owner.context().newPage();
    await tab.goto(greentick.pagesTab);
    windows.push(await clickRed(tab, place));
  }
  const person = await greentick.sandbox.stranger(place.network);
  for (const one of windows.slice(1)) await cancelQuietly(one);
  await expectStatus(owner, place, 'not connected');
  await approve(windows[0], person);
  await expectStatus(owner, place, 'connected');
});

test('a slow network: the icon waits, and turns green', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  await greentick.sandbox.fault({ network: place.network, delay_ms: 1_500 });
  const popup = await clickRed(owner, place);
  await popup.getByRole('radio', { name: PEOPLE[await greentick.sandbox.stranger(place.network)] }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expectStatus(owner, place, 'connected', '', 20_000);
});

test('a network that is down: the icon stays red, the reason says whose move it is, and later it works', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  await greentick.sandbox.fault({ network: place.network, down: true });
  const popup = await clickRed(owner, place);
  await popup.getByRole('radio', { name: PEOPLE[await greentick.sandbox.stranger(place.network)] }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expect(owner.getByText(`${place.network} did not answer.`).first()).toBeVisible({ timeout: 20_000 });
  await expectStatus(owner, place, 'not connected');
  await greentick.sandbox.faultsOff();
  if (!popup.isClosed()) await popup.close();
  await approve(await clickRed(owner, place), await greentick.sandbox.stranger(place.network));
  await expectStatus(owner, place, 'connected');
});

test('unticking a permission makes the page partly connected, and the same click completes it', async ({ owner, greentick }) => {
  const red = (await reds(owner)).find((one) => one.network === 'Linkwork') ?? (await redPage(owner));
  const person = await greentick.sandbox.stranger(red.network);
  const popup = await clickRed(owner, red);
  await popup.getByRole('checkbox', { name: /post in your name|publish/ }).uncheck();
  await approve(popup, person);
  await expectStatus(owner, red, 'partly connected', 'Cannot publish');
  await approve(await clickRed(owner, red), person);
  await expectStatus(owner, red, 'connected');
});

test('a person with several pages chooses in the popup, and what belongs to another location cannot be chosen', async ({ owner, greentick }) => {
  const [freed, place] = [{ location: 'Manly Wharf', network: 'Pagebook' }, { location: 'Coogee', network: 'Pagebook' }];
  await disconnect(owner, freed);
  const popup = await clickRed(owner, place);
  await popup.getByRole('radio', { name: PEOPLE.ada }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expect(popup.getByRole('heading', { name: 'Which page is it?' })).toBeVisible();
  expect(new URL(popup.url()).origin).toBe(greentick.origin);
  await expect(popup.getByRole('radio', { name: 'Bondi' })).toBeDisabled();
  await expectStatus(owner, place, 'connecting');
  await popup.getByRole('radio', { name: 'Surry Hills' }).check();
  const closed = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Connect', exact: true }).click().catch(() => undefined);
  await closed;
  await expectStatus(owner, place, 'connected');
  await expectStatus(owner, freed, 'not connected');
  await expect(await askToDisconnect(owner, place)).toContainText('Harbour Coffee – Surry Hills');
});

// ── The wrong ways; the ledger is the judge ─────────────────────────────────────────────────────────────────────────

for (const [name, fault] of Object.entries({
  'of somebody else': { iss: 'wrong' }, missing: { iss: 'missing' },
} as const)) {
  test(`AT-06: an issuer ${name} is not believed, and no token is asked for`, async ({ owner, greentick }) => {
    const place = await redPage(owner);
    await greentick.sandbox.fault({ network: place.network, ...fault });
    const popup = await clickRed(owner, place);
    const before = await greentick.sandbox.tokenRequests(place.network);
    await popup.getByRole('radio', { name: PEOPLE[await greentick.sandbox.stranger(place.network)] }).check();
    await popup.getByRole('button', { name: 'Approve' }).click();
    await expect(owner.getByText('so nothing was accepted').first()).toBeVisible();
    await expectStatus(owner, place, 'not connected');
    expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before);
  });
}

test('AT-06: an issuer that comes twice makes no answer: the popup says so, nothing changes, and no token is asked for', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  await greentick.sandbox.fault({ network: place.network, iss_twice: true });
  const popup = await clickRed(owner, place);
  const before = await greentick.sandbox.tokenRequests(place.network);
  await popup.getByRole('radio', { name: PEOPLE[await greentick.sandbox.stranger(place.network)] }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  // Which attempt it was about cannot be believed either, so only the popup tells.
  await expect(popup.getByRole('main')).toContainText('cannot be read. Nothing changed.');
  expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before);
  await popup.close();
  await expectStatus(owner, place, 'not connected');
  await greentick.sandbox.faultsOff();
  await approve(await clickRed(owner, place), await greentick.sandbox.stranger(place.network));
  await expectStatus(owner, place, 'connected');
});

test('AT-02: a callback with no state, a random state, or the state of another browser is refused, and no token is asked for', async ({ owner, greentick, otherBrowser }) => {
  const victim = await otherBrowser();
  const place = await redPage(owner);
  const callback = await withheldCallback(owner, place, await greentick.sandbox.stranger(place.network));
  const before = await greentick.sandbox.tokenRequests(place.network);
  const without = new URL(callback);
  without.searchParams.delete('state');
  const random = new URL(callback);
  random.searchParams.set('state', 'A'.repeat(43));
  for (const address of [without.href, random.href, callback]) {
    const answer = await victim.goto(address);
    expect(answer?.status(), address).toBeGreaterThanOrEqual(400);
    expect(answer?.status(), address).toBeLessThan(500);
  }
  await victim.goto(greentick.pagesTab);
  await expectStatus(victim, place, 'not connected');
  expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before);
});

test('AT-03: one callback, a hundred times at once and a hundred times later, asks for a token once', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const callback = await withheldCallback(owner, place, await greentick.sandbox.stranger(place.network));
  const before = await greentick.sandbox.tokenRequests(place.network);
  const visit = () => owner.context().request.get(callback, { maxRedirects: 0, failOnStatusCode: false });
  await Promise.all(Array.from({ length: 100 }, visit));
  for (let again = 0; again < 100; again += 1) await visit();
  expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before + 1);
  await expectStatus(owner, place, 'connected');
});

test('a link scanner that asks for the callback’s head consumes nothing', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const callback = await withheldCallback(owner, place, await greentick.sandbox.stranger(place.network));
  const before = await greentick.sandbox.tokenRequests(place.network);
  await owner.context().request.head(callback, { maxRedirects: 0, failOnStatusCode: false });
  expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before);
  const tab = await owner.context().newPage();
  await tab.goto(callback).catch(() => null);
  await expectStatus(owner, place, 'connected');
  expect(await greentick.sandbox.tokenRequests(place.network)).toBe(before + 1);
});

/** Approves, and keeps the callback from reaching the server. */
async function withheldCallback(page: Page, place: Icon, person: string): Promise<string> {
  const popup = await clickRed(page, place);
  let callback = '';
  // The redirect to the callback cannot be intercepted itself, so its answer is: the network's own.
  await popup.route('**/oauth/decide', async (route) => {
    const answer = await route.fetch({ maxRedirects: 0 });
    callback = answer.headers().location;
    await route.fulfill({ contentType: 'text/html', body: '<title>withheld</title>' });
  });
  await popup.getByRole('radio', { name: PEOPLE[person] }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expect(popup).toHaveTitle('withheld');
  await popup.close();
  return callback;
}

async function reds(page: Page): Promise<Icon[]> {
  return (await icons(page)).filter((one) => one.status === 'not connected');
}

/** Approves, where the window may stay open. */
async function answer(popup: Page, name: string): Promise<void> {
  await popup.getByRole('radio', { name }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
}

/** The window or tab that `act` opens, whoever its opener is. */
async function tabOf(page: Page, act: () => Promise<unknown>): Promise<Page> {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), act()]);
  await tab.waitForLoadState();
  return tab;
}

async function cancelQuietly(popup: Page): Promise<void> {
  await popup.getByRole('button', { name: 'Cancel' }).click();
}
