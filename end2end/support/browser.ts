// Which browser, and how it is started.

import { existsSync } from 'node:fs';

/** The system's Chromium: Playwright's own download is not needed. */
export function chromium(): string {
  const named = process.env.CHROMIUM;
  const found = named ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!found) throw new Error('Chromium is missing: run `make setup-test`, or name it in CHROMIUM.');
  return found;
}

export function flags(): string[] {
  // Nothing of the browser's own may go out: a test that passes only with the internet proves nothing.
  const quiet = [
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic',
  ];
  // Chromium refuses its sandbox to root.
  return process.getuid?.() === 0 ? [...quiet, '--no-sandbox'] : quiet;
}
