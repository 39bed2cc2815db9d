// The way of a click: without JavaScript, without popups, past every opener policy, ten at a time; and the wrong ways.

import type { Page } from '@playwright/test';
import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';
import {
  approve, askToDisconnect, cancel, clickRed, disconnect, expectStatus, icons, press, redPage, type Icon,
} from '../support/pages-tab.ts';

test('without JavaScript the page is complete, and connecting works in a tab', async ({ greentick, otherBrowser }) => {
  const page = await otherBrowser({ javaScriptEnabled: false });
  expect((await icons(page)).length).toBeGreaterThanOrEqual(16);
  const place = await redPage(page);
  const person = await greentick.sandbox.stranger(place.network);
  const tab = await tabOf(page, () => press(page, place));
  await tab.getByRole('link', { name: 'Go on' }).click();
  await expect(tab.getByRole('heading', { level: 1, name: place.network, exact: true })).toBeVisible();
  await tab.getByRole('radio', { name: PEOPLE[person] }).check();
  await tab.getByRole('button', { name: 'Approve' }).click();
  await expect(tab.getByRole('heading', { name: `${place.location} on ${place.network} is connected` })).toBeVisible();
  expect(await greentick.sandbox.alive(place.network, person)).toBe(1);
  await page.goto(greentick.pagesTab);
  await expectStatus(page, place, 'connected');
});

test('with popups blocked, connecting works in a tab', async ({ owner, greentick }) => {
  await owner.evaluate(() => { window.open = () => null; });
  const place = await redPage(owner);
  const tab = await clickRed(owner, place);
  await tab.getByRole('radio', { name: PEOPLE[await greentick.sandbox.stranger(place.network)] }).check();
  await tab.getByRole('button', { name: 'Approve' }).click();
  await expectStatus(owner, place, 'connected');
});

test('AT-14: a popup for every red page at once, and each lands where it belongs', async ({ owner, greentick }) => {
  test.slow();
  const open = [];
  // Broken pages are pinned to somebody, so they have tests of their own.
  for (const place of (await reds(owner)).slice(0, 10)) {
    const person = await greentick.sandbox.stranger(place.network, open.filter((one) => one.place.network === place.network).map((one) => one.person));
    open.push({ place, person, popup: await clickRed(owner, place) });
  }
  expect(open.length).toBeGreaterThanOrEqual(2);
  await Promise.all(open.map(({ popup, person }) => approve(popup, person)));
  for (const { place, person } of open) {
    await expectStatus(owner, place, 'connected');
    expect(await greentick.sandbox.alive(place.network, person)).toBe(1);
  }
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

test('the network’s page has no opener and cannot lead our tab away', async ({ owner, greentick }) => {
  const popup = await clickRed(owner, await redPage(owner));
  expect(await popup.evaluate(() => window.opener)).toBeNull();
  expect(await popup.evaluate(() => document.referrer)).toBe('');
  expect(owner.url()).toBe(greentick.pagesTab);
});

test('AT-18: a hostile page at the network tries every way to our tab, and our tab stays where it is', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const popup = await clickRed(owner, place);
  expect(new URL(popup.url()).origin).toBe(greentick.sandbox.origin);
  // Ours has none, and is not to get one: a name is a handle.
  const name = await owner.evaluate(() => window.name || 'greentick');
  const moved: string[] = [];
  owner.on('framenavigated', (frame) => moved.push(frame.url()));
  // Its own script, on its own page, with the person's click behind it, so that it may open windows.
  await popup.evaluate(({ name, evil }) => {
    const button = document.createElement('button');
    button.textContent = 'Win a prize';
    button.onclick = () => {
      const tried: string[] = [];
      const attempt = (way: string, act: () => unknown) => {
        try { tried.push(`${way}: ${act() ? 'reached' : 'nothing'}`); } catch { tried.push(`${way}: refused`); }
      };
      attempt('opener', () => window.opener && (window.opener.location = evil));
      attempt('opener.top', () => window.opener?.top && (window.opener.top.location = evil));
      attempt('opener by its method', () => window.opener?.location.replace(evil));
      attempt('parent', () => window.parent !== window && (window.parent.location.href = evil));
      attempt('top', () => window.top !== window && (window.top!.location.href = evil));
      attempt('a window by its name', () => {
        // Opens a new one of its own, unless a window of that name is there and may be reached.
        const found = window.open('', name);
        const isOurs = found !== null && found.opener !== window;
        if (isOurs) found.location.href = evil;
        found?.close();
        return isOurs;
      });
      attempt('a message', () => window.opener?.postMessage('{"attempt":"x"}', '*'));
      document.body.dataset.tried = tried.join('; ');
    };
    document.body.prepend(button);
  }, { name, evil: `${greentick.sandbox.origin}/apps` });
  await popup.getByRole('button', { name: 'Win a prize' }).click();
  await expect(popup.locator('body')).toHaveAttribute('data-tried', /opener: nothing/);
  expect(await popup.locator('body').getAttribute('data-tried')).not.toContain('reached');
  // Longer than a navigation takes.
  await owner.waitForTimeout(1_000);
  expect(moved).toEqual([]);
  expect(owner.url()).toBe(greentick.pagesTab);
  await approve(popup, await greentick.sandbox.stranger(place.network));
  await expectStatus(owner, place, 'connected');
});

for (const coop of ['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups'] as const) {
  test(`a network that sends COOP ${coop}: approved is green, and nothing says cancelled before`, async ({ owner, greentick }) => {
    const place = await redPage(owner);
    await greentick.sandbox.fault({ network: place.network, coop });
    const popup = await clickRed(owner, place);
    // The handle may read closed by now. The person is still deciding.
    await owner.waitForTimeout(2_500);
    await expect(owner.getByText(/cancelled/)).toBeHidden();
    await approve(popup, await greentick.sandbox.stranger(place.network));
    await expectStatus(owner, place, 'connected');
  });

  test(`a network that sends COOP ${coop}: cancelled is red, and it can be tried again at once`, async ({ owner, greentick }) => {
    const place = await redPage(owner);
    await greentick.sandbox.fault({ network: place.network, coop });
    await cancel(await clickRed(owner, place));
    await expectStatus(owner, place, 'not connected');
    await approve(await clickRed(owner, place), await greentick.sandbox.stranger(place.network));
    await expectStatus(owner, place, 'connected');
  });
}

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
  await popup.getByRole('button', { name: 'Connect' }).click().catch(() => undefined);
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

/** The window or tab that `act` opens, whoever its opener is. */
async function tabOf(page: Page, act: () => Promise<unknown>): Promise<Page> {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), act()]);
  await tab.waitForLoadState();
  return tab;
}

async function cancelQuietly(popup: Page): Promise<void> {
  await popup.getByRole('button', { name: 'Cancel' }).click();
}
