// A proxy between the browser and everything: it keeps every answer of one origin, streams included.

import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Recorder {
  /** Every answer: the request's line, the head, and the body's bytes. */
  readonly answers: Buffer[] = [];
  private readonly server: Server;
  private readonly origin: string;

  private constructor(origin: string) {
    this.origin = origin;
    this.server = createServer((asked, told) => this.pass(asked, told));
  }

  static async start(origin: string): Promise<Recorder> {
    const recorder = new Recorder(origin);
    recorder.server.listen(0, '127.0.0.1');
    await once(recorder.server, 'listening');
    return recorder;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private pass(asked: IncomingMessage, told: ServerResponse): void {
    // Compressed bytes would hide what a search looks for.
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    const onwards = request(asked.url ?? '', { method: asked.method, headers }, (answer) => {
      this.keep(asked, answer);
      told.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(told);
    });
    onwards.on('error', () => told.destroy());
    told.on('close', () => onwards.destroy());
    asked.pipe(onwards);
  }

  private keep(asked: IncomingMessage, answer: IncomingMessage): void {
    if (!asked.url?.startsWith(this.origin)) return;
    const { pathname } = new URL(asked.url);
    this.answers.push(Buffer.from(`${asked.method} ${pathname} ${answer.statusCode}\n${answer.rawHeaders.join('\n')}\n\n`));
    answer.on('data', (bytes: Buffer) => this.answers.push(bytes));
  }
}
