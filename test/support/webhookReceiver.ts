/**
 * A receiver of webhooks on a free port: it keeps what comes, and answers as it is told.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedDelivery {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class WebhookReceiver {
  readonly received: ReceivedDelivery[] = [];
  /** How the next deliveries are answered; 200 unless changed. */
  answer: (response: ServerResponse) => void = (response) => response.end();
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.#server = createServer((req, response) => {
      void text(req).then((body) => {
        this.received.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body });
        this.answer(response);
        for (const resolve of this.#waiting) resolve();
        this.#waiting.clear();
      });
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Resolves with all deliveries as soon as there are so many. */
  async until(count: number): Promise<readonly ReceivedDelivery[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    return this.received;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
