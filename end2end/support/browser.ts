// Which browsers, and how they are started.

import { existsSync } from 'node:fs';
import type { LaunchOptions } from '@playwright/test';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium: Playwright's own download is not needed. */
export function chromium() {
  const executablePath = find('Chromium', 'CHROMIUM', CHROMIUM);
  return { browserName: 'chromium', launchOptions: { executablePath, args: flags() } } as const;
}

/** The same engine without a browser's windows around it, where it is installed: it does a page with a third less work. */
export function chromiumShell() {
  const executablePath = find("Chromium's shell", 'CHROMIUM_SHELL', ['/usr/bin/chromium-headless-shell', process.env.CHROMIUM ?? '', ...CHROMIUM]);
  return { browserName: 'chromium', launchOptions: { executablePath, args: flags() } } as const;
}

/** The system's Firefox, as it is: Playwright's own is a patched one. */
export function firefox(preferences: LaunchOptions['firefoxUserPrefs'] = {}) {
  const executablePath = find('Firefox', 'FIREFOX', ['/usr/bin/firefox-esr', '/usr/bin/firefox']);
  const always = {
    // Nothing of the browser's own may go out.
    'network.captive-portal-service.enabled': false,
    'browser.safebrowsing.update.enabled': false,
    // Our servers are on loopback, which Firefox would keep from a proxy.
    'network.proxy.allow_hijacking_localhost': true,
  };
  // This channel is the one that speaks WebDriver BiDi.
  const channel = 'moz-firefox';
  return { browserName: 'firefox', channel, launchOptions: { executablePath, firefoxUserPrefs: { ...always, ...preferences } } } as const;
}

function find(name: string, variable: string, places: string[]): string {
  const found = process.env[variable] ?? places.find(existsSync);
  if (!found) throw new Error(`${name} is missing: run \`make setup-test\`, or name it in ${variable}.`);
  return found;
}

function flags(): string[] {
  // Nothing of the browser's own may go out: a test that passes only with the internet proves nothing.
  const quiet = [
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic',
  ];
  // Chromium refuses its sandbox to root.
  return process.getuid?.() === 0 ? [...quiet, '--no-sandbox'] : quiet;
}
