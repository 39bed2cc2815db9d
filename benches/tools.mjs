// The demo under measure, the browser, and how a number is told.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
export const BINARY = process.env.GREENTICK ?? join(ROOT, 'target/release/greentick');
const { chromium } = createRequire(join(ROOT, 'end2end/'))('@playwright/test');

export class Demo {
  /** With more arguments, and in a folder that another demo left. */
  static async start(more = [], folder = mkdtempSync(join(tmpdir(), 'greentick-bench-'))) {
    const demo = new Demo();
    demo.folder = folder;
    demo.server = spawn(BINARY, ['demo', '--port', '0', '--sandbox-port', '0', '--data', demo.folder, ...more], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    demo.server.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    while (!/Sandbox:/.test(said) || !/Sign in:\s+\S+\n/.test(said)) {
      if (demo.server.exitCode !== null) throw new Error(`The demo ended:\n${said}`);
      await pause(20);
    }
    demo.link = /Sign in:\s+(\S+)/.exec(said)[1];
    demo.origin = new URL(demo.link).origin;
    await answers(demo.origin, demo.server);
    return demo;
  }

  /** The pages tab, live. */
  async signIn(context) {
    const page = await context.newPage();
    await page.goto(this.link);
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }

  /** The site's files that the first page names. */
  async files() {
    const html = await (await fetch(this.origin, { headers: { accept: 'text/html' } })).text();
    const named = [...html.matchAll(/\/pkg[\w-]*\/[\w.-]+\.(?:js|wasm|css)/g)].map(([path]) => path);
    return [...new Set(named)];
  }

  async stop() {
    await this.leave();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends it and leaves its data. */
  async leave() {
    await end(this.server);
  }
}

export function launch() {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];
  const args = process.getuid?.() === 0 ? [...quiet, '--no-sandbox'] : quiet;
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

export async function redName(page) {
  const red = page.getByRole('button', { name: / on (Chirper|Linkwork): not connected$/ }).first();
  return (await red.getAttribute('aria-label')).replace(': not connected', '');
}

// ── Small tools ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Not `fetch`: it decompresses before anybody can count. */
export async function asSent(address) {
  const [answer] = await once(get(address, { headers: { 'accept-encoding': 'br' } }), 'response');
  if (answer.statusCode !== 200) throw new Error(`${address} answers ${answer.statusCode}`);
  let bytes = 0;
  for await (const chunk of answer) bytes += chunk.length;
  return { bytes, encoding: answer.headers['content-encoding'], path: address };
}

export async function answers(origin, server) {
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(2)) {
    if (server.exitCode !== null) throw new Error(`The server ended with code ${server.exitCode}.`);
    if (await fetch(`${origin}/healthz`).then((answer) => answer.ok, () => false)) return;
  }
  throw new Error(`${origin}/healthz did not answer within 30 seconds.`);
}

export async function end(server) {
  const gone = once(server, 'exit');
  server.kill('SIGTERM');
  await Promise.race([gone, pause(5_000).then(() => server.kill('SIGKILL'))]);
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** The smallest value that this share of all values does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export function kilobytes(bytes) { return `${(bytes / 1000).toFixed(1)} kB`; }
export function megabytes(bytes) { return `${(bytes / 1e6).toFixed(1)} MB`; }
export function milliseconds(time) { return `${time.toFixed(0)} ms`; }

export function report(what, number, limit, unit, part) {
  const within = number <= limit;
  if (!within) process.exitCode = 1;
  const verdict = within ? 'within' : 'OVER';
  console.log(`${what}: ${unit(number)} of at most ${unit(limit)} (${Math.round((number / limit) * 100)} %, ${verdict})   node benches/bench.mjs ${part}`);
}
