// The sandbox networks, seen from outside: their ledger is the judge, their faults are ours to switch on.

import type { Page } from '@playwright/test';

export interface Grant {
  id: string | number;
  network: string;
  person: string;
  client_id: string;
  alive: boolean;
}

export interface Token {
  value: string;
  kind: 'code' | 'access' | 'refresh' | 'page';
  network: string;
  presented: number;
}

export interface Asked {
  network: string;
  endpoint: string;
  status: number;
  code_verifier: string | null;
}

export interface Ledger {
  grants: Grant[];
  tokens: Token[];
  requests: Asked[];
  authorizations: { network: string; state: string | null; redirect_uri: string }[];
  /** What browsers told the authorization endpoints about where they came from. */
  referers: { network: string; referer: string }[];
}

export interface Fault {
  network: string;
  person?: string;
  expires_in?: number;
  coop?: 'same-origin' | 'same-origin-allow-popups' | 'noopener-allow-popups';
  down?: boolean;
  delay_ms?: number;
  iss?: 'wrong' | 'missing';
  iss_value?: string;
  iss_twice?: boolean;
  state?: 'wrong' | 'missing';
  token_error?: string;
  answer?: Record<string, unknown>;
  response_mode?: 'query' | 'form_post';
  /** Pages that the list of accounts does not show any more. */
  lost_pages?: string[] | null;
}

/** Who lives there, the same on every network. */
export const PEOPLE: Record<string, string> = {
  ada: 'Ada Lane',
  ben: 'Ben Okafor',
  cleo: 'Cleo Marsh',
  dan: 'Dan Ito',
  eve: 'Eve Novak',
  finn: 'Finn Reyes',
};

// On Pagebook a person's pages are asked for one by one; these look after exactly one.
const ONE_PAGE_ON_PAGEBOOK = ['cleo', 'dan', 'ben'];

export class Sandbox {
  readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  answers(): Promise<boolean> {
    return fetch(`${this.origin}/ledger`).then((answer) => answer.ok, () => false);
  }

  async ledger(): Promise<Ledger> {
    return (await this.call('GET', '/ledger')).json() as Promise<Ledger>;
  }

  /** How many living permissions a person gave at a network. */
  async alive(network: string, person: string): Promise<number> {
    const { grants } = await this.ledger();
    return grants.filter((grant) => is(grant, network) && grant.person === person && grant.alive).length;
  }

  /** How often the network's token endpoint was asked. */
  async tokenRequests(network: string): Promise<number> {
    const { requests } = await this.ledger();
    return requests.filter((asked) => is(asked, network) && /token$/.test(asked.endpoint)).length;
  }

  /** Somebody who gave no permission at this network, so that one that they give hangs on one page alone. */
  async stranger(network: string, except: string[] = []): Promise<string> {
    const { grants } = await this.ledger();
    const known = new Set(grants.filter((grant) => is(grant, network) && grant.alive).map((grant) => grant.person));
    const all = network === 'Pagebook' ? ONE_PAGE_ON_PAGEBOOK : Object.keys(PEOPLE).reverse();
    const found = all.find((person) => !known.has(person) && !except.includes(person));
    if (!found) throw new Error(`Everybody at ${network} gave a permission already.`);
    return found;
  }

  async fault(fault: Fault): Promise<void> {
    await this.call('POST', '/faults', { ...fault, network: fault.network.toLowerCase() });
  }

  async faultsOff(): Promise<void> {
    await this.call('DELETE', '/faults');
  }

  async changePassword(network: string, person: string): Promise<void> {
    await this.call('POST', `/people/${person}/password?network=${network.toLowerCase()}`);
  }

  /** A person removes the permission in the network's own list of apps. */
  async removeApp(page: Page, network: string, person: string): Promise<void> {
    await page.goto(`${this.origin}/apps`);
    await page.getByRole('button', { name: `Remove Greentick from ${PEOPLE[person]}'s ${network}` }).click();
    await page.getByText('No app has a permission here.').waitFor();
  }

  private async call(method: string, path: string, body?: unknown): Promise<Response> {
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(this.origin + path, { method, ...json });
    if (!answer.ok) throw new Error(`${method} ${path} at the sandbox: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

function is(row: { network: string }, network: string): boolean {
  return row.network.toLowerCase() === network.toLowerCase();
}
