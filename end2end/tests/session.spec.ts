// Who is signed in, where, and for how long.

import { expect, signIn, test } from '../support/test.ts';
import { connect, expectStatus, isLive, redPage } from '../support/pages-tab.ts';

test('the right e-mail and password sign in, and a wrong one says so without saying which', async ({ page, greentick }) => {
  await signIn(page, greentick, 'not the password');
  await expect(page.getByText('The e-mail or the password is wrong.')).toBeVisible();
  await page.getByLabel('E-mail').fill('nobody@harbour.example');
  await page.getByLabel('Password').fill(greentick.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('The e-mail or the password is wrong.')).toBeVisible();
  await signIn(page, greentick);
  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/w/harbour-coffee/settings/pages');
});

test('without JavaScript, signing in works too', async ({ otherBrowser }) => {
  const page = await otherBrowser({ javaScriptEnabled: false });
  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
});

test('the sign-in link signs in once, lands on the Pages tab, and keeps its secret out of the address', async ({ page, browser, greentick }) => {
  await page.goto(greentick.signInLink);
  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
  expect(page.url()).toBe(greentick.pagesTab);
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(greentick.signInLink);
  await expect(stranger.getByRole('heading', { name: 'Account settings' })).toBeHidden();
  await stranger.goto(greentick.pagesTab);
  await expect(stranger.getByLabel('E-mail')).toBeVisible();
  await stranger.context().close();
});

test('a scanner that asks for the link’s head does not use it up', async ({ page, request, greentick }) => {
  await request.head(greentick.signInLink, { maxRedirects: 0, failOnStatusCode: false });
  await page.goto(greentick.signInLink);
  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
});

test('nobody who is not signed in sees anything', async ({ page, greentick }) => {
  await page.goto(greentick.pagesTab);
  await expect(page.getByLabel('E-mail')).toBeVisible();
  await expect(page.getByText('Bondi Beach')).toBeHidden();
  const events = await fetch(`${greentick.origin}/w/harbour-coffee/events`, { redirect: 'manual' });
  expect([401, 403, 404]).toContain(events.status);
});

test('the session cookie cannot be read by scripts and does not travel from other sites', async ({ owner }) => {
  const cookies = await owner.context().cookies();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie.httpOnly, cookie.name).toBe(true);
    expect(cookie.sameSite, cookie.name).not.toBe('None');
  }
  expect(await owner.evaluate(() => document.cookie)).toBe('');
});

test('each signed-in browser is listed, and ending one signs it out', async ({ owner, otherBrowser }) => {
  const other = await otherBrowser();
  await owner.getByRole('link', { name: 'Profile' }).click();
  await owner.reload();
  await expect(owner.getByText('this browser')).toBeVisible();
  await owner.getByRole('button', { name: /^Sign out there: Chrome on / }).click();
  await expect(owner.getByRole('button', { name: /^Sign out there/ })).toHaveCount(0);
  await other.reload();
  await expect(other.getByLabel('E-mail')).toBeVisible();
  await owner.reload();
  await expect(owner.getByRole('heading', { name: 'Account settings' })).toBeVisible();
});

test('signed out, the tab shows the sign-in page, and going back shows nothing', async ({ owner, greentick }) => {
  await owner.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(owner.getByLabel('E-mail')).toBeVisible();
  await owner.goto(greentick.pagesTab);
  await expect(owner.getByLabel('E-mail')).toBeVisible();
});

test('signing out ends the event stream of the session’s other tabs', async ({ owner, greentick }) => {
  const cookies = (await owner.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const stream = await fetch(`${greentick.origin}/w/harbour-coffee/events`, { headers: { cookie: cookies } });
  expect(stream.status).toBe(200);
  await owner.getByRole('button', { name: 'Sign out', exact: true }).click();
  const ended = (async () => { for await (const _ of stream.body!) void _; return 'ended'; })().catch(() => 'ended');
  const patience = new Promise((resolve) => setTimeout(resolve, 15_000, 'still open'));
  expect(await Promise.race([ended, patience])).toBe('ended');
});

test.describe('with a server that can restart', () => {
  test.use({ options: { canRestart: true } });

  test('a session survives a restart', async ({ owner, greentick }) => {
    await greentick.kill();
    await greentick.restart();
    await owner.goto(greentick.pagesTab);
    await isLive(owner);
    const place = await redPage(owner);
    await connect(owner, place, await greentick.sandbox.stranger(place.network));
    await expectStatus(owner, place, 'connected');
  });
});
