// The nine rules that the product was built from (EXPERIENCE.md), each by its number.

import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';
import {
  approve, askToDisconnect, cancel, clickRed, connect, disconnect, expectStatus, icons, pageWith, press, redPage,
} from '../support/pages-tab.ts';

const LOCATIONS = ['Bondi Beach', 'Manly Wharf', 'Surry Hills', 'Newtown', 'Coogee'];
const NETWORKS = ['Chirper', 'Pagebook', 'Linkwork', 'Hush'];

test('rule 1: the Pages tab of account settings lists every location and the status of its page on each network', async ({ owner }) => {
  await expect(owner.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible();
  const tabs = owner.getByRole('navigation', { name: 'Account settings' });
  await tabs.getByRole('link', { name: 'Profile' }).click();
  await tabs.getByRole('link', { name: 'Pages' }).click();
  await expect(tabs.getByRole('link', { name: 'Pages' })).toHaveAttribute('aria-current', 'page');
  for (const location of LOCATIONS) await expect(owner.getByRole('rowheader', { name: location })).toBeVisible();
  for (const network of NETWORKS) await expect(owner.getByRole('columnheader', { name: network })).toBeVisible();

  const shown = await icons(owner);
  for (const status of ['not connected', 'connected', 'broken', 'expiring', 'partly connected']) {
    const many = shown.filter((one) => one.status === status);
    expect(many.length, `pages that are ${status}`).toBeGreaterThanOrEqual(2);
  }
});

test('rule 2: clicking the red broken link opens a new window at that network, which asks to authorise', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const popup = await clickRed(owner, place);
  expect(new URL(popup.url()).origin).toBe(greentick.sandbox.origin);
  await expect(popup.getByRole('button', { name: 'Approve' })).toBeVisible();
  await expect(popup.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await expectStatus(owner, place, 'connecting');
});

for (const network of ['Chirper', 'Linkwork', 'Pagebook']) {
  test(`rule 3: approved at ${network}, the window closes by itself and the red broken link becomes the green tick`, async ({ owner, greentick }) => {
    const red = (await icons(owner)).find((one) => one.status === 'not connected' && one.network === network);
    expect(red, `the demo has a page at ${network} that is not connected`).toBeDefined();
    const person = await greentick.sandbox.stranger(network);
    const popup = await clickRed(owner, red!);
    await approve(popup, person);
    await expectStatus(owner, red!, 'connected');
    expect(await greentick.sandbox.alive(network, person)).toBe(1);
  });
}

test('rule 4: cancelled, the icon stays red, and the person can try again at once', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  await cancel(await clickRed(owner, place));
  await expectStatus(owner, place, 'not connected');
  await connect(owner, place, await greentick.sandbox.stranger(place.network));
});

test('rule 4: the window closed without finishing, the icon stays red, and the person can try again at once', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  await (await clickRed(owner, place)).close();
  await expectStatus(owner, place, 'not connected');
  await connect(owner, place, await greentick.sandbox.stranger(place.network));
});

test('rule 4: a window left open locks nothing: the person stops waiting and tries again at once', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const forgotten = await clickRed(owner, place);
  await press(owner, place);
  await owner.getByRole('dialog').getByRole('button', { name: 'Stop waiting' }).click();
  await expectStatus(owner, place, 'not connected');
  const again = await clickRed(owner, place);
  await approve(again, await greentick.sandbox.stranger(place.network));
  await expectStatus(owner, place, 'connected');
  await forgotten.close();
  await expectStatus(owner, place, 'connected');
});

test('rule 5: connected before, the window appears and goes away by itself, and the icon turns green', async ({ owner, greentick }) => {
  const place = await pageWith(owner, 'not connected', { network: 'Hush' })
    .catch(async () => {
      const green = await pageWith(owner, 'connected', { network: 'Hush' });
      await disconnect(owner, green);
      return green;
    });
  await connect(owner, place, await greentick.sandbox.stranger('Hush'));
  await disconnect(owner, place);

  const [popup] = await Promise.all([owner.context().waitForEvent('page'), press(owner, place)]);
  if (!popup.isClosed()) await popup.waitForEvent('close');
  await expectStatus(owner, place, 'connected');
});

