// The whole way for real: `greentick serve`, its set-up link, and a provider that nobody here wrote.

import { expect, test as base, type Page } from '@playwright/test';
import { Neighbour } from '../support/neighbour.ts';
import { expectStatus, icon, isLive } from '../support/pages-tab.ts';

const place = { location: 'Bondi Beach', network: 'Neighbour' };

const test = base.extend<{ neighbour: Neighbour }>({
  neighbour: async ({}, use) => {
    const neighbour = new Neighbour();
    await neighbour.start();
    await use(neighbour);
    await neighbour.stop();
  },
});

async function setUp(page: Page, neighbour: Neighbour): Promise<void> {
  // The provider's own pages ask for a font from elsewhere; nothing may be fetched here.
  await page.context().route(/fonts\.googleapis\.com/, (route) => route.abort());
  await page.goto(neighbour.setUpLink);
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
}

async function connect(page: Page): Promise<void> {
  const opens = page.waitForEvent('popup');
  await icon(page, place).click();
  const popup = await opens;
  await popup.locator('input[name=login]').fill('ada');
  await popup.locator('input[name=password]').fill('anything');
  await popup.getByRole('button', { name: 'Sign-in' }).click();
  const closes = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Continue' }).click();
  await closes;
  await expectStatus(page, place, 'connected');
}

test('approved at a provider nobody here wrote: green; disconnected: the provider has nothing left', async ({ page, neighbour }) => {
  await setUp(page, neighbour);
  await connect(page);
  expect(neighbour.count('grant.success')).toBe(1);
  expect(neighbour.count('grant.error') + neighbour.count('authorization.error')).toBe(0);
  await icon(page, place).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
  await expectStatus(page, place, 'not connected');
  await expect.poll(() => neighbour.count('grant.revoked')).toBe(1);
});

test('what ends at the provider turns red here, and one click makes it green again', async ({ page, neighbour }) => {
  await setUp(page, neighbour);
  neighbour.watch();
  await connect(page);
  await neighbour.forgetsEverything();
  await expectStatus(page, place, 'broken', 'Refused by Neighbour', 10_000);
});
