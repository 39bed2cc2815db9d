// An OpenID provider that nobody here wrote (npm `oidc-provider`), as strict as it comes: PKCE demanded, `iss` in every
// answer, rotating refresh tokens. And a `greentick serve` that knows it by a definition file and nothing else.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Provider from 'oidc-provider';
import { BINARY, freePort, until } from './greentick.ts';

const definition = (issuer: string) => `
id = "neighbour"
name = "Neighbour"
issuer = "${issuer}"
iss = "required"
scopes_always = ["offline_access"]

[authorize]
url = "${issuer}/auth"
params = { prompt = "consent" }

[token]
url = "${issuer}/token"
auth = "basic"

[abilities]
read = ["openid"]

[person]
ask = "${issuer}/me"
id = "sub"
name = "sub"

[revoke]
ask = { method = "POST", url = "${issuer}/token/revocation", auth = "app", params = { token = "{token}" } }

[[refusals]]
status = 401
path = "error"
is = ["invalid_token"]
means = "refused"
`;

export class Neighbour {
  /** What the provider says happened. */
  readonly events: string[] = [];
  log = '';
  setUpLink = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'greentick-neighbour-'));
  private greentick?: ChildProcess;
  private server?: Server;
  private provider?: Provider;

  async start(): Promise<void> {
    const [port, own] = [await freePort(), await freePort()];
    const issuer = `http://localhost:${port}`;
    mkdirSync(join(this.folder, 'networks'));
    writeFileSync(join(this.folder, 'networks/neighbour.toml'), definition(issuer));
    this.greentick = spawn(BINARY, ['serve'], {
      env: {
        ...process.env,
        GREENTICK_BASE_URL: `http://127.0.0.1:${own}`,
        GREENTICK_LISTEN: `127.0.0.1:${own}`,
        GREENTICK_DATA: join(this.folder, 'data'),
        GREENTICK_NETWORKS: join(this.folder, 'networks'),
        GREENTICK_CHECK_INTERVAL: '1',
        GREENTICK_APPS__NEIGHBOUR__CLIENT_ID: 'greentick',
        GREENTICK_APPS__NEIGHBOUR__CLIENT_SECRET: 'a secret: with & odd % characters',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.greentick.stdout!, this.greentick.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    }
    await until('greentick serves', async () => this.log.includes('Greentick serves'), () => this.log);
    this.setUpLink = /Set up: (\S+)/.exec(this.log)![1];
    await this.answer(issuer, port, /Redirect address at Neighbour: (\S+)/.exec(this.log)![1]);
  }

  private async answer(issuer: string, port: number, redirect: string): Promise<void> {
    this.provider = new Provider(issuer, {
      clients: [{
        client_id: 'greentick', client_secret: 'a secret: with & odd % characters', redirect_uris: [redirect],
        grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      }],
      features: { revocation: { enabled: true } },
      scopes: ['openid', 'offline_access'],
      pkce: { required: () => true },
    });
    for (const event of ['grant.success', 'grant.error', 'grant.revoked', 'authorization.error'] as const) {
      this.provider.on(event as 'grant.success', () => this.events.push(event));
    }
    this.server = this.provider.listen(port, '127.0.0.1');
    await once(this.server!, 'listening');
  }

  count(event: string): number {
    return this.events.filter((seen) => seen === event).length;
  }

  /** Nothing that was issued works any more, as after a person removed the permission there. */
  async forgetsEverything(): Promise<void> {
    const tokens = this.provider!.AccessToken as unknown as { adapter: { destroy: (id: string) => Promise<void> } };
    for (const id of this.issued) await tokens.adapter.destroy(id);
  }

  /** The ids of the access tokens that it issued. */
  readonly issued: string[] = [];

  watch(): void {
    this.provider!.on('access_token.issued', (token: { jti: string }) => this.issued.push(token.jti));
    this.provider!.on('access_token.saved', (token: { jti: string }) => this.issued.push(token.jti));
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    this.server?.close();
    if (this.greentick && this.greentick.exitCode === null) {
      const gone = once(this.greentick, 'exit');
      this.greentick.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
