/**
 * The wire: undici pools, one per origin; the only file that imports undici.
 */
import { Socket } from 'node:net';
import { Client, Pool, buildConnector, errors, type Dispatcher } from 'undici';
import type { ProxyAddress } from '../config/proxy.ts';
import type { Clock } from '../time/clock.ts';
import { readBody, readErrorBody, type HeldBytes } from './answerBytes.ts';
import { TransportFailure, type HttpRequest, type HttpResponse, type Transport } from './transport.ts';

export interface WireLimits {
  /** Connections per origin. */
  readonly maxConnections: number;
  /** The longest body read where the request says nothing else, bytes. */
  readonly maxBodyBytes: number;
  /** What the unfinished answers of one origin may hold in memory, bytes. */
  readonly maxHeldBytes: number;
  /** Patience for a connection, TLS included, ms; undici keeps to it within a second. */
  readonly connectTimeoutMs: number;
  /** A connection takes no new request after this time, ms: sooner or later every name leads elsewhere. */
  readonly maxAgeMs: number;
}

export interface WireParts {
  readonly clock: Clock;
  /** The proxy on the way to an origin; asked once for every pool of connections. Absent: none. */
  readonly proxyFor?: (origin: string) => ProxyAddress | undefined;
}

export interface Wire {
  readonly transport: Transport;
  /** Sends what comes from now on over new connections; what is under way ends on the old ones. */
  drop(origin: string): void;
  /** Closes every connection, at once and for good: what is sent afterwards fails as not connected. */
  close(): Promise<void>;
}

type FailureKind = TransportFailure['kind'];

/** Failures of a connection that never stood. What is neither here nor a name's is, over https, the handshake's. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'PROXY_REFUSED',
]);

const NAME_NOT_FOUND: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);

/** Failures of a connection that stood. All others mean that it broke, and the request may have got through. */
const AFTER_SENDING: Readonly<Record<string, FailureKind>> = {
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'malformed',
};

/** Idle connections end after this time, ms, or sooner where the service says so; never later than the second, whatever it says. */
const IDLE = { keepAliveTimeout: 4_000, keepAliveMaxTimeout: 30_000 };

/** The connections to one origin. Answers' memory is counted across the pools that follow each other. */
interface Origin {
  readonly pool: Pool;
  readonly bornAt: number;
  readonly held: HeldBytes;
}

class UndiciWire implements Wire {
  readonly #limits: WireLimits;
  readonly #parts: WireParts;
  readonly #origins = new Map<string, Origin>();
  /** Those in use, and those that end with what is under way on them. */
  readonly #pools = new Set<Pool>();
  readonly #faults: ConnectionFaults = { unsent: new WeakSet(), reused: new WeakSet() };
  #closed = false;

  constructor(limits: WireLimits, parts: WireParts) {
    this.#limits = limits;
    this.#parts = parts;
  }

  readonly transport: Transport = async (request, signal) => {
    signal.throwIfAborted();
    if (this.#closed) throw new TransportFailure('connect');
    try {
      return await this.#exchange(request, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw asFailure(error, request.origin, this.#faults);
    }
  };

  drop(origin: string): void {
    const known = this.#origins.get(origin);
    if (known !== undefined) this.#renew(origin, known);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools].map((pool) => pool.destroy()));
    this.#origins.clear();
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { maxBodyBytes, maxHeldBytes } = this.#limits;
    const { pool, held } = this.#originOf(request.origin);
    const { statusCode: status, headers: raw, body } = await this.#begin(pool, request, signal);
    const headers = flat(raw);
    if (status < FIRST_ERROR_STATUS) {
      return {
        status,
        headers,
        body: await readBody(body, headers, { maxBytes: request.maxBodyBytes ?? maxBodyBytes, maxHeldBytes, held }),
      };
    }
    const text = await readErrorBody(body, headers, this.#parts.clock);
    signal.throwIfAborted();
    return { status, headers, body: text };
  }

  async #begin(pool: Pool, request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    if (request.fresh === true || request.newConnection === true) return this.#onNewConnection(request, signal);
    try {
      return await pool.request(asSent(request, signal));
    } catch (error) {
      // The service closed a kept connection while the request was on its way: that says nothing about how it is.
      const isStale = error instanceof Error && this.#faults.reused.has(error) && answeringKind(error) === 'reset';
      if (!isStale || signal.aborted) throw error;
      if (request.repeatable !== true) throw new TransportFailure('reset', { cause: error, isStale });
      return this.#onNewConnection(request, signal);
    }
  }

  async #onNewConnection(request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const pool = this.#open(request.origin, 1);
    try {
      return await pool.request(asSent(request, signal));
    } finally {
      this.#retire(pool);
    }
  }

