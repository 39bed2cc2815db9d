// The Pages tab as a person uses it: by roles and names.

import { expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { PEOPLE } from './sandbox.ts';

export type Status =
  | 'connected' | 'not connected' | 'connecting' | 'broken' | 'expiring' | 'partly connected' | 'network not answering';

/** A cell of the table. */
export interface Place {
  location: string;
  network: string;
}

export interface Icon extends Place {
  status: Status;
  /** What stands after the comma. */
  words: string;
}

/** Every icon on the page, by its accessible name. */
export async function icons(page: Page): Promise<Icon[]> {
  const tree = await page.getByRole('main').ariaSnapshot();
  const names = [...tree.matchAll(/button "([^"]+?) on ([^":]+): ([^",]+)(?:, ([^"]+))?"/g)];
  return names.map(([, location, network, status, words]) => ({ location, network, status: status as Status, words: words ?? '' }));
}

/** A page in this status, wherever the demo put it. */
export async function pageWith(page: Page, status: Status, wanted: { network?: string; words?: RegExp } = {}): Promise<Icon> {
  const fits = (icon: Icon) => icon.status === status
    && (!wanted.network || icon.network === wanted.network) && (!wanted.words || wanted.words.test(icon.words));
  await expect(page.getByRole('button', { name: / on \w+: / }).first()).toBeVisible();
  const all = await icons(page);
  const found = all.find(fits);
  if (!found) throw new Error(`No page is ${status} ${JSON.stringify(wanted)} among ${JSON.stringify(all)}`);
  return found;
}

/** A red page on a network that always asks, so that a popup waits for its person. */
export async function redPage(page: Page): Promise<Icon> {
  const all = (await icons(page)).filter((icon) => icon.status === 'not connected');
  const found = all.find((icon) => icon.network === 'Chirper') ?? all.find((icon) => icon.network === 'Linkwork') ??
    all.find((icon) => icon.network === 'Pagebook');
  if (!found) throw new Error(`No page is not connected: ${JSON.stringify(await icons(page))}`);
  return found;
}

export function icon(page: Page, { location, network }: Place): Locator {
  return page.getByRole('button', { name: new RegExp(`^${location} on ${network}: `) });
}

/** Clicks the icon as a person does: in the tab that they see. A tab behind another one has no animation frames. */
export async function press(page: Page, place: Place): Promise<void> {
  await page.bringToFront();
  await icon(page, place).click();
}

export async function expectStatus(page: Page, place: Place, status: Status, words = '', timeout = 5_000): Promise<void> {
  const name = `${place.location} on ${place.network}: ${status}`;
  const whole = words ? new RegExp(`^${name}, ${words}$`) : new RegExp(`^${name}(, .+)?$`);
  await expect(icon(page, place)).toHaveAccessibleName(whole, { timeout });
}

/** Opens the tab and waits until it listens: only then does a change need no reload. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await isLive(page);
}

export async function isLive(page: Page): Promise<void> {
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 20_000 });
}

export async function isReconnecting(page: Page): Promise<void> {
  await expect(page.getByText('Reconnecting', { exact: true })).toBeVisible({ timeout: 20_000 });
}

// ── The popup ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Does what opens a window and waits until that window asks its person. */
export async function popupOf(context: BrowserContext, network: string, act: () => Promise<unknown>): Promise<Page> {
  // Not `page.waitForEvent('popup')`: a window that was disowned or opened without script has no opener to report it.
  const [popup] = await Promise.all([context.waitForEvent('page'), act()]);
  await expect(popup.getByRole('heading', { level: 1, name: network, exact: true })).toBeVisible();
  return popup;
}

export function clickRed(page: Page, place: Place): Promise<Page> {
  return popupOf(page.context(), place.network, () => press(page, place));
}

/** The person says who they are, approves, and the window closes by itself. */
export async function approve(popup: Page, person: string): Promise<void> {
  await popup.getByRole('radio', { name: PEOPLE[person] }).check();
  await closedBy(popup, () => popup.getByRole('button', { name: 'Approve' }).click());
}

export async function cancel(popup: Page): Promise<void> {
  await closedBy(popup, () => popup.getByRole('button', { name: 'Cancel' }).click());
}

async function closedBy(popup: Page, act: () => Promise<void>): Promise<void> {
  const closed = popup.waitForEvent('close');
  // The window may be gone before the click has heard of its own success.
  await Promise.all([closed, act().catch((error: unknown) => { if (!popup.isClosed()) throw error; })]);
}

export async function connect(page: Page, place: Place, person: string): Promise<void> {
  await approve(await clickRed(page, place), person);
  await expectStatus(page, place, 'connected');
}

// ── The dialog ──────────────────────────────────────────────────────────────────────────────────────────────────────

export async function askToDisconnect(page: Page, place: Place): Promise<Locator> {
  await press(page, place);
  const dialog = page.getByRole('dialog', { name: `Disconnect ${place.location} from ${place.network}?` });
  await expect(dialog).toBeVisible();
  return dialog;
}

export async function disconnect(page: Page, place: Place): Promise<void> {
  const dialog = await askToDisconnect(page, place);
  await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expectStatus(page, place, 'not connected');
}
