// Measures the release build. Each line: what, the number, its limit, and the command that measures it alone.
//
//   node benches/bench.mjs            everything
//   node benches/bench.mjs sizes      one of: sizes, start, live, memory, size

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { size } from './at-size.mjs';
import {
  BINARY, Demo, answers, asSent, end, freePort, kilobytes, launch, megabytes, milliseconds, quantile, redName, report,
} from './tools.mjs';

const LIMITS = { wasm: 250_000, javascript: 30_000, css: 20_000, start: 1_000, live: 300, memory: 100_000_000 };
const CONNECTS = 30;
const STARTS = 5;

// ── The measures ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a browser downloads, as sent with Brotli. */
async function sizes() {
  const demo = await Demo.start();
  const files = await demo.files();
  const sum = async (ending) => {
    const answers = await Promise.all(files.filter((path) => path.endsWith(ending)).map((path) => asSent(demo.origin + path)));
    for (const { encoding, path } of answers) if (encoding !== 'br') throw new Error(`${path} is sent without Brotli`);
    return answers.reduce((all, { bytes }) => all + bytes, 0);
  };
  report('WebAssembly, Brotli', await sum('.wasm'), LIMITS.wasm, kilobytes, 'sizes');
  report('JavaScript, Brotli', await sum('.js'), LIMITS.javascript, kilobytes, 'sizes');
  report('CSS, Brotli', await sum('.css'), LIMITS.css, kilobytes, 'sizes');
  await demo.stop();
}

/** From the command to the first answer of /healthz, with a new database and with an old one. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'greentick-bench-'));
  const times = [];
  for (let run = 0; run <= STARTS; run += 1) times.push(await oneStart(folder));
  rmSync(folder, { recursive: true });
  report('start to first answer, new database', times[0], LIMITS.start, milliseconds, 'start');
  report(`start to first answer, median of ${STARTS}`, quantile(times.slice(1), 0.5), LIMITS.start, milliseconds, 'start');
}

async function oneStart(folder) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const settings = { GREENTICK_DATA: folder, GREENTICK_LISTEN: `127.0.0.1:${port}`, GREENTICK_BASE_URL: origin };
  const began = performance.now();
  const server = spawn(BINARY, ['serve'], { env: { ...process.env, ...settings }, stdio: 'ignore' });
  await answers(origin, server);
  const took = performance.now() - began;
  await end(server);
  return took;
}

/** From the callback's arrival (the popup asks for it) to the changed icon in another tab. */
async function live() {
  const demo = await Demo.start();
  const browser = await launch();
  const context = await browser.newContext();
  const tab = await demo.signIn(context);
  const other = await context.newPage();
  await other.goto(tab.url());
  await other.getByText('Live', { exact: true }).waitFor();
  const name = await redName(tab);
  const icons = await watch(other, name);
  const times = [];
  for (let run = 0; run < CONNECTS; run += 1) times.push(await oneConnect(tab, icons, name));
  await browser.close();
  await demo.stop();
  report(`callback to icon in another tab, median of ${CONNECTS}`, quantile(times, 0.5), LIMITS.live, milliseconds, 'live');
  report(`callback to icon in another tab, p95 of ${CONNECTS}`, quantile(times, 0.95), LIMITS.live, milliseconds, 'live');
}

async function oneConnect(tab, icons, name) {
  const icon = tab.getByRole('button', { name: new RegExp(`^${name}: `) });
  // A tab behind another one gets no animation frames, and a click waits for them.
  await tab.bringToFront();
  const [popup] = await Promise.all([tab.context().waitForEvent('page'), icon.click()]);
  const called = popup.waitForRequest(/\/oauth\/callback\//).then((request) => ({ request, seen: Date.now() }));
  const green = icons.next('green');
  await popup.getByRole('radio').last().check();
  await popup.getByRole('button', { name: 'Approve' }).click({ noWaitAfter: true });
  const { request, seen } = await called;
  const changed = await green;
  const began = request.timing().startTime;
  const red = icons.next('red');
  await disconnect(tab, name);
  await red;
  return changed - (began > 0 ? Math.min(began, seen) : seen);
}

async function disconnect(tab, name) {
  const [location, network] = name.split(' on ');
  await tab.bringToFront();
  await tab.getByRole('button', { name: `${name}: connected` }).click();
  const dialog = tab.getByRole('dialog', { name: `Disconnect ${location} from ${network}?` });
  await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await tab.getByRole('button', { name: `${name}: not connected` }).waitFor();
}

/**
 * Tells when the icon changes, to the moment. The page calls out by itself: a tab behind a popup gets no animation
 * frames and slow timers, so asking it again and again would measure the asking.
 */
async function watch(page, name) {
  const waiting = { green: [], red: [] };
  await page.exposeFunction('iconIs', (colour, at) => waiting[colour].splice(0).forEach((tell) => tell(at)));
  await page.evaluate((wanted) => {
    let last = 'red';
    const look = () => {
      const labels = [...document.querySelectorAll('[aria-label]')].map((element) => element.ariaLabel);
      const colour = labels.includes(`${wanted}: connected`) ? 'green' : 'red';
      if (colour !== last) globalThis.iconIs(colour, performance.timeOrigin + performance.now());
      last = colour;
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  }, name);
  return { next: (colour) => new Promise((tell) => waiting[colour].push(tell)) };
}

/** The server's memory, idle, with one tab open. */
async function memory() {
  const demo = await Demo.start();
  const browser = await launch();
  await demo.signIn(await browser.newContext());
  await pause(3_000);
  const kilobytesResident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${demo.server.pid}/status`, 'utf8'))[1]);
  await browser.close();
  await demo.stop();
  report('memory idle (demo: server and sandbox in one)', kilobytesResident * 1024, LIMITS.memory, megabytes, 'memory');
}

// ── What was asked for ──────────────────────────────────────────────────────────────────────────────────────────────

const parts = { sizes, start, live, memory, size };
const asked = process.argv.slice(2);
for (const name of asked.length ? asked : Object.keys(parts)) {
  if (!parts[name]) throw new Error(`There is no measure "${name}"; there are ${Object.keys(parts).join(', ')}.`);
  await parts[name]();
}
