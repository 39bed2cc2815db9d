// A workspace of ten thousand pages: what the server takes for the first HTML, and what a person waits for in the tab.

import { performance } from 'node:perf_hooks';
import { Demo, launch, milliseconds, quantile, report } from './tools.mjs';

/** Three networks each, and the demo's own: 10,021 pages. */
const LOCATIONS = 3_334;
// A task of 50 ms is what a person notices while typing; in a burst nobody waits for an answer longer than 100 ms.
const LIMITS = { html: 100, answer: 50, task: 50, burst: 100, settled: 1_000 };
const RUNS = 30;
const CHANGES = 1_000;
const AT_ONCE = 8;
/** The sandbox forgets at its end; the keeper is not to find that out while something is measured. */
const NO_CHECKS = ['--check-interval', '1000000'];
/** Until all rows are drawn. */
const SETTLES = 400;

export async function size() {
  const demo = await Demo.start(['--locations', String(LOCATIONS), ...NO_CHECKS]);
  const browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const tab = await demo.signIn(context);
  await firstHtml(tab);
  await choosing(tab);
  await scrolling(tab);
  await burst(tab, demo);
  await browser.close();
  await demo.leave();
  await afterRestart(demo.folder);
}

/** The whole answer, over loopback: a little more than the server's own time. */
async function firstHtml(tab) {
  const [session] = (await tab.context().cookies()).filter(({ name }) => name.endsWith('-sid'));
  const headers = { accept: 'text/html', cookie: `${session.name}=${session.value}` };
  const times = [];
  let length = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const began = performance.now();
    const answer = await fetch(tab.url(), { headers });
    length = (await answer.arrayBuffer()).byteLength;
    times.push(performance.now() - began);
    if (answer.status !== 200) throw new Error(`The Pages tab answers ${answer.status}.`);
  }
  report(`first HTML of 10,021 pages (${Math.round(length / 1000)} kB), p95 of ${RUNS}`, quantile(times, 0.95), LIMITS.html, milliseconds, 'size');
}

/** A new process has read nothing yet. */
async function afterRestart(folder) {
  const demo = await Demo.start(NO_CHECKS, folder);
  const signedIn = await fetch(demo.link, { redirect: 'manual' });
  const headers = { accept: 'text/html', cookie: signedIn.headers.getSetCookie()[0].split(';')[0] };
  const began = performance.now();
  const answer = await fetch(`${demo.origin}/w/harbour-coffee/settings/pages`, { headers });
  await answer.arrayBuffer();
  const took = performance.now() - began;
  if (answer.status !== 200) throw new Error(`The Pages tab answers ${answer.status}.`);
  report('first HTML of 10,021 pages, the first after a restart', took, LIMITS.html, milliseconds, 'size');
  await demo.stop();
}

/** From the keystroke or the click to the frame after the first rows have changed; the rest follows frame by frame. */
async function choosing(tab) {
  const [search, filter] = [[], []];
  const longest = await longestTask(tab, async () => {
    for (let run = 0; run < RUNS; run += 1) {
      // In turn a search that finds a few, and one that finds hundreds.
      search.push(await tab.evaluate(typed, run % 2 ? 'newtown' : `coogee ${100 + run}`));
      await tab.waitForTimeout(SETTLES);
    }
    await tab.evaluate(typed, '');
    await tab.waitForTimeout(SETTLES);
    for (let run = 0; run < RUNS; run += 1) {
      filter.push(await tab.evaluate(pressed, run % 2 ? 'all' : 'connected'));
      await tab.waitForTimeout(SETTLES);
    }
  });
  report(`search among 10,021 pages, p95 of ${RUNS}`, quantile(search, 0.95), LIMITS.answer, milliseconds, 'size');
  report(`filter of 10,021 pages, p95 of ${RUNS}`, quantile(filter, 0.95), LIMITS.answer, milliseconds, 'size');
  report('searching and filtering: the longest task in the trace', longest, LIMITS.task, milliseconds, 'size');
}

