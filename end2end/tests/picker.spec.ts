// Several pages under one permission: chosen now, later, and for other locations; given back by one, and by the last.

import type { Page } from '@playwright/test';
import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';
import {
  askToDisconnect, clickRed, disconnect, expectStatus, press, type Place,
} from '../support/pages-tab.ts';

const COOGEE: Place = { location: 'Coogee', network: 'Pagebook' };
const MANLY: Place = { location: 'Manly Wharf', network: 'Pagebook' };
const BONDI: Place = { location: 'Bondi Beach', network: 'Pagebook' };

/** Ada approves for Coogee, and the popup asks which of her pages it is. Manly Wharf's is free. */
async function picks(owner: Page): Promise<Page> {
  await disconnect(owner, MANLY);
  const popup = await clickRed(owner, COOGEE);
  await popup.getByRole('radio', { name: PEOPLE.ada }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expect(popup.getByRole('heading', { name: 'Which page is it?' })).toBeVisible();
  return popup;
}

/** Clicks and waits until the window has closed itself. */
async function closes(popup: Page, act: () => Promise<void>): Promise<void> {
  const closed = popup.waitForEvent('close');
  await Promise.all([closed, act().catch((error: unknown) => { if (!popup.isClosed()) throw error; })]);
}

test('the same choice connects another location whose name fits', async ({ owner, greentick }) => {
  const popup = await picks(owner);
  await popup.getByRole('radio', { name: 'Surry Hills' }).check();
  await popup.getByRole('checkbox', { name: 'Manly Wharf as Harbour Coffee – Manly' }).check();
  await closes(popup, () => popup.getByRole('button', { name: 'Connect', exact: true }).click());
  await expectStatus(owner, COOGEE, 'connected');
  await expectStatus(owner, MANLY, 'connected');
  expect(await greentick.sandbox.alive('Pagebook', 'ada')).toBe(1);
});

test('who chooses later sees what is left to do, and the click that does it asks the network nothing', async ({ owner }) => {
  const popup = await picks(owner);
  await closes(popup, () => popup.getByRole('button', { name: 'Choose later' }).click());
  await expectStatus(owner, COOGEE, 'partly connected', 'Choose a page');
  const [later] = await Promise.all([owner.context().waitForEvent('page'), press(owner, COOGEE)]);
  await expect(later.getByRole('heading', { name: 'Which page is it?' })).toBeVisible();
  await later.getByRole('radio', { name: 'Surry Hills' }).check();
  await closes(later, () => later.getByRole('button', { name: 'Connect', exact: true }).click());
  await expectStatus(owner, COOGEE, 'connected');
});

test('a window closed at the choice leaves the page amber, and the choice for another day', async ({ owner }) => {
  await (await picks(owner)).close();
  await expectStatus(owner, COOGEE, 'partly connected', 'Choose a page', 20_000);
});

test('the confirmation names the pages that share the permission, and where the network keeps its list of apps', async ({ owner }) => {
  const dialog = await askToDisconnect(owner, BONDI);
  await expect(dialog).toContainText('Pagebook keeps the permission, because Manly Wharf needs it too.');
  await expect(dialog.getByRole('link', { name: 'See it in Pagebook’s own list of apps' })).toBeVisible();
  await expect(dialog).toContainText('Apps with access');
  await dialog.getByRole('button', { name: 'Keep connected' }).click();
  await disconnect(owner, BONDI);
  await expectStatus(owner, MANLY, 'connected');
  await expect(await askToDisconnect(owner, MANLY)).toContainText('Greentick will give its permission back to Pagebook.');
});

test('Change pages makes the network ask again, and offers what is new', async ({ owner }) => {
  await disconnect(owner, MANLY);
  const dialog = await askToDisconnect(owner, BONDI);
  const [popup] = await Promise.all([
    owner.context().waitForEvent('page'), dialog.getByRole('button', { name: 'Change pages' }).click(),
  ]);
  await expect(dialog).toBeHidden();
  await expect(popup.getByRole('heading', { level: 1, name: 'Pagebook', exact: true })).toBeVisible();
  expect(new URL(popup.url()).searchParams.get('auth_type')).toBe('rerequest');
  await popup.getByRole('radio', { name: PEOPLE.ada }).check();
  await popup.getByRole('button', { name: 'Approve' }).click();
  await popup.getByRole('checkbox', { name: 'Manly Wharf as Harbour Coffee – Manly' }).check();
  await closes(popup, () => popup.getByRole('button', { name: 'Connect the ticked ones' }).click());
  await expectStatus(owner, BONDI, 'connected');
  await expectStatus(owner, MANLY, 'connected');
});
