/**
 * The wire: undici pools, one per origin; the only file that imports undici.
 */
import { Pool, buildConnector, errors } from 'undici';
import { type HttpMethod, TransportFailure, type HttpResponse, type Transport } from './transport.ts';

export interface WireLimits {
  /** Connections per origin. */
  readonly maxConnections: number;
  /** The longest body read, bytes. */
  readonly maxBodyBytes: number;
  /** Patience for a connection, TLS included, ms; undici keeps to it within a second. */
  readonly connectTimeoutMs: number;
}

export interface Wire {
  readonly transport: Transport;
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
]);

const NAME_NOT_FOUND: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);

/** Failures of a connection that stood. All others mean that it broke, and the request may have got through. */
const AFTER_SENDING: Readonly<Record<string, FailureKind>> = {
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too_large',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'malformed',
};

/** Redirects are never followed: a request, and its credential, goes to the origin it was made for or nowhere. */
export const createWire = (limits: WireLimits): Wire => {
  const pools = new Map<string, Pool>();
  /** Of one request each. */
  const ownPools = new Set<Pool>();
  /** Errors from before the connection stood. The codes alone don't tell: a route can also be lost in mid-answer. */
  const unsent = new WeakSet<Error>();
  let closed = false;
  const poolOf = (origin: string): Pool => {
    const pool = pools.get(origin) ?? createPool(origin, limits, unsent);
    pools.set(origin, pool);
    return pool;
  };
  const poolFor = (origin: string, fresh: boolean): Pool => {
    if (!fresh) return poolOf(origin);
    const pool = createPool(origin, limits, unsent);
    ownPools.add(pool);
    return pool;
  };
  return {
    transport: async ({ method, origin, path, headers, body, fresh = false }, signal) => {
      signal.throwIfAborted();
      if (closed) throw new TransportFailure('connect');
      const pool = poolFor(origin, fresh);
      try {
        return await exchange(pool, { method, path, headers, body: body ?? null, signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const isUnsent = error instanceof Error && unsent.has(error);
        throw new TransportFailure(isUnsent ? connectingKind(error, origin) : answeringKind(error), { cause: error });
      } finally {
        if (ownPools.delete(pool)) await pool.destroy();
      }
    },
    close: async () => {
      closed = true;
      await Promise.all([...pools.values(), ...ownPools].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
};

/** The attempt's own time-out bounds headers and body together, so undici's two are off. */
const createPool = (origin: string, limits: WireLimits, unsent: WeakSet<Error>): Pool => {
  const connect = buildConnector({ timeout: limits.connectTimeoutMs });
  return new Pool(origin, {
    connections: limits.maxConnections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: limits.maxBodyBytes,
    connect: (options, callback) => {
      connect(options, (...result) => {
        if (result[0] !== null) unsent.add(result[0]);
        callback(...result);
      });
    },
  });
};

interface Exchange {
  readonly method: HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

const exchange = async (pool: Pool, request: Exchange): Promise<HttpResponse> => {
  const response = await pool.request(request);
  const body = await response.body.text();
  return { status: response.statusCode, headers: flat(response.headers), body };
};

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> => {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

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
