// A proxy between one browser and everything: it can be cut, and it keeps every answer of one origin, streams included.

import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Wire {
  /** Every answer: the request's line, the head, and the body's bytes. */
  readonly answers: Buffer[] = [];
  /** How many event streams it carried. */
  streams = 0;
  private readonly server: Server;
  private readonly origin: string;
  private isCut = false;

  private constructor(origin: string) {
    this.origin = origin;
    this.server = createServer((asked, told) => this.pass(asked, told));
    this.server.on('connection', (socket) => { if (this.isCut) socket.destroy(); });
  }

  static async lay(origin: string): Promise<Wire> {
    const wire = new Wire(origin);
    wire.server.listen(0, '127.0.0.1');
    await once(wire.server, 'listening');
    return wire;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends every connection and lets none through. */
  cut(): void {
    this.isCut = true;
    this.server.closeAllConnections();
  }

  mend(): void {
    this.isCut = false;
  }

  remove(): void {
    this.cut();
    this.server.close();
  }

  private pass(asked: IncomingMessage, told: ServerResponse): void {
    // Compressed bytes would hide what a search looks for.
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    const onwards = request(asked.url ?? '', { method: asked.method, headers }, (answer) => {
      this.keep(asked, answer);
      told.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      if (answer.headers['content-type'] === 'text/event-stream') {
        this.streams += 1;
        // Browsers wait for three to five seconds before they come again; nobody here has so long.
        told.write('retry: 100\n\n');
      }
      answer.on('error', () => told.destroy()).pipe(told);
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
