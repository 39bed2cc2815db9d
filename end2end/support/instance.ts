// An instance of one's own, as `greentick serve` makes it: nobody has set it up yet. The sandbox runs beside it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { BINARY, freePort, until } from './greentick.ts';
import { Sandbox } from './sandbox.ts';

export interface Instance {
  origin: string;
  setUpLink: string;
  sandbox: Sandbox;
}

/** Starts one with these settings more, and stops it when `use` is through. */
export async function withInstance(more: Record<string, string>, use: (instance: Instance) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'greentick-e2e-'));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const sandbox = new Sandbox(`http://localhost:${sandboxPort}`);
  const origin = `http://127.0.0.1:${port}`;
  const settings = {
    GREENTICK_BASE_URL: origin, GREENTICK_LISTEN: `127.0.0.1:${port}`, GREENTICK_DATA: data,
    GREENTICK_SANDBOX: sandbox.origin, ...more,
  };
  let said = '';
  const run = (args: string[], env = {}): ChildProcess => {
    const child = spawn(BINARY, args, { env: { ...process.env, ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    return child;
  };
  const children = [run(['sandbox', '--port', String(sandboxPort)]), run(['serve'], settings)];
  const link = () => /Set up:\s+(\S+)/.exec(said)?.[1] ?? '';
  try {
    await until('the terminal shows the link', async () => link() !== '', () => said);
    await until('the server is ready', () => fetch(`${origin}/readyz`).then((answer) => answer.ok, () => false), () => said);
    await use({ origin, setUpLink: link(), sandbox });
  } finally {
    for (const child of children) await ended(child);
    rmSync(data, { recursive: true, force: true });
  }
}

/** The first owner, who lands on the Pages tab. */
export async function setUp(page: Page, instance: Instance): Promise<void> {
  await page.goto(instance.setUpLink);
  await page.getByLabel('Name of the business').fill('Tidal Books');
  await page.getByLabel('Your name').fill('Robin Vale');
  await page.getByLabel('E-mail').fill('robin@tidal.example');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Create the workspace' }).click();
  await expect(page.getByRole('heading', { name: 'Account settings' })).toBeVisible();
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(patience);
}
