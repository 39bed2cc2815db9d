// The server under test, and the sandbox networks it talks to: real processes of the release build.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Clock } from './clock.ts';
import { Sandbox } from './sandbox.ts';

export const BINARY = resolve(process.env.GREENTICK ?? join(import.meta.dirname, '../../target/release/greentick'));

export interface Options {
  /** Seconds between two checks of the grants. */
  checkInterval?: number;
  /** The sandbox is a process of its own, so that it outlives the server; the port and the data stay over a restart. */
  canRestart?: boolean;
  /** So many locations more, with pages on three networks that nobody connected. */
  locations?: number;
  /** What the server logs, as GREENTICK_LOG has it. */
  logs?: string;
  /** The server has a clock of its own, which can be moved; the sandbox is a process of its own and keeps the true time. */
  ownClock?: boolean;
}

export class Greentick {
  /** Everything that the processes said, on both streams. */
  log = '';
  origin = '';
  signInLink = '';
  email = '';
  password = '';
  sandbox = new Sandbox('');
  readonly data = mkdtempSync(join(tmpdir(), 'greentick-e2e-'));
  /** The server's clock, where it has one of its own. */
  readonly clock?: Clock;
  private readonly options: Options;
  private server?: ChildProcess;
  private sandboxServer?: ChildProcess;
  private arguments: string[] = [];

  private constructor(options: Options) {
    this.options = options;
    if (options.ownClock) this.clock = new Clock();
  }

  static async start(options: Options = {}): Promise<Greentick> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: run \`make build\`.`);
    const greentick = new Greentick(options);
    try {
      const ports = greentick.sandboxIsApart ? await greentick.sandboxApart() : ['--port', '0', '--sandbox-port', '0'];
      const interval = ['--check-interval', String(options.checkInterval ?? 60)];
      const more = ['--locations', String(options.locations ?? 0)];
      greentick.arguments = ['demo', ...ports, '--data', greentick.data, ...interval, ...more];
      await greentick.begin();
      return greentick;
    } catch (error) {
      await greentick.stop();
      throw error;
    }
  }

  get pagesTab(): string {
    return `${this.origin}/w/harbour-coffee/settings/pages`;
  }

  get pid(): number {
    return this.server?.pid ?? 0;
  }

  /** As if the power went: nothing is finished or said goodbye to. */
  async kill(): Promise<void> {
    await ended(this.server, 'SIGKILL');
  }

  /** The same data, the same port. */
  async restart(): Promise<void> {
    this.server = this.spawn(this.arguments, this.clock?.environment);
    await this.answers();
  }

  async stop(): Promise<void> {
    await ended(this.server, 'SIGTERM');
    await ended(this.sandboxServer, 'SIGTERM');
    rmSync(this.data, { recursive: true, force: true });
    this.clock?.remove();
  }

  private get sandboxIsApart(): boolean {
    return !!(this.options.canRestart || this.options.ownClock);
  }

  private async sandboxApart(): Promise<string[]> {
    const port = await freePort();
    this.sandboxServer = this.spawn(['sandbox', '--port', String(port)]);
    this.sandbox = new Sandbox(`http://localhost:${port}`);
    await until('the sandbox answers', () => this.sandbox.answers());
    return ['--port', String(await freePort()), '--sandbox-url', this.sandbox.origin];
  }

  private async begin(): Promise<void> {
    const before = this.log.length;
    this.server = this.spawn(this.arguments, this.clock?.environment);
    const said = (label: string) => new RegExp(`^\\s*${label}:\\s+(\\S+)`, 'm').exec(this.log.slice(before))?.[1] ?? '';
    await until('the demo says how to sign in', async () => {
      if (this.server?.exitCode != null) throw new Error(`The demo ended with code ${this.server.exitCode}:\n${this.log}`);
      return said('Sign in') !== '' && said('E-mail') !== '' && said('Password') !== '';
    }, () => this.log);
    this.signInLink = said('Sign in');
    this.origin = new URL(this.signInLink).origin;
    this.email = said('E-mail');
    this.password = said('Password');
    if (!this.sandboxIsApart) this.sandbox = new Sandbox(new URL(said('Sandbox')).origin);
    await this.answers();
  }

  private answers(): Promise<void> {
    const healthy = () => fetch(`${this.origin}/healthz`).then((answer) => answer.ok, () => false);
    return until('the server is healthy', healthy, () => this.log);
  }

  private spawn(args: string[], more: Record<string, string> = {}): ChildProcess {
    // Colours would hide the words.
    const logs = this.options.logs ? { GREENTICK_LOG: this.options.logs } : {};
    const env = { ...process.env, ...logs, FORCE_COLOR: undefined, NO_COLOR: '1', ...more };
    const child = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.log += text.replace(/\x1b\[[0-9;]*m/g, '')));
    }
    return child;
  }
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  // Streams that stay open are the server's own affair; a test does not wait for them.
  const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(patience);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Waits until `what` holds. */
export async function until(what: string, holds: () => Promise<boolean>, log = () => ''): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(30)) {
    if (await holds()) return;
  }
  throw new Error(`30 seconds passed before ${what}.\n${log()}`);
}
