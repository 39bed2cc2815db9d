import { defineConfig } from '@playwright/test';
import { chromium, chromiumShell, firefox } from './support/browser.ts';

// Of the matrix each policy and each cut once; every cell by `make soak`.
const CELLS = 'policy (none, the stream|same-origin, all but|same-origin-allow-popups, the handle|noopener-allow-popups, the channel|none, focus)';
const ALL = /./;
const A_QUARTER = new RegExp(['AT-18', 'AT-19', 'nine minutes', 'left open and looking closed', 'not disturb each other', CELLS].join('|'));
const ALL_BUT_CELLS = new RegExp(`^(?!.*AT-17: opener)|${CELLS}`);
const NOT_HERE = /AT-0[236]|link scanner|would lead our tab away/;

const files = (names: string[]) => names.map((name) => `${name}.spec.ts`);
/** What is about windows, streams or several tabs. */
const OF_WINDOWS = files([
  'click', 'form-post', 'live', 'matrix', 'opener', 'picker', 'popup', 'popups', 'rules', 'secrets', 'session',
]);

export default defineConfig({
  testDir: 'tests',
  // Two, because the machines that check this have two cores, and every test has a server of its own.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 5_000 },
  reporter: 'list',
  use: {
    headless: true,
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    screenshot: 'only-on-failure',
    locale: 'en-AU',
  },
  projects: [
    { name: 'chromium', use: chromium(), testMatch: OF_WINDOWS, grep: process.env.ALL_CELLS ? ALL : ALL_BUT_CELLS },
    // The rest, by the same engine without a browser around it: that takes a third less time.
    { name: 'chromium-shell', use: chromiumShell(), testIgnore: OF_WINDOWS },
    // What windows, streams and tabs do differs from engine to engine; the rest is the same HTML. Playwright drives
    // Debian's Firefox by WebDriver BiDi, so each test is written once. Not newer than 1.64: from 1.65 on it asks for a
    // command (emulation.setMediaFeaturesOverride) that Firefox 153 does not know, and puppeteer wants Node.js 22.
    {
      name: 'firefox',
      use: firefox(),
      testMatch: files(['matrix', 'popups', 'opener', 'click', 'live']),
      // What callbacks are refused is the server's to judge, and withholding one is not to be had by BiDi. A popup of
      // another site may not lead its opener away there anyhow, so that control proves nothing.
      grepInvert: NOT_HERE,
      // All of the rest by `make soak`; a quarter of it each time.
      grep: process.env.ALL_CELLS ? ALL : A_QUARTER,
    },
  ],
});
