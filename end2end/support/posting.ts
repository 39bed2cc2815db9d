// A `greentick serve` and a sandbox, with one network whose page posts its answer (`response_mode=form_post`): an ordinary
// definition file, nothing else.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BINARY, freePort, until } from './greentick.ts';
import { Sandbox } from './sandbox.ts';

const chirper = join(import.meta.dirname, '../../networks/chirper.toml');

export class Posting {
  log = '';
  setUpLink = '';
  sandbox = new Sandbox('');
  private readonly folder = mkdtempSync(join(tmpdir(), 'greentick-posting-'));
  private readonly children: ChildProcess[] = [];

  async start(): Promise<void> {
    const [port, own] = [await freePort(), await freePort()];
    this.sandbox = new Sandbox(`http://localhost:${port}`);
    mkdirSync(join(this.folder, 'networks'));
    const text = readFileSync(chirper, 'utf8').replace('[authorize]\n', '[authorize]\nresponse_mode = "form_post"\n');
    writeFileSync(join(this.folder, 'networks/chirper.toml'), text);
    this.spawn(['sandbox', '--port', String(port)], {});
    await until('the sandbox answers', () => this.sandbox.answers(), () => this.log);
    this.spawn(['serve'], {
      GREENTICK_BASE_URL: `http://127.0.0.1:${own}`,
      GREENTICK_LISTEN: `127.0.0.1:${own}`,
      GREENTICK_DATA: join(this.folder, 'data'),
      GREENTICK_NETWORKS: join(this.folder, 'networks'),
      GREENTICK_SANDBOX: this.sandbox.origin,
      GREENTICK_APPS__CHIRPER__CLIENT_ID: 'greentick-chirper',
      GREENTICK_APPS__CHIRPER__CLIENT_SECRET: 'sandbox-secret-chirper',
    });
    await until('greentick serves', async () => this.log.includes('Greentick serves'), () => this.log);
    this.setUpLink = /Set up: (\S+)/.exec(this.log)![1];
  }

  async stop(): Promise<void> {
    for (const child of this.children.filter((one) => one.exitCode === null)) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      // What the browser keeps open is no reason to wait.
      const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(patience);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(args: string[], env: Record<string, string>): void {
    const child = spawn(BINARY, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    }
    this.children.push(child);
  }
}
