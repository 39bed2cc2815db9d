// An instance of one's own, from the link on its terminal to the first green tick.

import { test as base, expect } from '@playwright/test';
import { faultsOf } from '../support/axe.ts';
import { type Instance, withInstance } from '../support/instance.ts';
import { connect, expectStatus, isLive } from '../support/pages-tab.ts';

const test = base.extend<{ instance: Instance }>({
  instance: ({}, use) => withInstance({
    GREENTICK_APPS__CHIRPER__CLIENT_ID: 'greentick-chirper', GREENTICK_APPS__CHIRPER__CLIENT_SECRET: 'sandbox-secret-chirper',
  }, use),
});

test('the first owner sets up by the terminal’s link, adds a location and its page, and connects it', async ({ page, instance }) => {
  await page.goto(instance.setUpLink);
  await expect(page.getByRole('heading', { name: 'Set up Greentick' })).toBeVisible();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByLabel('Name of the business').fill('Tidal Books');
  await page.getByLabel('Your name').fill('Robin Vale');
  await page.getByLabel('E-mail').fill('robin@tidal.example');
  await page.getByLabel('Password').fill('too short');
  await page.getByRole('button', { name: 'Create the workspace' }).click();
  await expect(page.getByText('Choose a password of 12 to 200 characters.')).toBeVisible();
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Create the workspace' }).click();

  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
  expect(page.url()).toBe(`${instance.origin}/w/tidal-books/settings/pages`);
  await expect(page.getByText('There are no locations yet.')).toBeVisible();
  await isLive(page);
  await page.getByLabel('Name of the location').fill('Fremantle');
  await page.getByRole('button', { name: 'Add a location' }).click();
  await page.getByRole('button', { name: 'Add Fremantle\'s page on Chirper' }).click();
  const place = { location: 'Fremantle', network: 'Chirper' };
  await expectStatus(page, place, 'not connected');
  await connect(page, place, 'ada');
});

test('the link works once, and nobody sets up a second time', async ({ page, browser, instance }) => {
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(instance.setUpLink);
  await page.goto(instance.setUpLink);
  for (const [one, name] of [[page, 'Robin'], [stranger, 'Mallory']] as const) {
    await one.getByLabel('Name of the business').fill(`${name}'s`);
    await one.getByLabel('Your name').fill(name);
    await one.getByLabel('E-mail').fill(`${name.toLowerCase()}@tidal.example`);
    await one.getByLabel('Password').fill('a long enough password');
    await one.getByRole('button', { name: 'Create the workspace' }).click();
    if (one === page) await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
  }
  await expect(stranger.getByRole('alert')).toBeVisible();
  await stranger.goto(instance.origin);
  await expect(stranger.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await stranger.context().close();
});
