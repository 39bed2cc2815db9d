// Changes without a window: one after the other, as fast as the server makes them, by the requests that a browser sends.

import { expect, type APIRequestContext, type Page } from '@playwright/test';
import type { Greentick } from './greentick.ts';
import { connect, disconnect, expectStatus, type Place } from './pages-tab.ts';

interface Board {
  locations: { id: string; name: string }[];
  pages: { id: string; location: string; network: string }[];
}

// On Hush nobody is asked a second time, so a page is connected by following redirects.
const PLACES: Place[] = [{ location: 'Surry Hills', network: 'Hush' }, { location: 'Manly Wharf', network: 'Hush' }];

export class Changes {
  /** What a screen reader must have heard, in order. */
  readonly told: string[] = [];
  private readonly pages: string[];
  private readonly request: APIRequestContext;
  private readonly greentick: Greentick;
  readonly person: string;
  private made = 0;
  private last: Promise<void> = Promise.resolve();

  private constructor(page: Page, greentick: Greentick, pages: string[], person: string) {
    [this.request, this.greentick, this.pages, this.person] = [page.context().request, greentick, pages, person];
  }

  /** Both pages are red to begin with, and this browser is known at Hush. */
  static async on(page: Page, greentick: Greentick): Promise<Changes> {
    const person = await greentick.sandbox.stranger('Hush');
    await disconnect(page, PLACES[1]);
    await connect(page, PLACES[0], person);
    await disconnect(page, PLACES[0]);
    for (const place of PLACES) await expectStatus(page, place, 'not connected');
    const { request } = page.context();
    const headers = { origin: greentick.origin, accept: 'application/json' };
    const answer = await request.post(`${greentick.origin}/api/pages/board`, { headers, form: { workspace: 'harbour-coffee', q: '', show: 'all', from: '0', shown: '' } });
    const { locations, pages } = await answer.json() as Board;
    const idOf = ({ location, network }: Place) => {
      const row = locations.find(({ name }) => name === location);
      return pages.find((one) => one.location === row?.id && one.network === network.toLowerCase())!.id;
    };
    return new Changes(page, greentick, PLACES.map(idOf), person);
  }

  /** Whether one of the pages is connected now. */
  get isAnyConnected(): boolean {
    return this.made % 4 !== 0;
  }

  /** One connects, the other connects, one disconnects, the other disconnects, and so on. */
  next(): Promise<void> {
    this.last = this.last.then(() => this.make());
    return this.last;
  }

  private async make(): Promise<void> {
    const which = this.made % 2;
    const connects = this.made % 4 < 2;
    await (connects ? this.connect(this.pages[which]) : this.disconnect(this.pages[which]));
    this.made += 1;
    this.told.push(`${PLACES[which].location} on Hush is ${connects ? 'connected' : 'not connected'}`);
  }

  private async connect(page: string): Promise<void> {
    const start = await this.post(`/connect/${page}`, {});
    const link = /href="(http[^"]+\/hush\/[^"]+)"/.exec(start)![1].replaceAll('&amp;', '&');
    const ended = await this.request.get(link);
    expect(await ended.text()).toContain('on Hush is connected');
  }

  private async disconnect(page: string): Promise<void> {
    await this.post('/api/pages/disconnect', { page });
  }

  private async post(path: string, form: Record<string, string>): Promise<string> {
    const headers = { origin: this.greentick.origin, accept: 'application/json' };
    const answer = await this.request.post(this.greentick.origin + path, { headers, form });
    expect(answer.status(), path).toBe(200);
    return answer.text();
  }
}
