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

// At its most talkative.
test.use({ options: { checkInterval: 1, logs: 'trace' } });

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

  const { tokens, requests, authorizations, referers } = await greentick.sandbox.ledger();
  expect(tokens.length).toBeGreaterThan(20);
  expect(greentick.log, 'the log is talkative').toMatch(/ TRACE .*\n/);
  // Nothing of ours tells a network where its visitor comes from.
  expect(referers).toEqual([]);
  // A state stands in the address of the question, so in the page that leads there; nowhere else.
  const verifiers = requests.flatMap(({ network, code_verifier }) => code_verifier ? [{ value: code_verifier, kind: 'verifier', network }] : []);
  const states = authorizations.flatMap(({ network, state }) => state ? [{ value: state, kind: 'state', network }] : []);
  expect(verifiers.length).toBeGreaterThan(2);
  expect(states.length).toBeGreaterThan(5);
  const places = [{ name: 'the log', bytes: Buffer.from(greentick.log) }, ...files(greentick.data).map((path) => ({ name: path, bytes: readFileSync(path) }))];
  expect(places.flatMap(({ name, bytes }) => leaks(name, bytes, [...verifiers, ...states]))).toEqual([]);
  expect(leaks('an answer', Buffer.concat(wire.answers), verifiers)).toEqual([]);
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

test('neither the history of the window nor the address that it ends at holds a code or a state', async ({ greentick, owner }) => {
  const place = (await icons(owner)).find(({ status, network }) => status === 'not connected' && network === 'Chirper')!;
  const before = new Set((await greentick.sandbox.ledger()).authorizations.map(({ state }) => state));
  const popup = await clickRed(owner, place);
  const asked = (await greentick.sandbox.ledger()).authorizations.find(({ state }) => !before.has(state))!;
  // A window that a person keeps: one that ends with something to read.
  await greentick.sandbox.fault({ network: 'Chirper', down: true });
  await popup.getByRole('button', { name: 'Approve' }).click();
  await expect(popup.getByText('Chirper did not answer')).toBeVisible({ timeout: 20_000 });
  expect(new URL(popup.url()).pathname).toMatch(/^\/oauth\/finish\/[0-9a-f-]{36}$/);
  expect(new URL(popup.url()).search).toBe('');
  const devtools = await popup.context().newCDPSession(popup);
  const { entries } = await devtools.send('Page.getNavigationHistory');
  const ours = entries.map(({ url, userTypedURL }) => `${url} ${userTypedURL}`).filter((entry) => entry.includes(greentick.origin));
  expect(ours.length).toBeGreaterThan(0);
  for (const entry of ours) {
    expect(entry).not.toContain(CANARY);
    expect(entry).not.toContain(asked.state!);
  }
  for (const entry of entries) expect(entry.url, 'no code anywhere, the network’s own pages included').not.toMatch(/[?&]code=/);
  // An answer that nothing waits for is told where it arrives, so its address is cut.
  const lost = await popup.context().newPage();
  await lost.goto(`${greentick.origin}/oauth/callback/x?code=${CANARY}&state=s`);
  await expect(lost).toHaveURL(`${greentick.origin}/oauth/callback/x`);
  // Coming back to it tells the same, and asks the network for nothing.
  const requests = await greentick.sandbox.tokenRequests('Chirper');
  await popup.reload();
  await expect(popup.getByText('Chirper did not answer')).toBeVisible();
  expect(await greentick.sandbox.tokenRequests('Chirper')).toBe(requests);
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