  #originOf(origin: string): Origin {
    const known = this.#origins.get(origin);
    const isYoung = known !== undefined && this.#parts.clock.now() - known.bornAt < this.#limits.maxAgeMs;
    return isYoung ? known : this.#renew(origin, known);
  }

  #renew(origin: string, old: Origin | undefined): Origin {
    const pool = this.#open(origin, this.#limits.maxConnections);
    const renewed = { pool, bornAt: this.#parts.clock.now(), held: old?.held ?? { now: 0 } };
    this.#origins.set(origin, renewed);
    if (old !== undefined) this.#retire(old.pool);
    return renewed;
  }

  #open(origin: string, maxConnections: number): Pool {
    const pool = createPool(origin, { ...this.#limits, maxConnections }, this.#parts.proxyFor?.(origin), this.#faults);
    this.#pools.add(pool);
    return pool;
  }

  /** Gracefully: it ends when what is under way on it has ended. */
  #retire(pool: Pool): void {
    void pool
      .close()
      .catch(() => undefined)
      .finally(() => this.#pools.delete(pool));
  }
}

/** Redirects are never followed: a request, and its credential, goes to the origin it was made for or nowhere. */
export const createWire = (limits: WireLimits, parts: WireParts): Wire => new UndiciWire(limits, parts);

const FIRST_ERROR_STATUS = 400;

/** Errors of connections, by what the codes alone don't tell. */
interface ConnectionFaults {
  /** From before the connection stood: a route can also be lost in mid-answer. */
  readonly unsent: WeakSet<Error>;
  /** From a connection that had brought something before. */
  readonly reused: WeakSet<Error>;
}

/** The attempt's own time-out bounds headers and body together, so undici's two are off; what is read of a body is counted where it is read. */
const createPool = (origin: string, limits: WireLimits, proxy: ProxyAddress | undefined, { unsent, reused }: ConnectionFaults): Pool => {
  const direct = buildConnector({ timeout: limits.connectTimeoutMs });
  const connect = proxy === undefined ? direct : tunnelled(proxy, direct, limits.connectTimeoutMs);
  return new Pool(origin, {
    connections: limits.maxConnections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    ...IDLE,
    connect: (options, callback) => {
      connect(options, (...result) => {
        const [error, socket] = result;
        if (error !== null) unsent.add(error);
        else noteReuse(socket, reused);
        callback(...result);
      });
    },
  });
};

const noteReuse = (socket: Socket, reused: WeakSet<Error>): void => {
  const { bytesRead } = socket;
  socket.on('error', (error) => {
    if (socket.bytesRead > bytesRead) reused.add(error);
  });
};

/** Through a proxy's tunnel, TLS to the service inside it: the proxy learns the name of the service and nothing more. */
const tunnelled =
  ({ origin, authorization }: ProxyAddress, direct: buildConnector.connector, timeoutMs: number): buildConnector.connector =>
  (options, callback) => {
    const { hostname, protocol, port } = options;
    const path = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
    const proxy = new Client(origin, { connect: { timeout: timeoutMs }, headersTimeout: timeoutMs });
    const headers = { host: path, ...(authorization !== undefined && { 'proxy-authorization': authorization }) };
    proxy.connect({ path, headers }, (error, answer) => {
      void proxy.close();
      if (error !== null) {
        callback(error, null);
        return;
      }
      const { statusCode, socket } = answer;
      if (statusCode !== 200 || !(socket instanceof Socket)) {
        socket.destroy();
        callback(Object.assign(new Error(`the proxy answered ${String(statusCode)}`), { code: 'PROXY_REFUSED' }), null);
      } else if (protocol === 'https:') direct({ ...options, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  };

/** Identity, although others are understood: to decompress costs more than it saves between two data centres. */
const asSent = ({ method, path, headers, body }: HttpRequest, signal: AbortSignal): Dispatcher.RequestOptions => ({
  method,
  path,
  headers: { ...headers, 'accept-encoding': 'identity' },
  body: body ?? null,
  signal,
});

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> => {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
};

const asFailure = (error: unknown, origin: string, { unsent }: ConnectionFaults): TransportFailure => {
  if (error instanceof TransportFailure) return error;
  const isUnsent = error instanceof Error && unsent.has(error);
  return new TransportFailure(isUnsent ? connectingKind(error, origin) : answeringKind(error), { cause: error });
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

const connectingKind = (error: Error, origin: string): FailureKind => {
  const code = codeOf(error);
  if (NAME_NOT_FOUND.has(code)) return 'dns';
  return NOT_CONNECTED.has(code) || !origin.startsWith('https:') ? 'connect' : 'tls';
};

const answeringKind = (error: unknown): FailureKind => {
  // By class: this version of undici forgets the code of its parser's errors.
  if (error instanceof errors.HTTPParserError) return 'malformed';
  return AFTER_SENDING[codeOf(error)] ?? 'reset';
};
