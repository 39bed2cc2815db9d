import { defineConfig } from '@playwright/test';
import { chromium, firefox } from './support/browser.ts';

const NOT_HERE = /AT-0[236]|link scanner|would lead our tab away/;

export default defineConfig({
  testDir: 'tests',
  // One more than the two cores of the machines that check this: a test mostly waits. Each has a server of its own.
  workers: 3,
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
    { name: 'chromium', use: chromium() },
    // What windows, streams and tabs do differs from engine to engine; the rest is the same HTML. Playwright drives
    // Debian's Firefox by WebDriver BiDi, so each test is written once. Not newer than 1.64: from 1.65 on it asks for a
    // command (emulation.setMediaFeaturesOverride) that Firefox 153 does not know, and puppeteer wants Node.js 22.
    {
      name: 'firefox',
      use: firefox(),
      testMatch: ['matrix', 'popups', 'opener', 'click', 'live'].map((name) => `${name}.spec.ts`),
      // What callbacks are refused is the server's to judge, and withholding one is not to be had by BiDi. A popup of
      // another site may not lead its opener away there anyhow, so the control proves nothing. Of the matrix twelve
      // cells: Firefox takes `noopener-allow-popups` for none. ALL_CELLS=1 runs all twenty.
      grepInvert: process.env.ALL_CELLS ? NOT_HERE : new RegExp(`${NOT_HERE.source}|noopener-allow-popups|focus cut`),
    },
  ],
});