test('rules 6 and 7: the green tick asks; confirmed, the icon is the red broken link and the network has no permission any more', async ({ owner, greentick }) => {
  const place = await redPage(owner);
  const person = await greentick.sandbox.stranger(place.network);
  await connect(owner, place, person);
  expect(await greentick.sandbox.alive(place.network, person)).toBe(1);

  const dialog = await askToDisconnect(owner, place);
  await expect(dialog.getByRole('button', { name: 'Keep connected' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await expectStatus(owner, place, 'not connected');
  await expect.poll(() => greentick.sandbox.alive(place.network, person)).toBe(0);
});

for (const [way, decline] of [['the button', 'Keep connected'], ['Escape', '']] as const) {
  test(`rules 6 and 7: declined by ${way}, the icon does not change and the network keeps the permission`, async ({ owner, greentick }) => {
    const place = await redPage(owner);
    const person = await greentick.sandbox.stranger(place.network);
    await connect(owner, place, person);
    const dialog = await askToDisconnect(owner, place);
    if (decline) await dialog.getByRole('button', { name: decline }).click();
    else await owner.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expectStatus(owner, place, 'connected');
    expect(await greentick.sandbox.alive(place.network, person)).toBe(1);
  });
}

test.describe('with a check every second', () => {
  test.use({ options: { checkInterval: 1 } });

  test('rule 8: removed in the network’s own list of apps, the icon turns red and says why', async ({ owner, greentick, context }) => {
    const place = await redPage(owner);
    const person = await greentick.sandbox.stranger(place.network);
    await connect(owner, place, person);
    await greentick.sandbox.removeApp(await context.newPage(), place.network, person);
    await expectStatus(owner, place, 'broken', `Removed at ${place.network}`, 10_000);
    await expect(owner.getByText(`Removed at ${place.network}`).first()).toBeVisible();

    // The way back is the same click, by the same account.
    await connect(owner, place, person);
  });

  test('rule 8: the wrong account is never taken silently, and the person is told both names', async ({ owner, greentick, context }) => {
    const place = await redPage(owner);
    const person = await greentick.sandbox.stranger(place.network);
    const other = await greentick.sandbox.stranger(place.network, [person]);
    await connect(owner, place, person);
    await greentick.sandbox.removeApp(await context.newPage(), place.network, person);
    await expectStatus(owner, place, 'broken', '.+', 10_000);

    const popup = await clickRed(owner, place);
    await popup.getByRole('radio', { name: PEOPLE[other] }).check();
    await popup.getByRole('button', { name: 'Approve' }).click();
    const words = popup.getByRole('main');
    await expect(words).toContainText(PEOPLE[person]);
    await expect(words).toContainText(PEOPLE[other]);
    await expectStatus(owner, place, 'broken');
    await popup.close();
    await connect(owner, place, person);
  });

  test('rule 9: a permission that is checked again and again stays green by itself', async ({ owner, greentick }) => {
    const place = await redPage(owner);
    await connect(owner, place, await greentick.sandbox.stranger(place.network));
    const checks = async () => (await greentick.sandbox.ledger()).requests.length;
    const before = await checks();
    await expect.poll(checks, { timeout: 10_000 }).toBeGreaterThan(before + 3);
    await expectStatus(owner, place, 'connected');
  });
});

test('rule 9: before the day on which a person must act, the page says how many days are left', async ({ owner }) => {
  const place = await pageWith(owner, 'expiring');
  expect(place.words).toMatch(/^(\d days left|1 day left|Ends today)$/);
  await expect(owner.getByText(place.words).first()).toBeVisible();
  // Renewing is the same click as connecting.
  await clickRed(owner, place);
});
