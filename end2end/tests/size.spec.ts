// A workspace of ten thousand pages: fifty locations at a time, found and counted by the server. How fast it is, `make
// bench` says.

import type { Page } from '@playwright/test';
import { faultsOf } from '../support/axe.ts';
import { expect, test } from '../support/test.ts';
import { approve, clickRed, expectStatus, icon, isLive } from '../support/pages-tab.ts';

/** Three networks each, with the demo's own: 10,021 pages. */
const LOCATIONS = 3_334;
test.use({ options: { locations: LOCATIONS } });

const rows = (page: Page) => page.getByRole('rowheader');
const part = (page: Page) => page.getByText(/^Locations \d+ to \d+ of \d+$/);
const search = (page: Page) => page.getByRole('searchbox');
const later = (page: Page) => page.getByRole('button', { name: 'Later' });
const earlier = (page: Page) => page.getByRole('button', { name: 'Earlier' });
const counted = async (page: Page, chip: string) =>
  Number(/\d+/.exec((await page.getByRole('button', { name: new RegExp(`^${chip}`) }).textContent())!)![0]);

test('ten thousand pages: fifty locations are shown, all are counted, and Later and Earlier lead through them', async ({ owner }) => {
  await expect(rows(owner)).toHaveCount(50);
  await expect(part(owner)).toHaveText(`Locations 1 to 50 of ${LOCATIONS + 5}`);
  expect(await counted(owner, 'All')).toBe(10_021);
  await expect(earlier(owner)).toBeDisabled();
  await later(owner).click();
  await expect(part(owner)).toHaveText(`Locations 51 to 100 of ${LOCATIONS + 5}`);
  await expect(rows(owner)).toHaveCount(50);
  await expect(owner.getByRole('table'), 'whoever goes on by keyboard goes on at the top').toBeFocused();
  await earlier(owner).click();
  await expect(part(owner)).toHaveText(`Locations 1 to 50 of ${LOCATIONS + 5}`);
  await expect(rows(owner).first()).toContainText('Bondi Beach');
  expect(await faultsOf(owner)).toEqual([]);
});

test('ten thousand pages without JavaScript: search, chips and Later are links of one list', async ({ otherBrowser }) => {
  const page = await otherBrowser({ javaScriptEnabled: false });
  await search(page).fill('newtown');
  await search(page).press('Enter');
  const all = Number(/of (\d+)/.exec((await part(page).textContent())!)![1]);
  expect(all).toBe(Math.floor((LOCATIONS + 1) / 5) + 1);
  await later(page).click();
  await expect(part(page)).toHaveText(`Locations 51 to 100 of ${all}`);
  await expect(search(page)).toHaveValue('newtown');
  for (const name of await rows(page).allTextContents()) expect(name).toContain('Newtown');
});

test('a search and a filter find what is not shown, and what is connected there turns green', async ({ owner, greentick }) => {
  const place = { location: 'Coogee 600', network: 'Chirper' };
  await search(owner).fill('coogee 600');
  await expect(rows(owner)).toHaveCount(1);
  const popup = await clickRed(owner, place);
  // Searching for something else meanwhile loses nothing.
  await owner.bringToFront();
  await search(owner).fill('newtown');
  await expect(rows(owner)).toHaveCount(50);
  await search(owner).fill('coogee 600');
  await expectStatus(owner, place, 'connecting');
  await search(owner).fill('manly');
  await approve(popup, await greentick.sandbox.stranger('Chirper'));
  await search(owner).fill('');
  await owner.getByRole('button', { name: /^Connected/ }).click();
  await expectStatus(owner, place, 'connected');
  const shown = await rows(owner).count();
  expect(shown).toBeLessThan(10);
  await expect(part(owner)).toBeHidden();
});

test('a thousand changes at once: search, scroll and focus stay, and what is seen is right', async ({ owner, greentick }) => {
  test.slow();
  await search(owner).fill(' 1');
  await expect(part(owner)).toContainText('Locations 1 to 50 of');
  const own = { location: 'Surry Hills 12', network: 'Linkwork' };
  await icon(owner, own).focus();
  const scrolled = await owner.evaluate(() => window.scrollY);
  expect(scrolled).toBeGreaterThan(0);
  const before = await counted(owner, 'All');
  await addThousand(owner, greentick.origin);
  await expect.poll(() => counted(owner, 'All'), { timeout: 20_000 }).toBe(before + 1_000);
  await expect(icon(owner, own)).toBeFocused();
  expect(await owner.evaluate(() => window.scrollY)).toBe(scrolled);
  await expect(search(owner)).toHaveValue(' 1');
  await expect(owner.getByRole('button', { name: / on Hush: not connected/ })).toHaveCount(50);
  await owner.reload();
  await isLive(owner);
  expect(await counted(owner, 'All')).toBe(before + 1_000);
});

/** Adds a page on Hush to a thousand locations that have none, those first that the search " 1" shows first. */
async function addThousand(page: Page, origin: string): Promise<void> {
  const post = (name: string, form: Record<string, string>) =>
    page.context().request.post(`${origin}/api/pages/${name}`, { headers: { origin, accept: 'application/json' }, form });
  const places: string[] = [];
  for (let from = 0; places.length < 1_000; from += 50) {
    const answer = await post('board', { workspace: 'harbour-coffee', q: ' 1', show: 'all', from: String(from), shown: '' });
    const board = await answer.json() as { locations: { id: string }[]; pages: { location: string; network: string }[] };
    const taken = new Set(board.pages.filter(({ network }) => network === 'hush').map(({ location }) => location));
    places.push(...board.locations.map(({ id }) => id).filter((id) => !taken.has(id)));
  }
  for (let from = 0; from < 1_000; from += 10) {
    const added = await Promise.all(places.slice(from, from + 10).map((location) => post('add', { location, network: 'hush' })));
    for (const answer of added) expect(answer.status()).toBe(200);
  }
}
