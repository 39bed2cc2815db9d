// Watches a tab the whole time: each status that an icon ever showed, and each sentence that was ever said.

import type { BrowserContext, Page } from '@playwright/test';
import type { Place } from './pages-tab.ts';

interface Seen {
  /** When, by this machine's clock. */
  at: number;
  /** The whole name of an icon, or a sentence. */
  text: string;
  isIcon: boolean;
}

/** In every page that this browser opens from here on. */
export async function watch(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const seen: Seen[] = [];
    const sentences = new WeakSet<Element>();
    const icons = new Map<string, string>();
    new MutationObserver(() => {
      for (const button of document.querySelectorAll('button[aria-label]')) {
        const text = button.getAttribute('aria-label')!;
        const page = text.split(': ')[0];
        if (icons.get(page) !== text) seen.push({ at: Date.now(), text, isIcon: true });
        icons.set(page, text);
      }
      for (const sentence of document.querySelectorAll('[aria-live] p')) {
        if (!sentences.has(sentence)) seen.push({ at: Date.now(), text: sentence.textContent!, isIcon: false });
        sentences.add(sentence);
      }
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label'] });
    Object.assign(window, { seen });
  });
}

const seen = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen[] }).seen);

/** The statuses that the icon showed, one after the other, since the tab was loaded. */
export async function shown(page: Page, { location, network }: Place): Promise<{ at: number; status: string }[]> {
  const name = `${location} on ${network}: `;
  const own = (await seen(page)).filter(({ isIcon, text }) => isIcon && text.startsWith(name));
  return own.map(({ at, text }) => ({ at, status: text.slice(name.length).split(',')[0] }));
}

/** Every sentence that was said aloud since the tab was loaded; of one page, or of all. */
export async function said(page: Page, place?: Place): Promise<string[]> {
  const about = place ? `${place.location} on ${place.network}` : '';
  return (await seen(page)).filter(({ isIcon, text }) => !isIcon && text.includes(about)).map(({ text }) => text);
}
