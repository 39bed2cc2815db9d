// The page itself: for every eye, hand and screen, and without a complaint.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { isWell, overflow } from '../support/axe.ts';
import { complaints } from '../support/quiet.ts';
import { expect, signIn, test } from '../support/test.ts';
import {
  approve, askToDisconnect, cancel, clickRed, connect, disconnect, expectStatus, icon, icons, isLive, open, pageWith,
  redPage,
} from '../support/pages-tab.ts';

const PICTURES = join(import.meta.dirname, '../../docs/pictures');
const SCREENS = { wide: { width: 1280, height: 900 }, narrow: { width: 320, height: 640 } };

const profile = (page: Page) =>
  page.getByRole('navigation', { name: 'Account settings' }).getByRole('link', { name: 'Profile' }).click();

for (const [width, viewport] of Object.entries(SCREENS)) {
  test(`axe-core finds nothing, ${width}, light and dark`, async ({ browser, greentick }) => {
    const page = await (await browser.newContext({ viewport, reducedMotion: 'reduce' })).newPage();
    const check = (what: string) => isWell(page, what);
    await page.goto(greentick.origin);
    await expect(page.getByLabel('E-mail')).toBeVisible();
    await check('sign-in');
    await signIn(page, greentick, 'wrong password');
    await expect(page.getByText('The e-mail or the password is wrong.')).toBeVisible();
    await check('sign-in refused');
    await page.goto(greentick.signInLink);
    await open(page, greentick.pagesTab);
    await check('pages');
    for (const status of ['connected', 'broken', 'expiring', 'partly connected'] as const) {
      const place = await pageWith(page, status);
      const more = page.getByRole('button', { name: `More about ${place.location} on ${place.network}` });
      await (await more.isVisible() ? more : icon(page, place)).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await check(`dialog of a page that is ${status}`);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
    await page.getByRole('searchbox').fill('nothing is called this');
    await check('nothing found');
    await page.getByRole('searchbox').fill('');
    await expect(page.getByRole('table')).toBeVisible();
    const popup = await clickRed(page, await redPage(page));
    await check('pages, waiting for a popup');
    await popup.close();
    await profile(page);
    await expect(page.getByRole('heading', { name: 'Where you are signed in' })).toBeVisible();
    await check('profile');
    await page.goto(`${greentick.origin}/there/is/no/such/page`);
    await check('no such page');
    await page.context().close();
  });
}

test('nothing scrolls sideways at 320 px, nor at 200 %', async ({ owner }) => {
  for (const width of [320, 360, 640]) {
    await owner.setViewportSize({ width, height: 700 });
    expect(await overflow(owner), `${width} px`).toBe(0);
  }
});

test('every icon says its location, its network and its status, and every button has a name', async ({ owner }) => {
  const tree = await owner.locator('body').ariaSnapshot();
  expect(tree).not.toMatch(/- (button|link|textbox|searchbox)(:|$|\n)/m);
  const shown = await icons(owner);
  expect(shown.length).toBeGreaterThanOrEqual(16);
  expect(new Set(shown.map((one) => `${one.location} ${one.network}`)).size).toBe(shown.length);
  for (const one of shown.filter(({ status }) => ['broken', 'expiring', 'partly connected'].includes(status))) {
    expect(one.words, `${one.location} on ${one.network}`).not.toBe('');
  }
});

test('the keyboard alone: to a green tick, into the dialog, out again, and disconnect', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  await connect(owner, place, await greentick.sandbox.stranger(place.network));
  const tick = icon(owner, place);
  await owner.reload();
  await isLive(owner);
  await tabTo(owner, place.location, place.network);
  await expect(tick).toBeFocused();
  expect(await tick.evaluate((element) => getComputedStyle(element).outlineStyle), 'a visible focus').not.toBe('none');

  await owner.keyboard.press('Enter');
  const dialog = owner.getByRole('dialog');
  await expect(dialog).toBeVisible();
  expect(await dialog.evaluate((element) => element.contains(document.activeElement)), 'focus is in the dialog').toBe(true);
  await owner.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(tick).toBeFocused();
  await expectStatus(owner, place, 'connected');

  await owner.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  const yes = dialog.getByRole('button', { name: 'Disconnect', exact: true });
  for (let presses = 0; presses < 10 && !(await has(yes)); presses += 1) await owner.keyboard.press('Tab');
  await owner.keyboard.press('Enter');
  await expectStatus(owner, place, 'not connected');
});

test('the keyboard alone: a red broken link opens the popup, and approving makes it green', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  await tabTo(owner, place.location, place.network);
  const [popup] = await Promise.all([owner.context().waitForEvent('page'), owner.keyboard.press('Enter')]);
  await approve(popup, person);
  await expectStatus(owner, place, 'connected');
  await expect(icon(owner, place)).toBeFocused();
});

