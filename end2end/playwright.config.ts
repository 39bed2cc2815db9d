import { defineConfig } from '@playwright/test';
import { flags, chromium } from './support/browser.ts';

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
    browserName: 'chromium',
    headless: true,
    launchOptions: { executablePath: chromium(), args: flags() },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    screenshot: 'only-on-failure',
    locale: 'en-AU',
  },
});