/** In the page. Not by the browser's input pipeline, which the driver makes slower. */
async function typed(text) {
  const field = document.querySelector('input[type=search]');
  const first = () => document.querySelector('tbody th')?.firstChild?.textContent;
  const before = first();
  const began = performance.now();
  const drawn = new Promise((tell) => {
    const observer = new MutationObserver(() => {
      if (first() === before) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(tell));
    });
    observer.observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
  });
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await drawn;
  return performance.now() - began;
}

async function pressed(show) {
  const rows = () => document.querySelectorAll('tbody tr').length;
  const before = rows();
  const began = performance.now();
  const drawn = new Promise((tell) => {
    const observer = new MutationObserver(() => {
      if (rows() === before) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(tell));
    });
    observer.observe(document.querySelector('main'), { subtree: true, childList: true });
  });
  document.querySelector(`button[name=show][value=${show}]`).click();
  await drawn;
  return performance.now() - began;
}

/** The wheel, down and up; the longest task that the page's main thread had meanwhile, as Chromium's trace says. */
async function scrolling(tab) {
  await tab.evaluate(typed, ' 1');
  await tab.waitForTimeout(SETTLES);
  await tab.mouse.move(600, 500);
  const longest = await longestTask(tab, async () => {
    for (let step = 0; step < 120; step += 1) {
      await tab.mouse.wheel(0, step < 60 ? 90 : -90);
      await tab.waitForTimeout(16);
    }
  });
  report('scrolling: the longest task in the trace', longest, LIMITS.task, milliseconds, 'size');
}

/** A thousand pages are added; the tab shows some of them, and counts all. */
async function burst(tab, demo) {
  const places = await placesWithout(tab, demo);
  const all = () => tab.evaluate(() => Number(document.querySelector('button[name=show][value=all] b').textContent));
  const wanted = (await all()) + CHANGES;
  let settled = 0;
  const longest = await longestTask(tab, async () => {
    const post = (location) => tab.context().request.post(`${demo.origin}/api/pages/add`, {
      headers: { origin: demo.origin, accept: 'application/json' }, form: { location, network: 'hush' },
    });
    for (let from = 0; from < CHANGES; from += AT_ONCE) {
      const answers = await Promise.all(places.slice(from, Math.min(from + AT_ONCE, CHANGES)).map(post));
      for (const answer of answers) if (!answer.ok()) throw new Error(`Adding a page answers ${answer.status()}.`);
    }
    const began = performance.now();
    while ((await all()) !== wanted) await tab.waitForTimeout(5);
    settled = performance.now() - began;
  });
  report(`${CHANGES} changes: the longest task in the trace`, longest, LIMITS.burst, milliseconds, 'size');
  report(`${CHANGES} changes: from the last one to the right count`, settled, LIMITS.settled, milliseconds, 'size');
}

async function placesWithout(tab, demo) {
  const places = [];
  const slug = new URL(tab.url()).pathname.split('/')[2];
  // The names end in numbers: "1" finds those that are shown and far more.
  for (let from = 0; places.length < CHANGES; from += 50) {
    const answer = await tab.context().request.post(`${demo.origin}/api/pages/board`, {
      headers: { origin: demo.origin, accept: 'application/json' },
      form: { workspace: slug, q: ' 1', show: 'all', from, shown: '' },
    });
    const board = await answer.json();
    const taken = new Set(board.pages.filter(({ network }) => network === 'hush').map(({ location }) => location));
    places.push(...board.locations.map(({ id }) => id).filter((id) => !taken.has(id)));
  }
  return places;
}

/** Milliseconds of the longest task on the page's main thread while `act` ran. */
async function longestTask(tab, act) {
  const session = await tab.context().newCDPSession(tab);
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel'] },
  });
  await act();
  const complete = new Promise((tell) => session.once('Tracing.tracingComplete', tell));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const names = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const mains = new Set(names.map(({ pid, tid }) => `${pid}.${tid}`));
  const tasks = events.filter(({ name, pid, tid }) => name === 'RunTask' && mains.has(`${pid}.${tid}`));
  if (tasks.length === 0) throw new Error('The trace has no task of the page.');
  return Math.max(...tasks.map(({ dur }) => (dur ?? 0) / 1_000));
}
