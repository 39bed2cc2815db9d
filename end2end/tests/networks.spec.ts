// The Networks tab: an owner enters an app, has it checked, and connects a page through it.

import { test as base, expect, type Page } from '@playwright/test';
import { isWell } from '../support/axe.ts';
import { type Instance, setUp, withInstance } from '../support/instance.ts';
import { connect, expectStatus, isLive } from '../support/pages-tab.ts';
import { test as demo } from '../support/test.ts';

const SECRET = 'sandbox-secret-chirper';
const SCREENS = { wide: { width: 1280, height: 900 }, narrow: { width: 320, height: 640 } };

const test = base.extend<{ instance: Instance }>({ instance: ({}, use) => withInstance({}, use) });

const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Account settings' }).getByRole('link', { name, exact: true }).click();

/** The page of one network. */
async function look(page: Page, network: string): Promise<void> {
  await tab(page, 'Networks');
  await page.getByRole('main').getByRole('link', { name: network, exact: true }).click();
  await expect(page.getByRole('heading', { level: 2, name: new RegExp(`^${network}`) })).toBeVisible();
}

async function enter(page: Page, secret: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Client id' }).fill('greentick-chirper');
  await page.getByLabel('Client secret').fill(secret);
  await page.getByRole('button', { name: 'Enter the app' }).click();
  await expect(page.getByText('Entered here', { exact: true })).toBeVisible();
}

/** What the check says; each sentence with its word for those who do not see the sign. */
async function check(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: 'Check now' }).click();
  const found = page.getByRole('region', { name: 'Check' }).getByRole('listitem');
  await expect(found.first()).toBeVisible({ timeout: 30_000 });
  return found.allInnerTexts();
}

test('an owner enters an app, the network becomes a column, and a page connects through it', async ({ page, instance }) => {
  await setUp(page, instance);
  await expect(page.getByText('There are no locations yet.')).toBeVisible();
  await look(page, 'Chirper');
  const address = await page.getByRole('textbox', { name: 'Redirect address' }).inputValue();
  expect(address).toMatch(new RegExp(`^${instance.origin}/oauth/callback/[0-9a-f-]{36}$`));
  await enter(page, SECRET);
  expect(await page.content(), 'what was entered is never shown again').not.toContain(SECRET);

  await tab(page, 'Pages');
  await isLive(page);
  await page.getByLabel('Name of the location').fill('Fremantle');
  await page.getByRole('button', { name: 'Add a location' }).click();
  await page.getByRole('button', { name: 'Add Fremantle\'s page on Chirper' }).click();
  const place = { location: 'Fremantle', network: 'Chirper' };
  await expectStatus(page, place, 'not connected');
  await connect(page, place, 'ada');
  const asked = (await instance.sandbox.ledger()).authorizations.map(({ redirect_uri }) => redirect_uri);
  expect(asked).toEqual([address]);

  await look(page, 'Chirper');
  await page.getByText('Remove the app').first().click();
  await expect(page.getByText('1 page is connected through it.', { exact: false }).first()).toBeVisible();
  await page.getByRole('checkbox', { name: 'Remove it, though 1 page is connected through it' }).check();
  await page.getByRole('button', { name: 'Remove the app' }).click();
  await expect(page.getByText('Not set up', { exact: true })).toBeVisible();
});

test('a check says what is wrong, and what to do', async ({ page, instance }) => {
  await setUp(page, instance);
  await look(page, 'Chirper');
  expect((await check(page)).join('\n')).toContain('No app is entered, so nobody can connect');
  await enter(page, 'not-the-secret');
  expect((await check(page)).join('\n')).toContain('Chirper refuses the client id or the client secret. Copy both anew');
  await page.getByText('Replace the app').first().click();
  await page.getByRole('textbox', { name: 'Client id' }).fill('greentick-chirper');
  await page.getByLabel('Client secret').fill(SECRET);
  await page.getByRole('button', { name: 'Replace the app' }).click();
  await expect(page.getByText('Chirper refuses', { exact: false })).toBeHidden();
  const found = await check(page);
  expect(found.at(-1)).toContain('Chirper knows the client id and the client secret.');
  for (const sentence of found) expect(sentence).toMatch(/^\s*(Right|To know):/);
});

test('without JavaScript the forms work too, and a mistake is told beside its field', async ({ browser, instance }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await setUp(page, instance);
  await look(page, 'Chirper');
  await expect(page.getByRole('button', { name: 'Copy: Redirect address' })).toBeHidden();
  await page.getByRole('textbox', { name: 'Client id' }).fill('two words');
  await page.getByLabel('Client secret').fill(SECRET);
  await page.getByRole('button', { name: 'Enter the app' }).click();
  await expect(page.getByRole('alert')).toHaveText(/Copy the client id from the app’s page/);
  expect(await page.content()).not.toContain(SECRET);
  await enter(page, SECRET);
  expect((await check(page)).at(-1)).toContain('Chirper knows the client id and the client secret.');
  await page.context().close();
});

demo('the redirect address is copied by its button', async ({ owner }) => {
  await owner.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await look(owner, 'Slack');
  await owner.getByRole('button', { name: 'Copy: Redirect address' }).click();
  await expect(owner.getByRole('status').filter({ hasText: 'Copied' })).toBeVisible();
  const copied = await owner.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await owner.getByRole('textbox', { name: 'Redirect address' }).inputValue());
});

demo('an app of the settings is shown as such, and cannot be changed', async ({ owner }) => {
  await look(owner, 'Chirper');
  await expect(owner.getByText('Set in the settings', { exact: true })).toBeVisible();
  await expect(owner.getByRole('textbox', { name: 'Client id' })).toBeDisabled();
  await expect(owner.getByRole('button', { name: /^(Enter|Replace|Remove) the app$/ })).toHaveCount(0);
});

for (const [width, viewport] of Object.entries(SCREENS)) {
  demo(`axe-core finds nothing on the Networks tab, ${width}, light and dark`, async ({ browser, greentick }) => {
    const page = await (await browser.newContext({ viewport, reducedMotion: 'reduce' })).newPage();
    const whole = (what: string) => isWell(page, what);
    await page.goto(greentick.signInLink);
    await tab(page, 'Networks');
    await expect(page.getByRole('heading', { name: 'In use' })).toBeVisible();
    await whole('the list');
    await look(page, 'Chirper');
    await whole('an app of the settings');
    await check(page);
    await whole('what a check found');
    await look(page, 'Slack');
    await whole('a network without an app');
    await page.getByRole('textbox', { name: 'Client id' }).fill('1234.5678');
    await page.getByLabel('Client secret').fill('not-a-secret');
    await page.getByRole('button', { name: 'Enter the app' }).click();
    await expect(page.getByText('Entered here', { exact: true })).toBeVisible();
    for (const closed of ['Replace the app', 'Remove the app']) await page.getByText(closed).first().click();
    await whole('an app that was entered');
    await page.context().close();
  });
}
