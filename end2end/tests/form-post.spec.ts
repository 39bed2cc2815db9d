// A network whose page posts its answer across sites: no cookie comes along, and yet only the browser that began finishes.

import { expect, test as base } from '@playwright/test';
import { approve, cancel, clickRed, expectStatus, isLive } from '../support/pages-tab.ts';
import { Posting } from '../support/posting.ts';

const place = { location: 'Bondi Beach', network: 'Chirper' };

const test = base.extend<{ posting: Posting }>({
  posting: async ({}, use) => {
    const posting = new Posting();
    await posting.start();
    await use(posting);
    await posting.stop();
  },
});

test('AT-13: a posted no leaves the page red, a posted yes makes it green, and no address holds a code', async ({ page, posting }) => {
  await page.goto(posting.setUpLink);
  await page.getByLabel(/business/i).fill('Harbour Coffee');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill('a long password');
  await page.getByRole('main').getByRole('button').click();
  await isLive(page);
  await page.getByLabel('Name of the location').fill(place.location);
  await page.getByRole('button', { name: 'Add a location' }).click();
  await page.getByRole('button', { name: `Add ${place.location}'s page on ${place.network}` }).click();
  await expectStatus(page, place, 'not connected');

  const addresses: string[] = [];
  page.context().on('request', (request) => addresses.push(`${request.method()} ${request.url()}`));
  await cancel(await clickRed(page, place));
  await expectStatus(page, place, 'not connected');
  await approve(await clickRed(page, place), 'ben');
  await expectStatus(page, place, 'connected');
  expect(await posting.sandbox.alive('Chirper', 'ben')).toBe(1);
  expect(await posting.sandbox.tokenRequests('Chirper')).toBe(1);
  expect(addresses.filter((one) => /^POST .*\/oauth\/callback\/[^?]+$/.test(one))).toHaveLength(2);
  expect(addresses.filter((one) => /^GET .*\/oauth\/finish\/[^?]+$/.test(one))).toHaveLength(2);
  expect(addresses.filter((one) => /[?&]code=/.test(one))).toEqual([]);
});
