/**
 * A provider on a port of its own that keeps a ledger of what it has done, in every kind of weather.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ledger } from './ledger.ts';
import type { Weather } from './plan.ts';
import type { Deed, ProviderAnswer, Shape } from './providerShapes.ts';

/** Whoever has heard an answer keeps the connection longer than this, ms. */
const HEARD_MS = 100;
const WELL_MS = 15;
const SLOW_MS = 220;
const FORGOTTEN_SHARE = 0.5;
const BROKEN_SHARE = 0.5;

const bodyOf = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
};

const answer = (response: ServerResponse, { status, body }: ProviderAnswer): void => {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...(status === 503 && { 'retry-after': '1' }) });
  response.end(isText ? body : JSON.stringify(body));
};

export class ProviderStub {
  readonly #ledger: Ledger;
  readonly #understand: Shape;
  readonly #random: () => number;
  readonly #server: Server;
  #weather: Weather = 'well';
  #port = 0;

  /** @param random Source of [0, 1). */
  constructor(ledger: Ledger, understand: Shape, random: () => number) {
    this.#ledger = ledger;
    this.#understand = understand;
    this.#random = random;
    this.#server = createServer((request, response) => {
      // What breaks off before it is read has not arrived.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  async start(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async change(weather: Weather): Promise<void> {
    const [was, is] = [this.#weather === 'down', weather === 'down'];
    this.#weather = weather;
    if (is && !was) await this.stop();
    if (was && !is) await this.start();
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const { pathname } = new URL(request.url ?? '/', this.url);
    const deed = this.#understand({ method: request.method ?? '', path: decodeURIComponent(pathname), body });
    if (deed.marker !== undefined) this.#watch(deed.marker, response);
    this.#respond(deed, response);
  }

  #watch(marker: string, response: ServerResponse): void {
    const { socket } = response;
    response.once('close', () => {
      if (!response.writableFinished) {
        this.#ledger.loseAnswer(marker);
        return;
      }
      setTimeout(() => {
        if (socket?.destroyed === true) this.#ledger.missHearer(marker);
      }, HEARD_MS).unref();
    });
  }

  #respond(deed: Deed, response: ServerResponse): void {
    switch (this.#weather) {
      case 'refusing':
        answer(response, { status: 503, body: {} });
        return;
      case 'silent':
      case 'down':
        return;
      case 'forgetful':
        if (this.#random() < FORGOTTEN_SHARE) this.#forget(deed, response);
        else this.#answerLater(deed, response, WELL_MS);
        return;
      case 'slow':
        this.#answerLater(deed, response, SLOW_MS);
        return;
      case 'well':
        this.#answerLater(deed, response, WELL_MS);
    }
  }

  /** Done at once: whoever asked may be dead before the answer. */
  #answerLater(deed: Deed, response: ServerResponse, mostMs: number): void {
    const done = deed.perform();
    setTimeout(() => {
      if (!response.destroyed) answer(response, done);
    }, this.#random() * mostMs);
  }

  /** Done, and never told: the connection breaks, or hangs. */
  #forget(deed: Deed, response: ServerResponse): void {
    deed.perform();
    if (this.#random() < BROKEN_SHARE) response.destroy();
  }
}
