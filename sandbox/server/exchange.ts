/**
 * One request of one service on its socket: how it is read, and how each behaviour looks from outside.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../src/time/clock.ts';
import type { OpenConnections, SandboxAnswer, SandboxRequest, SimulatorInstance } from '../simulation/simulator.ts';
import type { Behaviour } from './faults.ts';
import { parsedBody, readText, splitTarget } from './reply.ts';

/** More than any service's limit of connections. */
const MAX_REMEMBERED = 100;

/** How many requests of a service are on the wire, and when clients gave up on theirs. */
export class ConnectionCount {
  readonly #now: () => number;
  #open = 0;
  #abandonedAt: readonly number[] = [];

  /** @param now The simulator's time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a request until its connection has its answer, or its client has gone. */
  enter(response: ServerResponse): OpenConnections {
    this.#open += 1;
    response.once('close', () => {
      this.#open -= 1;
      if (!response.writableFinished) this.#abandonedAt = [...this.#abandonedAt, this.#now()].slice(-MAX_REMEMBERED);
    });
    return { open: this.#open, abandonedAt: this.#abandonedAt };
  }

  /** Forgets who gave up; requests under way stay counted. */
  forget(): void {
    this.#abandonedAt = [];
  }
}

/**
 * Reads a request for a service.
 *
 * @param target Path and query below the service's prefix.
 */
export const readSandboxRequest = async (req: IncomingMessage, target: string): Promise<SandboxRequest> => ({
  method: req.method ?? 'GET',
  ...splitTarget(target),
  headers: Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  ),
  ...parsedBody(await readText(req)),
});

interface Exchange {
  readonly request: SandboxRequest;
  readonly response: ServerResponse;
  readonly simulator: SimulatorInstance;
  readonly clock: Clock;
  /** [0, 1). */
  readonly random: () => number;
  /** Told the status as soon as it is on its way. */
  readonly onStatus: (status: number) => void;
}

/** What proxies and load balancers say where an API's answer should be. */
const HTML_PAGE = '<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>We will be right back</h1></body></html>';

const encoded = (answer: SandboxAnswer): { readonly text: string; readonly contentType: string | undefined } => {
  if (answer.body === undefined) return { text: '', contentType: undefined };
  if (typeof answer.body === 'string') return { text: answer.body, contentType: 'text/plain' };
  return { text: JSON.stringify(answer.body), contentType: 'application/json' };
};

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const send = (exchange: Exchange, answer: SandboxAnswer): void => {
  const { text, contentType } = encoded(answer);
  const headers = {
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...lowerCased(answer.headers ?? {}),
    ...(text === '' ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
  };
  exchange.onStatus(answer.status);
  exchange.response.writeHead(answer.status, headers).end(text);
};

const onceGone = (response: ServerResponse, callback: () => void): void => {
  if (response.destroyed) callback();
  else response.once('close', callback);
};

/** The work is done at once and the answer is late: whoever gives up early leaves the effect behind. */
const sendLate = (exchange: Exchange, ms: number): void => {
  const answer = exchange.simulator.answer(exchange.request);
  const cancel = exchange.clock.after(ms, () => {
    send(exchange, answer);
  });
  onceGone(exchange.response, cancel);
};

/** Headers at once, then one blank at a time for ever: never silent, never complete. */
const drip = ({ response, clock, onStatus }: Exchange, ms: number): void => {
  onStatus(200);
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(ms, () => {
      if (!response.writableNeedDrain) response.write(' ');
      next();
    });
  };
  next();
  onceGone(response, () => {
    cancel();
  });
};

/** A success by its status and type, and no JSON: the answer broken off, or somebody's HTML. */
const sendGarbage = (exchange: Exchange): void => {
  const { text } = encoded(exchange.simulator.answer(exchange.request));
  const broken = text.startsWith('{') || text.startsWith('[') ? text.slice(0, Math.ceil(text.length / 2)) : HTML_PAGE;
  const body = exchange.random() < 0.5 ? HTML_PAGE : broken;
  send(exchange, { status: 200, headers: { 'content-type': 'application/json' }, body });
};

/** Lets the request meet what was decided for it. Only `ok`, `slow` and `garbage` do the service's work. */
export const carryOut = (behaviour: Behaviour, exchange: Exchange): void => {
  const { request, response, simulator } = exchange;
  switch (behaviour.kind) {
    case 'ok':
      send(exchange, simulator.answer(request));
      return;
    case 'hang':
      return;
    case 'error':
      send(exchange, simulator.failure(behaviour.status));
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'refuse':
      response.socket?.destroy();
      return;
    case 'slow':
      sendLate(exchange, behaviour.ms);
      return;
    case 'drip':
      drip(exchange, behaviour.ms);
      return;
    case 'throttle':
      send(exchange, simulator.throttled(request));
      return;
    case 'garbage':
      sendGarbage(exchange);
  }
};
