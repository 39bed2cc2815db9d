// A test's world: a server of its own, and browsers that are signed in.

import { test as base, expect, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';
import { firefox } from './browser.ts';
import { Greentick, type Options } from './greentick.ts';
import { isLive } from './pages-tab.ts';

interface Fixtures {
  /** How the server is started; set with `test.use`. */
  options: Options;
  greentick: Greentick;
  /** The owner's Pages tab, listening. */
  owner: Page;
  /** Another browser in which the owner is signed in, by e-mail and password. */
  otherBrowser: (options?: BrowserContextOptions) => Promise<Page>;
  /** The owner's Pages tab where no script runs. */
  withoutJavaScript: Page;
}

export const test = base.extend<Fixtures>({
  options: [{}, { option: true }],

  greentick: async ({ options }, use, info) => {
    const greentick = await Greentick.start(options);
    await use(greentick);
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: greentick.log });
    await greentick.stop();
  },

  owner: async ({ greentick, page }, use) => {
    await page.goto(greentick.signInLink);
    await isLive(page);
    expect(page.url()).toBe(greentick.pagesTab);
    await use(page);
  },

  otherBrowser: async ({ greentick, browser }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (options) => {
      const page = await signedIn(browser, greentick, options);
      opened.push(page.context());
      return page;
    });
    for (const context of opened) await context.close();
  },

  withoutJavaScript: async ({ browserName, greentick, browser, playwright }, use) => {
    // Firefox has this switch for itself, not for a page.
    const { channel, launchOptions } = firefox({ 'javascript.enabled': false });
    const own = browserName === 'firefox' ? await playwright.firefox.launch({ channel, ...launchOptions }) : undefined;
    const context = await (own ?? browser).newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(greentick.signInLink);
    await use(page);
    await context.close();
    await own?.close();
  },
});

export { expect };

export async function signIn(page: Page, greentick: Greentick, password = greentick.password): Promise<void> {
  await page.goto(greentick.origin);
  await page.getByLabel('E-mail').fill(greentick.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signedIn(browser: Browser, greentick: Greentick, options?: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-AU', ...options });
  const page = await context.newPage();
  await signIn(page, greentick);
  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
  if (options?.javaScriptEnabled !== false) await isLive(page);
  return page;
}