test('search and filters show what they say', async ({ owner }) => {
  const search = owner.getByRole('searchbox', { name: 'Search locations and pages' });
  await search.fill('manly');
  await expect(owner.getByRole('rowheader', { name: 'Manly Wharf' })).toBeVisible();
  await expect(owner.getByRole('rowheader', { name: 'Bondi Beach' })).toBeHidden();
  await search.fill('no such place');
  await expect(owner.getByText('No location fits.')).toBeVisible();
  await search.fill('');
  await expect(owner.getByRole('rowheader', { name: 'Bondi Beach' })).toBeVisible();
  const count = async (chip: RegExp) =>
    Number((await owner.getByRole('button', { name: chip }).textContent())?.match(/\d+/)?.[0]);
  const shown = await icons(owner);
  expect(await count(/^All/)).toBe(shown.length);
  expect(await count(/^Expiring/)).toBe(shown.filter(({ status }) => status === 'expiring').length);
  await owner.getByRole('button', { name: /^Expiring/ }).click();
  await expect(owner.getByRole('button', { name: /^Expiring/ })).toHaveAttribute('aria-pressed', 'true');
  const places = shown.filter(({ status }) => status === 'expiring').map(({ location }) => location);
  for (const { location } of shown) {
    await expect(owner.getByRole('rowheader', { name: location })).toBeVisible({ visible: places.includes(location) });
  }
});

test('the browser has nothing to complain about: no message, no error, no broken policy, no hydration warning', async ({ context, page, greentick }) => {
  const heard = await complaints(context, greentick.origin);
  await page.goto(greentick.signInLink);
  await open(page, greentick.pagesTab);
  const place = await redPage(page);
  await cancel(await clickRed(page, place));
  await expectStatus(page, place, 'not connected');
  await connect(page, place, await greentick.sandbox.stranger(place.network));
  await (await askToDisconnect(page, place)).getByRole('button', { name: 'Keep connected' }).click();
  await disconnect(page, place);
  await profile(page);
  await page.reload();
  await page.getByRole('link', { name: 'Pages' }).click();
  await isLive(page);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByLabel('E-mail')).toBeVisible();
  expect(heard).toEqual([]);
});

test('an address that leads nowhere answers 404, says so, and leads back', async ({ owner, greentick }) => {
  for (const path of ['/nowhere', '/there/is/no/such/page', '/w/harbour-coffee/nothing']) {
    const answer = await owner.goto(greentick.origin + path);
    expect(answer?.status(), path).toBe(404);
    await expect(owner.getByText('The address leads nowhere, or to something that is not yours.')).toBeVisible();
    await owner.getByRole('main').getByRole('link').click();
    await isLive(owner);
  }
});

test('a strict policy: nonces, nothing inline without one, and no other site', async ({ owner, greentick }) => {
  const answer = await owner.goto(greentick.pagesTab);
  const policy = (await answer?.headerValue('content-security-policy')) ?? '';
  expect(policy).toMatch(/script-src[^;]*'nonce-[^']+'/);
  expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
  expect(policy).not.toMatch(/style-src[^;]*'unsafe-inline'/);
  for (const directive of [/default-src '(none|self)'/, /object-src 'none'|default-src 'none'/, /base-uri 'none'/, /frame-ancestors 'none'/]) {
    expect(policy).toMatch(directive);
  }
  expect(await answer?.headerValue('x-content-type-options')).toBe('nosniff');
  const again = await owner.reload();
  expect(await again?.headerValue('content-security-policy'), 'a nonce is used once').not.toBe(policy);
});

for (const [name, options] of Object.entries({
  'pages-light': { viewport: { width: 1240, height: 860 }, colorScheme: 'light' },
  'pages-dark': { viewport: { width: 1240, height: 860 }, colorScheme: 'dark' },
  'pages-narrow': { viewport: { width: 360, height: 860 }, colorScheme: 'light' },
} as const)) {
  test(`picture ${name}`, async ({ otherBrowser, greentick }) => {
    const page = await otherBrowser({ ...options, reducedMotion: 'reduce' });
    await page.goto(greentick.pagesTab);
    await isLive(page);
    const picture = await page.screenshot({ animations: 'disabled' });
    // An empty page makes a small file.
    expect(picture.length).toBeGreaterThan(15_000);
    keep(join(PICTURES, `${name}.png`), picture);
  });
}

/** Every run would change a few pixels: the pictures are written when they are missing or asked for. */
function keep(path: string, picture: Buffer): void {
  if (existsSync(path) && process.env.UPDATE_PICTURES !== '1') return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture);
}

async function tabTo(page: Page, location: string, network: string): Promise<void> {
  const wanted = icon(page, { location, network });
  for (let presses = 0; presses < 80 && !(await has(wanted)); presses += 1) await page.keyboard.press('Tab');
}

function has(element: ReturnType<Page['getByRole']>): Promise<boolean> {
  return element.evaluate((node) => node === document.activeElement);
}
