// What happened: the Activity tab, and a page's own history in its dialog.

import type { Locator, Page } from '@playwright/test';
import { isWell } from '../support/axe.ts';
import { expect, test } from '../support/test.ts';
import { askToDisconnect, connect, disconnect, pageWith, redPage, type Place } from '../support/pages-tab.ts';
import { PEOPLE } from '../support/sandbox.ts';

// Enough for a record of several parts; and what changes at a network is noticed soon.
test.use({ options: { locations: 30, checkInterval: 2 } });

const SCREENS = { wide: { width: 1280, height: 900 }, narrow: { width: 320, height: 640 } };

const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Account settings' }).getByRole('link', { name, exact: true });
const events = (page: Page) => page.getByRole('list', { name: 'Activity' }).getByRole('listitem');
const name = ({ location, network }: Place) => `${location} on ${network}`;

async function openActivity(page: Page): Promise<void> {
  await tab(page, 'Activity').click();
  await expect(tab(page, 'Activity')).toHaveAttribute('aria-current', 'page');
  await expect(events(page).first()).toBeVisible();
}

test('what people do is told with who did it, the newest first, and the exact time behind it', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  await connect(owner, place, person);
  await disconnect(owner, place);
  await openActivity(owner);
  const told = await events(owner).allInnerTexts();
  const at = (what: RegExp) => told.findIndex((text) => what.test(text));
  const gone = at(new RegExp(`disconnected ${name(place)}\\.`));
  const came = at(new RegExp(`connected ${name(place)} as ${PEOPLE[person]}`));
  expect(gone).toBeGreaterThanOrEqual(0);
  expect(came, 'the newest first').toBeGreaterThan(gone);
  const time = events(owner).nth(gone).getByRole('time');
  await expect(time).toHaveText('just now');
  await expect(time).toHaveAttribute('title', /^\d+ \w{3} \d{4}, \d\d:\d\d UTC$/);
});

test('what Greentick finds is told with its reason', async ({ owner }) => {
  const broken = await pageWith(owner, 'broken');
  await openActivity(owner);
  await owner.getByRole('searchbox', { name: 'Search locations' }).fill(broken.location);
  await owner.getByRole('combobox', { name: 'Network' }).selectOption({ label: broken.network });
  await owner.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(events(owner).filter({ hasText: `Greentick found ${name(broken)} broken: ${broken.words}.` })).toHaveCount(1);
});

test('a sentence leads to the events of its page, and Show all back to all', async ({ owner }) => {
  await openActivity(owner);
  const link = events(owner).getByRole('link', { name: / on \w+$/ }).first();
  const page = await link.innerText();
  await link.click();
  await expect(owner.getByText(`Only ${page}.`)).toBeVisible();
  for (const text of await events(owner).allInnerTexts()) expect(text).toContain(page);
  await owner.getByRole('link', { name: 'Show all' }).click();
  await expect(events(owner)).toHaveCount(50);
});

test('a search and a network narrow it, and stay while one goes on', async ({ owner }) => {
  await openActivity(owner);
  await owner.getByRole('combobox', { name: 'Network' }).selectOption({ label: 'Chirper' });
  await owner.getByRole('searchbox', { name: 'Search locations' }).fill('BONDI');
  await owner.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(owner.getByRole('combobox', { name: 'Network' })).toHaveValue('chirper');
  for (const text of await events(owner).allInnerTexts()) expect(text).toMatch(/Bondi Beach( \d+)? on Chirper/);
  await owner.getByRole('searchbox', { name: 'Search locations' }).fill('no such place');
  await owner.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(owner.getByText('Nothing of this kind has happened.')).toBeVisible();
});

async function goesThrough(page: Page): Promise<void> {
  const button = (which: string): Locator => page.getByRole('button', { name: which, exact: true });
  await expect(button('Newer')).toBeDisabled();
  const newest = await events(page).allInnerTexts();
  expect(newest).toHaveLength(50);
  await button('Older').click();
  await expect(button('Newer')).toBeEnabled();
  const older = await events(page).allInnerTexts();
  expect(older, 'another part').not.toEqual(newest);
  while (await button('Older').isEnabled()) {
    await button('Older').click();
    await expect(events(page).first()).toBeVisible();
  }
  await expect(events(page).last()).toContainText('added the location Bondi Beach.');
  while (await button('Newer').isEnabled()) {
    await button('Newer').click();
    await expect(events(page).first()).toBeVisible();
  }
  const what = (texts: string[]) => texts.map((text) => text.split('\n').find(Boolean));
  expect(what(await events(page).allInnerTexts())).toEqual(what(newest));
}

test('Older leads to the first event and Newer back', async ({ owner }) => {
  await openActivity(owner);
  await goesThrough(owner);
});

test('without JavaScript: the same list, and Older and Newer', async ({ withoutJavaScript: page }) => {
  await openActivity(page);
  await goesThrough(page);
});

test('the tab brings no script', async ({ owner }) => {
  const asked: string[] = [];
  owner.on('request', (request) => asked.push(request.url()));
  await openActivity(owner);
  expect(asked.filter((url) => /\.(js|wasm)$/.test(url))).toEqual([]);
});

test('the dialog tells the last things that happened to its page, and leads to all of them', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  await connect(owner, place, person);
  const dialog = await askToDisconnect(owner, place);
  const past = dialog.getByRole('region', { name: 'What happened' });
  await expect(past.getByRole('listitem').first()).toContainText(`connected ${name(place)} as ${PEOPLE[person]}`);
  await past.getByRole('link', { name: 'All activity' }).click();
  await expect(owner.getByText(`Only ${name(place)}.`)).toBeVisible();
  await expect(events(owner).first()).toContainText(`connected ${name(place)} as ${PEOPLE[person]}`);
});

test('a change while the dialog is open shows up in it', async ({ owner, greentick, otherBrowser }) => {
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  await connect(owner, place, person);
  const secondBrowser = await otherBrowser();
  await askToDisconnect(secondBrowser, place);
  const past = secondBrowser.getByRole('dialog').getByRole('region', { name: 'What happened' });
  await expect(past.getByRole('listitem')).toHaveCount(2);
  await greentick.sandbox.changePassword(place.network, person);
  await expect(past.getByRole('listitem').first()).toContainText(`Greentick found ${name(place)} broken`, { timeout: 20_000 });
  await expect(past.getByRole('listitem')).toHaveCount(3);
});

for (const [width, viewport] of Object.entries(SCREENS)) {
  test(`axe-core finds nothing in the record, ${width}, light and dark`, async ({ browser, greentick }) => {
    const page = await (await browser.newContext({ viewport, reducedMotion: 'reduce' })).newPage();
    const check = (what: string) => isWell(page, what);
    await page.goto(greentick.signInLink);
    await openActivity(page);
    await check('activity');
    await events(page).getByRole('link', { name: / on \w+$/ }).first().click();
    await expect(page.getByRole('link', { name: 'Show all' })).toBeVisible();
    await check('activity of a page');
    await page.getByRole('searchbox').fill('no such place');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await expect(page.getByText('Nothing of this kind has happened.')).toBeVisible();
    await check('nothing found');
    await page.context().close();
  });
}
