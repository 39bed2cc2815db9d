// No token leaves the vault: not in an answer, not in a log, not in the data folder.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disguises, leaks } from '../support/leaks.ts';
import { PEOPLE } from '../support/sandbox.ts';
import { expect, test } from '../support/test.ts';
import { Wire } from '../support/wire.ts';
import { askToDisconnect, cancel, clickRed, connect, disconnect, expectStatus, icons, open } from '../support/pages-tab.ts';

// Every token of the sandbox begins with it.
const CANARY = 'sbxcanary';

test.use({ options: { checkInterval: 1 } });

test('after a full run no answer, no log line and no file holds a token, in any disguise', async ({ browser, greentick }) => {
  test.slow();
  const wire = await Wire.lay(greentick.origin);
  const context = await browser.newContext({ proxy: { server: wire.address } });
  const page = await context.newPage();
  await page.goto(greentick.signInLink);
  await open(page, greentick.pagesTab);

  for (const place of (await icons(page)).filter(({ status }) => status === 'not connected')) {
    await cancel(await clickRed(page, place));
    await expectStatus(page, place, 'not connected');
    await connect(page, place, await greentick.sandbox.stranger(place.network));
  }
  const green = (await icons(page)).filter(({ status, network }) => status === 'connected' && network !== 'Hush');
  await disconnect(page, green[0]);
  await (await askToDisconnect(page, green[1])).getByRole('button', { name: 'Keep connected' }).click();

  // A permission that dies, an account that is the wrong one, a network that is down, an issuer that lies.
  const doomed = green[0];
  const person = await greentick.sandbox.stranger(doomed.network);
  await connect(page, doomed, person);
  await greentick.sandbox.removeApp(await browser.newPage(), doomed.network, person);
  await expectStatus(page, doomed, 'broken', '.+', 10_000);
  const somebodyElse = Object.keys(PEOPLE).find((one) => one !== person)!;
  for (const fault of [{}, { down: true }, { iss: 'wrong' as const }]) {
    await greentick.sandbox.fault({ network: doomed.network, ...fault });
    const popup = await clickRed(page, doomed);
    await popup.getByRole('radio', { name: PEOPLE[somebodyElse] }).check();
    await popup.getByRole('button', { name: 'Approve' }).click();
    await page.waitForTimeout(1_500);
    await popup.close().catch(() => undefined);
    await greentick.sandbox.faultsOff();
  }
  await page.getByRole('link', { name: 'Profile' }).click();
  await page.reload();
  await context.close();
  wire.remove();

  const { tokens } = await greentick.sandbox.ledger();
  expect(tokens.length).toBeGreaterThan(20);
  expect(wire.answers.length).toBeGreaterThan(20);
  expect(Buffer.concat(wire.answers).includes('Bondi Beach'), 'the wire hears the app').toBe(true);
  const found = [
    ...leaks('an answer', Buffer.concat(wire.answers), tokens),
    ...leaks('the log', Buffer.from(greentick.log), tokens),
    ...files(greentick.data).flatMap((path) => leaks(path, readFileSync(path), tokens)),
  ];
  expect(found).toEqual([]);
  for (const place of [Buffer.concat(wire.answers), Buffer.from(greentick.log)]) {
    expect(place.includes(CANARY)).toBe(false);
  }
});

test('the search finds a token in each of its disguises', () => {
  const token = { value: 'sbxcanary-at-aB3_x-Y9zQ', kind: 'access', network: 'test' };
  const hidden = [
    token.value, encodeURIComponent(token.value), Buffer.from(token.value).toString('hex'),
    ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${token.value}and after`).toString('base64url')),
    ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${token.value}and after`).toString('base64')),
  ];
  for (const text of hidden) expect(leaks('here', Buffer.from(`{"x":"${text}"}`), [token]), text).toHaveLength(1);
  expect(leaks('here', Buffer.from('nothing of the kind'), [token])).toEqual([]);
  expect(disguises(token.value).every((shape) => shape.length > 20)).toBe(true);
});

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
